// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import java.util.Arrays;

/** The median of measurements. */
public final class Median {
  private Median() {}

  /**
   * The value in the middle, or the mean of the two there.
   *
   * @param values one or more, in any order
   * @throws IllegalArgumentException if there is none
   */
  public static double of(double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("there is no median of nothing");
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
