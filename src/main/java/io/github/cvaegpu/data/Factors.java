// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * How each image of a set was made, where that is known: the values of a few factors that were
 * chosen independently of each other.
 *
 * <p>The array is shared, not copied: nobody writes to it after construction.
 */
public final class Factors {
  private final List<Factor> all;
  private final byte[] values;

  /**
   * One factor.
   *
   * @param name for people, e.g. {@code scale}
   * @param size number of its values, which are 0 to size - 1
   * @param ordered whether values that are near each other make images that are alike, as sizes do
   *     and shapes do not
   */
  public record Factor(String name, int size, boolean ordered) {
    /** Checks the number of values. */
    public Factor {
      if (size < 2 || size > 256) {
        throw new IllegalArgumentException(size + " values of " + name);
      }
    }
  }

  /**
   * @param all the factors
   * @param values one unsigned byte for each image and factor, with the factor fastest
   */
  public Factors(List<Factor> all, byte[] values) {
    this.all = List.copyOf(all);
    this.values = values;
    if (all.isEmpty() || values.length % all.size() != 0) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "%d values of %d factors", values.length, all.size()));
    }
    for (int i = 0; i < values.length; i++) {
      Factor factor = all.get(i % all.size());
      if ((values[i] & 0xFF) >= factor.size()) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT, "%s %d of image %d", factor.name(), values[i] & 0xFF, i / all.size()));
      }
    }
  }

  /** The factors. */
  public List<Factor> all() {
    return all;
  }

  /** Number of images. */
  public int images() {
    return values.length / all.size();
  }

  /** Value of one factor for one image. */
  public int value(int image, int factor) {
    return values[image * all.size() + factor] & 0xFF;
  }

  /** Those of some images, in an order. */
  Factors picked(int[] images) {
    int count = all.size();
    byte[] picked = new byte[images.length * count];
    for (int i = 0; i < images.length; i++) {
      System.arraycopy(values, images[i] * count, picked, i * count, count);
    }
    return new Factors(all, picked);
  }

  /** Those of the first images. */
  Factors first(int images) {
    return new Factors(all, Arrays.copyOf(values, images * all.size()));
  }
}
