// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Several comparisons at once: S. Holm, "A simple sequentially rejective multiple test procedure",
 * Scandinavian Journal of Statistics 6 (1979). Of all that are called a difference at level a, the
 * probability that any is none is at most a, however they depend on each other.
 */
final class Holm {
  /** Below which a difference is one. */
  static final double LEVEL = 0.05;

  private Holm() {}

  /**
   * Adjusts the p values of comparisons that are made together.
   *
   * @param p of each by itself; NaN for what is no comparison
   * @return of each beside the others, in the same order: at least what it was, and at most 1
   */
  static double[] adjusted(double... p) {
    int[] order =
        IntStream.range(0, p.length)
            .filter(i -> !Double.isNaN(p[i]))
            .boxed()
            .sorted(Comparator.comparingDouble(i -> p[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] adjusted = p.clone();
    double before = 0;
    for (int rank = 0; rank < order.length; rank++) {
      before = Math.max(before, Math.min(1, (order.length - rank) * p[order[rank]]));
      adjusted[order[rank]] = before;
    }
    return adjusted;
  }
}
