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
 *   dloss/dm = dloss/dz + beta m
 *   dloss/ds = dloss/dz exp(s/2) e / 2 + beta (exp(s) - 1) / 2
 * </pre>
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
      sum += mean * mean + deviation * deviation - logVariance - 1;
    }
    return 0.5 * sum;
  }

  /**
   * Gradient by the heads.
   *
   * @param heads [2 latent], as forward
   * @param noise [latent], as forward
   * @param dz [latent] gradient of the reconstruction loss by z
   * @param beta weight of the KL divergence
   * @param dheads [2 latent], overwritten
   */
  static void backward(float[] heads, float[] noise, float[] dz, float beta, float[] dheads) {
    int latent = dz.length;
    for (int c = 0; c < latent; c++) {
      float deviation = FloatMath.exp(0.5f * heads[latent + c]);
      dheads[c] = dz[c] + beta * heads[c];
      dheads[latent + c] =
          0.5f * (dz[c] * deviation * noise[c] + beta * (deviation * deviation - 1));
    }
  }
}
