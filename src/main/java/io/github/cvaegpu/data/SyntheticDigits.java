// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.util.stream.IntStream;

/**
 * Handwritten-looking digits of 28 x 28 pixels with labels, drawn by the program: something to
 * train on where nothing can be downloaded. Their mean intensity and number of lit pixels are close
 * to MNIST's; their losses are not comparable with MNIST's.
 *
 * <p>An image depends on the seed, its split and its index, and on nothing else: not on the number
 * of threads, nor on how many images are drawn.
 */
public final class SyntheticDigits {
  /** The dataset's name. */
  public static final String NAME = "synthetic";

  /** Images to train on in the standard set, as many as MNIST has. */
  public static final int TRAIN_IMAGES = 60_000;

  /** Held-out images in the standard set, as many as MNIST has. */
  public static final int TEST_IMAGES = 10_000;

  /** Rows and columns of an image. */
  public static final int SIDE = 28;

  private static final long STANDARD_SEED = 0;
  private static final int TRAIN_SPLIT = 0;
  private static final int TEST_SPLIT = 1;

  /** Images that one thread draws at a time. */
  private static final int CHUNK = 500;

  private SyntheticDigits() {}

  /**
   * The dataset {@code synthetic}. It is the same for every run: a run's seed must not change what
   * is learnt from.
   */
  public static Dataset standard() {
    return draw(STANDARD_SEED, TRAIN_IMAGES, TEST_IMAGES);
  }

  /**
   * Draws a dataset on all processors.
   *
   * @param seed any number; other seeds give other images
   * @param trainImages number of images to train on, from 1
   * @param testImages number of held-out images, from 1
   */
  public static Dataset draw(long seed, int trainImages, int testImages) {
    byte[] trainLabels = new byte[trainImages];
    byte[] trainPixels = pixels(seed, TRAIN_SPLIT, trainLabels);
    byte[] testLabels = new byte[testImages];
    byte[] testPixels = pixels(seed, TEST_SPLIT, testLabels);
    var train = new ImageSet(SIDE, SIDE, trainPixels, trainLabels);
    var test = new ImageSet(SIDE, SIDE, testPixels, testLabels);
    return new Dataset(
        NAME,
        train,
        test,
        "drawn by the program",
        Dataset.Status.SYNTHETIC,
        IdxPart.sha256(train, test));
  }

  private static byte[] pixels(long seed, int split, byte[] labels) {
    int size = SIDE * SIDE;
    byte[] pixels = new byte[Math.multiplyExact(labels.length, size)];
    IntStream.range(0, Math.ceilDiv(labels.length, CHUNK))
        .parallel()
        .forEach(
            chunk -> {
              var brush = new DigitBrush(seed, split);
              int end = Math.min(labels.length, (chunk + 1) * CHUNK);
              for (int image = chunk * CHUNK; image < end; image++) {
                labels[image] = (byte) brush.draw(image, pixels, image * size);
              }
            });
    return pixels;
  }
}
