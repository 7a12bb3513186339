// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;

/**
 * Labelled 8-bit grey images in memory. A pixel value v stands for the intensity v / 255.
 *
 * <p>The arrays are shared, not copied: nobody writes to them after construction.
 */
public final class ImageSet {
  private final int height;
  private final int width;
  private final byte[] pixels;
  private final byte[] labels;

  /**
   * @param height rows of an image
   * @param width columns of an image
   * @param pixels unsigned bytes, (image, row, column) with the column fastest
   * @param labels one unsigned byte an image
   */
  public ImageSet(int height, int width, byte[] pixels, byte[] labels) {
    if (height < 1 || width < 1 || labels.length == 0) {
      throw new InputException(
          "A set of %d images of %d x %d pixels is empty.".formatted(labels.length, height, width));
    }
    if (pixels.length != Math.multiplyExact(labels.length, Math.multiplyExact(height, width))) {
      throw new InputException(
          "%d labels do not go with %d pixels of %d x %d images."
              .formatted(labels.length, pixels.length, height, width));
    }
    this.height = height;
    this.width = width;
    this.pixels = pixels;
    this.labels = labels;
  }

  /** Number of images. */
  public int size() {
    return labels.length;
  }

  /** Rows of an image. */
  public int height() {
    return height;
  }

  /** Columns of an image. */
  public int width() {
    return width;
  }

  /** Pixels of one image. */
  public int imageSize() {
    return height * width;
  }

  /** All pixels, unsigned, (image, row, column). Not to be written to. */
  public byte[] pixels() {
    return pixels;
  }

  /** The class of an image. */
  public int label(int image) {
    return labels[image] & 0xFF;
  }
}
