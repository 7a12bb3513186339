// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

/**
 * Reparameterization and KL divergence of a diagonal Gaussian posterior, forward and backward, of a
 * row. With m the posterior mean, s the log variance and e the noise:
 *
 * <pre>
 *   z  = m + exp(s/2) e
 *   KL = -1/2 sum(1 + s - m^2 - exp(s))
 *
 *   dloss/dm = dloss/dz + w m
 *   dloss/ds = dloss/dz exp(s/2) e / 2 + w (exp(s) - 1) / 2
 * </pre>
 *
 * <p>w is the weight of the dimension's KL divergence, see {@link io.github.cvaegpu.model.KlTerm}.
 */
final class LatentKernels {
  private LatentKernels() {}

  /**
   * Samples z.
   *
   * @param heads [2 latent]: means, then log variances
   * @param noise [latent]
   * @param z [latent], overwritten
   * @return the KL divergence, in nats
   */
  static double forward(float[] heads, float[] noise, float[] z) {
    double sum = 0;
    for (int c = 0; c < z.length; c++) {
      float mean = heads[c];
      float logVariance = heads[z.length + c];
      float deviation = FloatMath.exp(0.5f * logVariance);
      z[c] = mean + deviation * noise[c];
      sum += twiceDivergence(mean, logVariance, deviation);
    }
    return 0.5 * sum;
  }

  /**
   * Twice the KL divergence of one dimension, in nats: what {@link #forward} has added.
   *
   * @param heads [2 latent]: means, then log variances
   * @param dimension from 0
   */
  static float twiceDivergence(float[] heads, int dimension) {
    float logVariance = heads[heads.length / 2 + dimension];
    return twiceDivergence(heads[dimension], logVariance, FloatMath.exp(0.5f * logVariance));
  }

  private static float twiceDivergence(float mean, float logVariance, float deviation) {
    return mean * mean + deviation * deviation - logVariance - 1;
  }

  /**
   * Gradient by the heads.
   *
   * @param heads [2 latent], as forward
   * @param noise [latent], as forward
   * @param dz [latent] gradient of the reconstruction loss by z
   * @param weights [latent] of each dimension's KL divergence
   * @param dheads [2 latent], overwritten
   */
  static void backward(float[] heads, float[] noise, float[] dz, float[] weights, float[] dheads) {
    int latent = dz.length;
    for (int c = 0; c < latent; c++) {
      float deviation = FloatMath.exp(0.5f * heads[latent + c]);
      dheads[c] = dz[c] + weights[c] * heads[c];
      dheads[latent + c] =
          0.5f * (dz[c] * deviation * noise[c] + weights[c] * (deviation * deviation - 1));
    }
  }
}
