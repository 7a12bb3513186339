// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * 8-bit grey images in memory, as a rule with labels, and with {@link Factors} where it is known
 * how they were made. A pixel value v stands for the intensity v / 255.
 *
 * <p>The arrays are shared, not copied: nobody writes to them after construction.
 */
public final class ImageSet {
  /** A pixel of intensity 1. */
  static final byte WHITE = (byte) 255;

  private final int height;
  private final int width;
  private final byte[] pixels;
  private final int size;
  private final byte[] labels; // null if there are none
  private final Factors factors; // null if they are not known
  private volatile Boolean hasGrey; // null until it is looked for

  /**
   * Images with labels.
   *
   * @param height rows of an image
   * @param width columns of an image
   * @param pixels unsigned bytes, (image, row, column) with the column fastest
   * @param labels one unsigned byte an image
   */
  public ImageSet(int height, int width, byte[] pixels, byte[] labels) {
    this(height, width, pixels, labels.length, labels, null);
  }

  private ImageSet(int height, int width, byte[] pixels, int size, byte[] labels, Factors factors) {
    if (height < 1 || width < 1 || size == 0) {
      throw new InputException(
          String.format(
              Locale.ROOT, "A set of %d images of %d x %d pixels is empty.", size, height, width));
    }
    if (pixels.length != Math.multiplyExact(size, Math.multiplyExact(height, width))) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%d %s do not go with %d pixels of %d x %d images.",
              size,
              labels == null ? "images" : "labels",
              pixels.length,
              height,
              width));
    }
    this.height = height;
    this.width = width;
    this.pixels = pixels;
    this.size = size;
    this.labels = labels;
    this.factors = factors;
  }

  /**
   * Images without labels.
   *
   * @param height rows of an image
   * @param width columns of an image
   * @param pixels unsigned bytes, (image, row, column) with the column fastest
   * @param size number of images
   */
  public static ImageSet withoutLabels(int height, int width, byte[] pixels, int size) {
    return new ImageSet(height, width, pixels, size, null, null);
  }

  /** The same images, of which it is known how they were made. */
  public ImageSet withFactors(Factors known) {
    if (known.images() != size) {
      throw new IllegalArgumentException(known.images() + " and " + size + " images");
    }
    return new ImageSet(height, width, pixels, size, labels, known);
  }

  /**
   * The same images with other pixels.
   *
   * @param others each black or white; not copied
   */
  ImageSet inBlackAndWhite(byte[] others) {
    var set = new ImageSet(height, width, others, size, labels, factors);
    set.hasGrey = false;
    return set;
  }

  /** Number of images. */
  public int size() {
    return size;
  }

  /** Height and width of an image. */
  public ImageSize shape() {
    return new ImageSize(height, width);
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

  /** Whether any pixel is neither black nor white. Found out once. */
  public boolean hasGrey() {
    Boolean found = hasGrey;
    if (found == null) {
      found = isGreyAmong(pixels);
      hasGrey = found;
    }
    return found;
  }

  private static boolean isGreyAmong(byte[] pixels) {
    for (byte pixel : pixels) {
      if (pixel != 0 && pixel != WHITE) {
        return true;
      }
    }
    return false;
  }

  /** Whether images have labels. */
  public boolean hasLabels() {
    return labels != null;
  }

  /**
   * The class of an image.
   *
   * @throws IllegalStateException if images have no labels
   */
  public int label(int image) {
    if (labels == null) {
      throw new IllegalStateException("no labels");
    }
    return labels[image] & 0xFF;
  }

  /** How each image was made; empty if that is not known. */
  public Optional<Factors> factors() {
    return Optional.ofNullable(factors);
  }

  /**
   * Some images of the set, in an order.
   *
   * @param images their indices
   */
  public ImageSet picked(int[] images) {
    byte[] picked = new byte[Math.multiplyExact(images.length, imageSize())];
    byte[] pickedLabels = labels == null ? null : new byte[images.length];
    for (int i = 0; i < images.length; i++) {
      System.arraycopy(pixels, images[i] * imageSize(), picked, i * imageSize(), imageSize());
      if (pickedLabels != null) {
        pickedLabels[i] = labels[images[i]];
      }
    }
    return new ImageSet(
        height,
        width,
        picked,
        images.length,
        pickedLabels,
        factors == null ? null : factors.picked(images));
  }

  /** The first images of the set, or all if there are fewer. */
  public ImageSet first(int count) {
    int kept = Math.min(count, size);
    return kept == size
        ? this
        : new ImageSet(
            height,
            width,
            Arrays.copyOf(pixels, kept * imageSize()),
            kept,
            labels == null ? null : Arrays.copyOf(labels, kept),
            factors == null ? null : factors.first(kept));
  }
}
