// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.eval.DimensionStatistics;
import io.github.cvaegpu.eval.Posterior;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * The plane that a latent space is shown in: its two dimensions if it has two, else the two of most
 * KL divergence; of one dimension its mean and its standard deviation.
 */
final class Projection {
  private final Posterior posterior;
  private final int first;
  private final int second;

  private Projection(Posterior posterior, int first, int second) {
    this.posterior = posterior;
    this.first = first;
    this.second = second;
  }

  static Projection of(Posterior posterior) {
    if (posterior.latent() == 1) {
      return new Projection(posterior, 0, -1);
    }
    List<Integer> most =
        IntStream.range(0, posterior.latent())
            .boxed()
            .sorted(
                Comparator.comparingDouble(
                    j -> -DimensionStatistics.of(posterior, j).klDivergence()))
            .limit(2)
            .sorted()
            .toList();
    return new Projection(posterior, most.get(0), most.get(1));
  }

  /** The dimension from left to right. */
  int first() {
    return first;
  }

  /** The dimension from bottom to top; -1 if there is only one. */
  int second() {
    return second;
  }

  double x(int image) {
    return posterior.mean(image, first);
  }

  double y(int image) {
    return second < 0
        ? Math.exp(posterior.logVariance(image, first) / 2.0)
        : posterior.mean(image, second);
  }

  String xLabel() {
    return label(first);
  }

  String yLabel() {
    return second < 0 ? "standard deviation of z1" : label(second);
  }

  private String label(int dimension) {
    String name = String.format(Locale.ROOT, "z%d, posterior mean", dimension + 1);
    return posterior.latent() > 2
        ? name
            + String.format(Locale.ROOT, " (one of the two of %d with most KL)", posterior.latent())
        : name;
  }
}
