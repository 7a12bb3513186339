// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

/**
 * {@link io.github.cvaegpu.model.Likelihood#CONTINUOUS_BERNOULLI}, by the logit l and the target x.
 *
 * <p>With a = |l| and u = exp(-a), from a = 1 on:
 *
 * <pre>
 *   loss  = max(l, 0) - log(a / (1 - u)) - l x
 *   mean  = 1 / (1 - u) - 1 / a   for l &gt; 0,      1 / a - u / (1 - u)   for l &lt; 0
 * </pre>
 *
 * Below it both would be differences of numbers that are nearly the same, and are series in l, of
 * which the first term left out is below 3e-9, less than an ulp:
 *
 * <pre>
 *   loss  = l / 2 + l^2 / 24 - l^4 / 2880 + l^6 / 181440 - l^8 / 9676800 - l x
 *   mean  = 1 / 2 + l / 12 - l^3 / 720 + l^5 / 30240 - l^7 / 1209600 + l^9 / 47900160
 * </pre>
 */
final class ContinuousBernoulliKernel implements LikelihoodKernel {
  private static final float SMALL = 1;

  @Override
  public double lossAndGradient(float[] logits, float[] x) {
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      float l = logits[i];
      sum += loss(l, x[i]);
      logits[i] = mean(l) - x[i];
    }
    return sum;
  }

  @Override
  public void mean(float[] logits) {
    for (int i = 0; i < logits.length; i++) {
      logits[i] = mean(logits[i]);
    }
  }

  static float loss(float l, float x) {
    float a = Math.abs(l);
    if (a < SMALL) {
      float q = l * l;
      return l * (0.5f - x)
          + q * (1f / 24 - q * (1f / 2880 - q * (1f / 181_440 - q * (1f / 9_676_800))));
    }
    // What cancels first, so that the logarithm keeps its digits.
    return Math.max(l, 0) - l * x - FloatMath.log(a / (1 - FloatMath.exp(-a)));
  }

  static float mean(float l) {
    float a = Math.abs(l);
    if (a < SMALL) {
      float q = l * l;
      return 0.5f
          + l
              * (1f / 12
                  - q
                      * (1f / 720
                          - q * (1f / 30_240 - q * (1f / 1_209_600 - q * (1f / 47_900_160)))));
    }
    float u = FloatMath.exp(-a);
    // Not a > 0: a logit that is no number stays one.
    return l < 0 ? 1 / a - u / (1 - u) : 1 / (1 - u) - 1 / a;
  }
}
