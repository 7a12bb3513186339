// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.model.Sigma;

/**
 * {@link io.github.cvaegpu.model.Likelihood#GAUSSIAN}, by the mean m, the target x and s = log
 * sigma:
 *
 * <pre>
 *   loss      = (x - m)^2 exp(-2 s) / 2 + s + log(2 pi) / 2
 *   dloss/dm  = (m - x) exp(-2 s)
 * </pre>
 */
final class GaussianKernel implements LikelihoodKernel {
  static final double HALF_LOG_TWO_PI = StrictMath.log(2 * Math.PI) / 2;

  /** Of one number: log sigma, a parameter's or that of a sigma which stays as it is. */
  private final float[] logSigma;

  GaussianKernel(Sigma sigma, Network parameters) {
    logSigma =
        sigma.isLearned()
            ? parameters.logSigma()
            : new float[] {(float) StrictMath.log(sigma.value())};
  }

  @Override
  public double lossAndGradient(float[] means, float[] x) {
    float precision = FloatMath.exp(-2 * logSigma[0]);
    float constant = logSigma[0] + (float) HALF_LOG_TWO_PI;
    double sum = 0;
    for (int i = 0; i < means.length; i++) {
      float difference = means[i] - x[i];
      float gradient = difference * precision;
      sum += 0.5f * difference * gradient + constant;
      means[i] = gradient;
    }
    return sum;
  }

  @Override
  public void mean(float[] means) {
    // They are the means.
  }

  /**
   * The gradient of a batch's loss by s, which is a number a pixel less twice the squared errors'
   * part of the loss.
   *
   * @param loss the sum over the batch, nats
   * @param pixels of the batch
   */
  static float gradientByLogSigma(double loss, long pixels, float logSigma) {
    return (float) (pixels - 2 * (loss - pixels * (logSigma + HALF_LOG_TWO_PI)));
  }
}
