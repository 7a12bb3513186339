// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import java.util.List;
import java.util.OptionalDouble;
import org.apache.commons.statistics.distribution.TDistribution;

/**
 * By how much one model's figure is above another's, seed by seed.
 *
 * @param pairs number of seeds
 * @param mean mean over seeds of the one's figure minus the other's
 * @param halfWidth half the width of the mean's 95 % interval, by Student's t distribution with
 *     pairs - 1 degrees of freedom; empty for a single pair, which says nothing of its spread
 */
public record PairedDifference(int pairs, double mean, OptionalDouble halfWidth) {
  private static final double CONFIDENCE = 0.95;

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
    double[] differences = new double[n];
    double mean = 0;
    for (int i = 0; i < n; i++) {
      differences[i] = one.get(i) - other.get(i);
      mean += differences[i] / n;
    }
    if (n == 1) {
      return new PairedDifference(n, mean, OptionalDouble.empty());
    }
    double squares = 0;
    for (double difference : differences) {
      squares += (difference - mean) * (difference - mean);
    }
    double t = quantile(TDistribution.of(n - 1));
    return new PairedDifference(n, mean, OptionalDouble.of(t * Math.sqrt(squares / (n - 1) / n)));
  }

  /**
   * The probability of a mean as far from 0, on either side, were there no difference: the
   * two-sided paired t test.
   *
   * @return empty where there is no interval
   */
  public OptionalDouble p() {
    if (halfWidth.isEmpty()) {
      return OptionalDouble.empty();
    }
    if (halfWidth.getAsDouble() == 0) {
      return OptionalDouble.of(mean == 0 ? 1 : 0);
    }
    TDistribution student = TDistribution.of(pairs - 1);
    double t = Math.abs(mean) / halfWidth.getAsDouble() * quantile(student);
    return OptionalDouble.of(2 * student.survivalProbability(t));
  }

  private static double quantile(TDistribution student) {
    return student.inverseCumulativeProbability((1 + CONFIDENCE) / 2);
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
