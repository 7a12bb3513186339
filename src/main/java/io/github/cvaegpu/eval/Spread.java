// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import java.util.OptionalDouble;
import java.util.function.DoubleFunction;
import java.util.stream.DoubleStream;
import org.apache.commons.statistics.distribution.TDistribution;

/**
 * A figure over seeds.
 *
 * @param n seeds, one or more
 * @param mean of them
 * @param deviation standard deviation of one seed, with n - 1; empty of a single one
 * @param halfWidth half the width of the mean's 95 % interval, by Student's t distribution with n -
 *     1 degrees of freedom; empty of a single seed, which says nothing of its spread
 */
public record Spread(int n, double mean, OptionalDouble deviation, OptionalDouble halfWidth) {
  private static final double CONFIDENCE = 0.95;

  /**
   * Of values.
   *
   * @param values one or more, finite
   */
  public static Spread of(double... values) {
    int n = values.length;
    if (n == 0) {
      throw new IllegalArgumentException("a spread of nothing");
    }
    double mean = DoubleStream.of(values).sum() / n;
    if (n == 1) {
      return new Spread(n, mean, OptionalDouble.empty(), OptionalDouble.empty());
    }
    double squares = DoubleStream.of(values).map(value -> (value - mean) * (value - mean)).sum();
    double deviation = Math.sqrt(squares / (n - 1));
    return new Spread(
        n,
        mean,
        OptionalDouble.of(deviation),
        OptionalDouble.of(quantile(n) * deviation / Math.sqrt(n)));
  }

  private static double quantile(int n) {
    return TDistribution.of(n - 1).inverseCumulativeProbability((1 + CONFIDENCE) / 2);
  }

  /**
   * The probability of a mean as far from 0, on either side, were the true one 0: the two-sided t
   * test.
   *
   * @param n figures, two or more
   * @param mean of them
   * @param halfWidth half the width of its interval
   */
  public static double p(int n, double mean, double halfWidth) {
    if (halfWidth == 0) {
      return mean == 0 ? 1 : 0;
    }
    double t = Math.abs(mean) / halfWidth * quantile(n);
    return 2 * TDistribution.of(n - 1).survivalProbability(t);
  }

  /** The mean's lower end of the interval; the mean itself of a single seed. */
  public double low() {
    return mean - halfWidth.orElse(0);
  }

  /** The mean's upper end of the interval; the mean itself of a single seed. */
  public double high() {
    return mean + halfWidth.orElse(0);
  }

  /** Whether there is an interval and a value is in it. */
  public boolean covers(double value) {
    return halfWidth.isPresent() && low() <= value && value <= high();
  }

  /** Mean and interval for people; of a single seed the mean alone. */
  public String text(DoubleFunction<String> number) {
    return halfWidth.isPresent()
        ? "%s +- %s".formatted(number.apply(mean), number.apply(halfWidth.getAsDouble()))
        : number.apply(mean);
  }
}
