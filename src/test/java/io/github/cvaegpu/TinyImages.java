// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;

/**
 * Sets of small images that a test trains on in milliseconds: bright bars on black, at places that
 * the images' numbers decide.
 */
public final class TinyImages {
  /** Rows and columns of an image. */
  public static final int SIDE = 9;

  /** Images to train on; 64 does not divide it. */
  public static final int TRAIN = 300;

  /** Held-out images. */
  public static final int TEST = 50;

  private TinyImages() {}

  /**
   * Draws images.
   *
   * @param count how many
   * @param seed another seed gives other images
   */
  public static ImageSet draw(int count, long seed) {
    var random = new Random(seed);
    byte[] pixels = new byte[count * SIDE * SIDE];
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      int column = random.nextInt(SIDE);
      int length = 1 + random.nextInt(SIDE);
      for (int row = 0; row < length; row++) {
        pixels[(i * SIDE + row) * SIDE + column] = (byte) (128 + random.nextInt(128));
      }
      labels[i] = (byte) (column % 10);
    }
    return new ImageSet(SIDE, SIDE, pixels, labels);
  }

  /** A dataset in memory; another seed gives another one. */
  public static Dataset dataset(long seed) {
    return new Dataset(
        "tiny",
        draw(TRAIN, seed),
        draw(TEST, seed + 1),
        "memory",
        Dataset.Status.UNVERIFIED,
        Map.of(
            "train-images-idx3-ubyte",
            "checksum of seed " + seed,
            "t10k-images-idx3-ubyte",
            "checksum of seed " + (seed + 1)));
  }

  /** Writes a dataset's four IDX files into a folder, which is made. */
  public static Path writeFolder(Path folder, long seed) throws IOException {
    return writeFolder(folder, seed, TRAIN);
  }

  /** Writes a dataset with as many images to train on. */
  public static Path writeFolder(Path folder, long seed, int train) throws IOException {
    return writeFolder(folder, draw(train, seed), draw(TEST, seed + 1));
  }

  /** Writes images of whatever size. */
  public static Path writeFolder(Path folder, ImageSet train, ImageSet test) throws IOException {
    Files.createDirectories(folder);
    write(folder, "train", train);
    write(folder, "t10k", test);
    return folder;
  }

  private static void write(Path folder, String name, ImageSet set) throws IOException {
    ByteBuffer images = ByteBuffer.allocate(4 * Integer.BYTES + set.pixels().length);
    images.putInt(0x803).putInt(set.size()).putInt(set.height()).putInt(set.width());
    images.put(set.pixels());
    Files.write(folder.resolve(name + "-images-idx3-ubyte"), images.array());
    ByteBuffer labels = ByteBuffer.allocate(2 * Integer.BYTES + set.size());
    labels.putInt(0x801).putInt(set.size());
    for (int i = 0; i < set.size(); i++) {
      labels.put((byte) set.label(i));
    }
    Files.write(folder.resolve(name + "-labels-idx1-ubyte"), labels.array());
  }
}
