// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.api;

import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.DataLocations;
import io.github.cvaegpu.data.DatasetLoader;
import io.github.cvaegpu.data.DownloadListener;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.Input;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * 8-bit grey images of one size in memory, with or without labels. A pixel's value v stands for the
 * intensity v / 255, from 0, black, to 1, white. Cannot be changed.
 */
public final class Images {
  private static final int MAX_LABEL = 255;

  private final ImageSet set;
  private final List<String> warnings;

  Images(ImageSet set) {
    this(set, List.of());
  }

  Images(ImageSet set, List<String> warnings) {
    this.set = set;
    this.warnings = List.copyOf(warnings);
  }

  /**
   * Reads a folder or a file: of IDX files as MNIST has them, of PNG and JPEG pictures, NPY or NPZ.
   * Of one with a training and a test part they are the test images; {@link DataSplit#load} has
   * both.
   *
   * @throws CvaeGpuException if it cannot be read
   */
  public static Images read(Path path) {
    return CvaeGpuException.translating(
        () -> {
          Input input =
              new DatasetLoader(DataLocations.fromEnvironment())
                  .images(new DataChoice.At(path), Optional.empty(), DownloadListener.SILENT);
          return new Images(input.images(), input.warnings());
        });
  }

  /**
   * Images from their pixels.
   *
   * @param height rows of an image
   * @param width columns of an image
   * @param pixels (image, row, column), unsigned bytes; copied
   */
  public static Images of(int height, int width, byte[] pixels) {
    int size = count(height, width, pixels.length);
    return new Images(ImageSet.withoutLabels(height, width, pixels.clone(), size));
  }

  /**
   * Images from intensities, each rounded to the nearest that 8 bits have.
   *
   * @param height rows of an image
   * @param width columns of an image
   * @param intensities (image, row, column), each from 0 to 1
   */
  public static Images of(int height, int width, float[] intensities) {
    int size = count(height, width, intensities.length);
    byte[] pixels = new byte[intensities.length];
    for (int i = 0; i < pixels.length; i++) {
      if (!(intensities[i] >= 0 && intensities[i] <= 1)) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT, "an intensity of %s at %d, not from 0 to 1", intensities[i], i));
      }
      pixels[i] = (byte) Math.round(intensities[i] * 255);
    }
    return new Images(ImageSet.withoutLabels(height, width, pixels, size));
  }

  private static int count(int height, int width, int pixels) {
    if (height < 1 || width < 1 || pixels == 0 || pixels % ((long) height * width) != 0) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "%d pixels for images of %d x %d", pixels, height, width));
    }
    return pixels / (height * width);
  }

  /**
   * The same images with labels.
   *
   * @param labels the class of each, from 0 to 255
   */
  public Images withLabels(int[] labels) {
    if (labels.length != set.size()) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "%d labels for %d images", labels.length, set.size()));
    }
    byte[] bytes = new byte[labels.length];
    for (int i = 0; i < bytes.length; i++) {
      if (labels[i] < 0 || labels[i] > MAX_LABEL) {
        throw new IllegalArgumentException(
            String.format(Locale.ROOT, "a label of %d, not from 0 to %d", labels[i], MAX_LABEL));
      }
      bytes[i] = (byte) labels[i];
    }
    return new Images(new ImageSet(set.height(), set.width(), set.pixels(), bytes), warnings);
  }

  /** The first images, or all if there are fewer. */
  public Images first(int count) {
    if (count < 1) {
      throw new IllegalArgumentException(String.format(Locale.ROOT, "the first %d", count));
    }
    return new Images(set.first(count), warnings);
  }

  /** What is to be known of how they were read, complete sentences. */
  public List<String> warnings() {
    return warnings;
  }

  /** Number of images. */
  public int size() {
    return set.size();
  }

  /** Rows of an image. */
  public int height() {
    return set.height();
  }

  /** Columns of an image. */
  public int width() {
    return set.width();
  }

  /**
   * Intensities of one image, (row, column), each from 0 to 1.
   *
   * @param image from 0 to {@link #size} - 1
   */
  public float[] intensities(int image) {
    int first = Objects.checkIndex(image, size()) * set.imageSize();
    float[] intensities = new float[set.imageSize()];
    for (int i = 0; i < intensities.length; i++) {
      intensities[i] = (set.pixels()[first + i] & 0xFF) / 255f;
    }
    return intensities;
  }

  /**
   * The class of one image; empty if images have no labels.
   *
   * @param image from 0 to {@link #size} - 1
   */
  public OptionalInt label(int image) {
    Objects.checkIndex(image, size());
    return set.hasLabels() ? OptionalInt.of(set.label(image)) : OptionalInt.empty();
  }

  ImageSet set() {
    return set;
  }

  /** How many, and of which size. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%,d images of %d x %d", size(), height(), width());
  }
}
