// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static io.github.cvaegpu.engine.cpu.VectorMath.HALF;
import static io.github.cvaegpu.engine.cpu.VectorMath.LANES;
import static io.github.cvaegpu.engine.cpu.VectorMath.ONE;
import static io.github.cvaegpu.engine.cpu.VectorMath.broadcast;
import static io.github.cvaegpu.engine.cpu.VectorMath.load;
import static io.github.cvaegpu.engine.cpu.VectorMath.store;
import static io.github.cvaegpu.engine.cpu.VectorMath.tail;
import static io.github.cvaegpu.engine.cpu.VectorMath.zero;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Reparameterization and KL divergence of a diagonal Gaussian posterior, forward and backward. With
 * m the posterior mean, s the log variance and e the noise:
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
   * Samples z and sums the KL divergence of each row.
   *
   * @param heads (rows, 2 latent): means, then log variances
   * @param noise (rows, latent)
   * @param z (rows, latent), overwritten
   * @param kl receives the KL divergence of each row, in nats
   */
  static void forward(Matrix heads, Matrix noise, Matrix z, Block rows, double[] kl) {
    int latent = z.columns();
    float[] lanes = new float[LANES];
    for (int r = rows.row(); r < rows.endRow(); r++) {
      FloatVector sum = zero();
      for (int c = 0; c < latent; c += LANES) {
        VectorMask<Float> mask = tail(c, latent);
        FloatVector mean = load(heads.data(), heads.at(r, c), mask);
        FloatVector logVariance = load(heads.data(), heads.at(r, latent + c), mask);
        FloatVector deviation = VectorMath.exp(logVariance.mul(HALF));
        FloatVector variance = deviation.mul(deviation);
        FloatVector e = load(noise.data(), noise.at(r, c), mask);
        store(deviation.fma(e, mean), z.data(), z.at(r, c), mask);
        // Masked, so that lanes past the end add exp(0) = 1 to nothing.
        sum = sum.add(mean.mul(mean).add(variance).sub(logVariance).sub(ONE), mask);
      }
      sum.intoArray(lanes, 0);
      double total = 0;
      for (float lane : lanes) {
        total += lane;
      }
      kl[r] = 0.5 * total;
    }
  }

  /**
   * Gradient by the heads.
   *
   * @param heads (rows, 2 latent), as forward
   * @param noise (rows, latent), as forward
   * @param dz (rows, latent) gradient of the reconstruction loss by z
   * @param beta weight of the KL divergence
   * @param dheads (rows, 2 latent), overwritten
   */
  static void backward(
      Matrix heads, Matrix noise, Matrix dz, Block rows, float beta, Matrix dheads) {
    int latent = dz.columns();
    FloatVector fullBeta = broadcast(beta);
    FloatVector halfBeta = broadcast(0.5f * beta);
    for (int r = rows.row(); r < rows.endRow(); r++) {
      for (int c = 0; c < latent; c += LANES) {
        VectorMask<Float> mask = tail(c, latent);
        FloatVector mean = load(heads.data(), heads.at(r, c), mask);
        FloatVector logVariance = load(heads.data(), heads.at(r, latent + c), mask);
        FloatVector deviation = VectorMath.exp(logVariance.mul(HALF));
        FloatVector e = load(noise.data(), noise.at(r, c), mask);
        FloatVector dzc = load(dz.data(), dz.at(r, c), mask);
        FloatVector dmean = mean.fma(fullBeta, dzc);
        FloatVector dlogVariance = dzc.mul(deviation).mul(e).mul(HALF);
        dlogVariance = deviation.mul(deviation).sub(ONE).fma(halfBeta, dlogVariance);
        store(dmean, dheads.data(), dheads.at(r, c), mask);
        store(dlogVariance, dheads.data(), dheads.at(r, latent + c), mask);
      }
    }
  }
}
