// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.data.Factors;
import io.github.cvaegpu.data.Factors.Factor;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The separated attribute predictability (SAP) of a factor: by how much the dimension that predicts
 * it best, alone, does so better than the second best.
 *
 * <p>A. Kumar, P. Sattigeri, A. Balakrishnan, "Variational inference of disentangled latent
 * concepts from unlabeled observations", ICLR 2018, section 3. How well an ordered factor is
 * predicted is R^2 of a straight line, the squared correlation; of another factor it is the
 * balanced accuracy, the mean of the shares of each value's images that are told right, with the
 * thresholds on the dimension that make it largest, one fewer than there are values. An inactive
 * dimension predicts nothing: 0. All of it is of the same images.
 */
final class AttributeGap {
  private AttributeGap() {}

  /**
   * Measures it.
   *
   * @param posterior of images with factors
   * @param factor which one
   * @return from 0 to 1
   */
  static double of(Posterior posterior, int factor) {
    double[] scores = new double[Math.max(2, posterior.latent())];
    Factors factors = posterior.images().factors().orElseThrow();
    for (int j = 0; j < posterior.latent(); j++) {
      DimensionStatistics statistics = DimensionStatistics.of(posterior, j);
      if (statistics.isActive()) {
        scores[j] =
            factors.all().get(factor).ordered()
                ? squaredCorrelation(posterior, j, factors, factor, statistics)
                : balancedAccuracy(posterior, j, factors, factor);
      }
    }
    Arrays.sort(scores);
    return scores[scores.length - 1] - scores[scores.length - 2];
  }

  private static double squaredCorrelation(
      Posterior posterior,
      int dimension,
      Factors factors,
      int factor,
      DimensionStatistics statistics) {
    int images = posterior.size();
    double mean = IntStream.range(0, images).map(i -> factors.value(i, factor)).sum();
    mean /= images;
    double variance = 0;
    double covariance = 0;
    for (int i = 0; i < images; i++) {
      double off = factors.value(i, factor) - mean;
      variance += off * off / images;
      covariance += off * (posterior.mean(i, dimension) - statistics.mean()) / images;
    }
    return variance > 0 ? covariance * covariance / (variance * statistics.variance()) : 0;
  }

  /**
   * The largest there is, by dynamic programming: from the smallest mean to the largest, what the
   * images so far come to at most with so many thresholds, if the value now told is this one.
   */
  private static double balancedAccuracy(
      Posterior posterior, int dimension, Factors factors, int factor) {
    int images = posterior.size();
    Factor its = factors.all().get(factor);
    double[] weights = weights(factors, factor, its.size());
    int[] order =
        IntStream.range(0, images)
            .boxed()
            .sorted(
                (a, b) -> Float.compare(posterior.mean(a, dimension), posterior.mean(b, dimension)))
            .mapToInt(Integer::intValue)
            .toArray();
    double[][] best = new double[its.size()][its.size()];
    double[] gains = new double[its.size()];
    for (int i = 0; i < images; i++) {
      int value = factors.value(order[i], factor);
      gains[value] += weights[value];
      // Images with the same mean cannot be told apart by any threshold.
      boolean last =
          i + 1 == images
              || posterior.mean(order[i], dimension) != posterior.mean(order[i + 1], dimension);
      if (last) {
        extend(best, gains);
        Arrays.fill(gains, 0);
      }
    }
    return Arrays.stream(best).flatMapToDouble(Arrays::stream).max().orElseThrow();
  }

  /** What an image that is told right counts for: one value's images count as much as another's. */
  private static double[] weights(Factors factors, int factor, int size) {
    int[] counts = new int[size];
    for (int i = 0; i < factors.images(); i++) {
      counts[factors.value(i, factor)]++;
    }
    long present = Arrays.stream(counts).filter(count -> count > 0).count();
    return Arrays.stream(counts)
        .mapToDouble(count -> count > 0 ? 1.0 / (present * (double) count) : 0)
        .toArray();
  }

  /** Goes on with what is told, or tells something else from here on; by thresholds, then value. */
  private static void extend(double[][] best, double[] gains) {
    for (int thresholds = best.length - 1; thresholds >= 0; thresholds--) {
      double other = thresholds > 0 ? Arrays.stream(best[thresholds - 1]).max().orElseThrow() : 0;
      for (int value = 0; value < gains.length; value++) {
        best[thresholds][value] = Math.max(best[thresholds][value], other) + gains[value];
      }
    }
  }
}
