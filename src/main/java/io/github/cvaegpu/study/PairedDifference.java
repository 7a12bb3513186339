// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.eval.Spread;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * By how much one model's figure is above another's, seed by seed.
 *
 * @param pairs number of seeds
 * @param mean mean over seeds of the one's figure minus the other's
 * @param halfWidth half the width of the mean's 95 % interval, by Student's t distribution with
 *     pairs - 1 degrees of freedom; empty for a single pair, which says nothing of its spread
 */
public record PairedDifference(int pairs, double mean, OptionalDouble halfWidth) {
  /**
   * Compares.
   *
   * @param one a figure a seed
   * @param other the same of the other model, for the same seeds
   */
  static PairedDifference of(List<Double> one, List<Double> other) {
    int n = one.size();
    if (n == 0 || other.size() != n) {
      throw new IllegalArgumentException(n + " and " + other.size() + " figures");
    }
    Spread spread =
        Spread.of(IntStream.range(0, n).mapToDouble(i -> one.get(i) - other.get(i)).toArray());
    return new PairedDifference(n, spread.mean(), spread.halfWidth());
  }

  /**
   * The two-sided paired t test's p, see {@link Spread#p}.
   *
   * @return empty where there is no interval
   */
  public OptionalDouble p() {
    return halfWidth.isPresent()
        ? OptionalDouble.of(Spread.p(pairs, mean, halfWidth.getAsDouble()))
        : OptionalDouble.empty();
  }

  /**
   * Whether the difference is above 0, or below.
   *
   * @param claimed 1 if it is claimed to be above 0, -1 if below
   * @return {@link Verdict#HOLDS} if the whole interval is on the claimed side of 0, {@link
   *     Verdict#DOES_NOT_HOLD} if it is on the other; {@link Verdict#ONE_SEED} where there is no
   *     interval
   */
  Verdict verdict(int claimed) {
    if (halfWidth.isEmpty()) {
      return Verdict.ONE_SEED;
    }
    if (claimed * mean - halfWidth.getAsDouble() > 0) {
      return Verdict.HOLDS;
    }
    return claimed * mean + halfWidth.getAsDouble() < 0
        ? Verdict.DOES_NOT_HOLD
        : Verdict.CANNOT_BE_TOLD;
  }
}
