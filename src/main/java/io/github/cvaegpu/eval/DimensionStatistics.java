// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import com.google.gson.annotations.SerializedName;

/**
 * One latent dimension over a set of images.
 *
 * @param mean mean of the posterior means
 * @param variance variance of the posterior means, the mean square distance from {@code mean}
 * @param klDivergence mean KL divergence of the dimension's posterior and prior, nats per image
 */
public record DimensionStatistics(
    double mean,
    double variance,
    @SerializedName(value = "kl", alternate = "kl_divergence") double klDivergence) {
  /** Measures one dimension of a set of images. */
  public static DimensionStatistics of(Posterior posterior, int dimension) {
    double sum = 0;
    double divergence = 0;
    for (int i = 0; i < posterior.size(); i++) {
      double m = posterior.mean(i, dimension);
      double s = posterior.logVariance(i, dimension);
      sum += m;
      divergence += 0.5 * (m * m + Math.exp(s) - s - 1);
    }
    double mean = sum / posterior.size();
    double squares = 0;
    for (int i = 0; i < posterior.size(); i++) {
      double difference = posterior.mean(i, dimension) - mean;
      squares += difference * difference;
    }
    return new DimensionStatistics(mean, squares / posterior.size(), divergence / posterior.size());
  }

  /** Whether the dimension says anything of the images. */
  boolean isActive() {
    return variance > LatentMeasures.ACTIVE_VARIANCE;
  }
}
