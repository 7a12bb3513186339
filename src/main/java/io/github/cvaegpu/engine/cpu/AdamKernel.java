// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

/**
 * Adam. With g the gradient, m and v the moments, and t the step from 1:
 *
 * <pre>
 *   m = 0.9 m + 0.1 g
 *   v = 0.999 v + 0.001 g^2
 *   p = p - lr / (1 - 0.9^t) * m / (sqrt(v / (1 - 0.999^t)) + 1e-8)
 * </pre>
 *
 * <p>A small m is rounded to a multiple of 2^-100. The mean of a pixel that is seldom lit halves
 * every seven steps and would soon be subnormal, which takes processors a hundred cycles an
 * operation; beside the 1e-8 in the denominator it moves no parameter.
 *
 * <p>Source: D. Kingma, J. Ba, "Adam: A method for stochastic optimization", ICLR 2015, Algorithm
 * 1.
 */
final class AdamKernel {
  private static final float BETA1 = (float) AdamStep.BETA1;
  private static final float ONE_MINUS_BETA1 = (float) (1 - AdamStep.BETA1);
  private static final float BETA2 = (float) AdamStep.BETA2;
  private static final float ONE_MINUS_BETA2 = (float) (1 - AdamStep.BETA2);

  /** Added and taken away again, it leaves multiples of 2^-100, and what is not small as it is. */
  private static final float TINY = 0x1p-77f;

  private AdamKernel() {}

  /** Updates parameters p and moments m and v by the gradient g. */
  static void update(AdamStep step, float[] p, float[] g, float[] m, float[] v) {
    float stepSize = step.stepSize();
    float rootScale = step.rootScale();
    for (int i = 0; i < p.length; i++) {
      float mean = BETA1 * m[i] + ONE_MINUS_BETA1 * g[i];
      mean = mean + TINY - TINY;
      float square = BETA2 * v[i] + ONE_MINUS_BETA2 * (g[i] * g[i]);
      m[i] = mean;
      v[i] = square;
      p[i] -= stepSize * (mean / ((float) Math.sqrt(square) * rootScale + 1e-8f));
    }
  }
}
