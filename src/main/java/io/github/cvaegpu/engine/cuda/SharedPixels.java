// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.data.ImageSet;
import java.util.IdentityHashMap;
import jcuda.Pointer;

/**
 * The bytes of image sets on the GPU: once for a set, however many models are trained on it, and
 * for as long as one is. Images that are replaced from epoch to epoch are no part of it. For one
 * thread at a time.
 */
final class SharedPixels {
  private final IdentityHashMap<ImageSet, Uploaded> sets = new IdentityHashMap<>();

  /** A set's bytes and how many use them. */
  private static final class Uploaded {
    private final DeviceMemory memory = new DeviceMemory();
    private final DevicePointer address;
    private int users;

    Uploaded(ImageSet images) {
      address = memory.bytes(images.pixels().length);
      try {
        upload(address, images);
      } catch (RuntimeException | Error e) {
        memory.close();
        throw e;
      }
    }
  }

  /** A model's share in a set's bytes; closing it gives them back if it was the last. */
  final class Share implements AutoCloseable {
    private final ImageSet images;
    private final Uploaded uploaded;

    private Share(ImageSet images, Uploaded uploaded) {
      this.images = images;
      this.uploaded = uploaded;
    }

    /** (images, inputs) bytes. */
    DevicePointer address() {
      return uploaded.address;
    }

    @Override
    public void close() {
      uploaded.users--;
      if (uploaded.users == 0) {
        sets.remove(images);
        uploaded.memory.close();
      }
    }
  }

  /**
   * Copies a set's bytes to where there is memory for them. What the GPU is doing must not use it.
   */
  static void upload(DevicePointer to, ImageSet images) {
    DeviceMemory.upload(to, Pointer.to(images.pixels()), images.pixels().length);
  }

  /** The bytes of a set, uploaded if nobody has them there yet. */
  Share of(ImageSet images) {
    Uploaded uploaded = sets.computeIfAbsent(images, Uploaded::new);
    uploaded.users++;
    return new Share(images, uploaded);
  }

  /** Sets that are on the GPU. */
  int count() {
    return sets.size();
  }
}
