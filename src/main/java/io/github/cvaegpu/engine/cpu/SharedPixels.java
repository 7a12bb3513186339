// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.TooLittleMemoryException;
import io.github.cvaegpu.foreign.CpuLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.IdentityHashMap;

/**
 * The bytes of image sets outside of Java's heap: once for a set, however many models are trained
 * on it, and for as long as one is. Images that are replaced from epoch to epoch are no part of it.
 * For any number of threads.
 */
final class SharedPixels {
  private final IdentityHashMap<ImageSet, Copy> sets = new IdentityHashMap<>();

  /** A set's bytes and how many use them. */
  private static final class Copy {
    private final Arena arena = Arena.ofShared();
    private final MemorySegment bytes;
    private int users;

    Copy(CpuLibrary library, ImageSet images) {
      try {
        bytes = copied(library, images, arena);
      } catch (RuntimeException | Error e) {
        arena.close();
        throw e;
      }
    }
  }

  /**
   * A set's bytes for one model alone.
   *
   * @param arena that they are given back with
   * @throws TooLittleMemoryException if there is too little
   */
  static MemorySegment copied(CpuLibrary library, ImageSet images, Arena arena) {
    byte[] bytes = images.pixels();
    MemorySegment copy = library.allocate(arena, bytes.length);
    if (copy == null) {
      throw new TooLittleMemoryException("There is too little memory for the images.");
    }
    MemorySegment.copy(bytes, 0, copy, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return copy;
  }

  /** A model's share in a set's bytes; closing it gives them back if it was the last. */
  final class Share implements AutoCloseable {
    private final ImageSet images;
    private final Copy copy;

    private Share(ImageSet images, Copy copy) {
      this.images = images;
      this.copy = copy;
    }

    /** (images, inputs) bytes. */
    MemorySegment bytes() {
      return copy.bytes;
    }

    @Override
    public void close() {
      giveBack(images, copy);
    }
  }

  /**
   * The bytes of a set, copied if nobody has them there yet.
   *
   * @throws TooLittleMemoryException if there is too little
   */
  synchronized Share of(CpuLibrary library, ImageSet images) {
    Copy copy = sets.computeIfAbsent(images, set -> new Copy(library, set));
    copy.users++;
    return new Share(images, copy);
  }

  private synchronized void giveBack(ImageSet images, Copy copy) {
    copy.users--;
    if (copy.users == 0) {
      sets.remove(images);
      copy.arena.close();
    }
  }

  /** Sets that are copied. */
  synchronized int count() {
    return sets.size();
  }
}
