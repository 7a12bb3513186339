// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

/**
 * {@link io.github.cvaegpu.model.Likelihood#BERNOULLI}: binary cross-entropy of sigmoid outputs,
 * from the logits, and those outputs.
 *
 * <p>With l the logit, x the target intensity and u = exp(-|l|), which is in (0, 1]:
 *
 * <pre>
 *   loss      = max(l, 0) - l x + log(1 + u)
 *   dloss/dl  = sigmoid(l) - x,   sigmoid(l) = (l &gt;= 0 ? 1 : u) / (1 + u)
 * </pre>
 *
 * No logarithm of 0 and no overflow for any finite logit. Each is a loop of its own: together they
 * are more than the compiler makes vectors of.
 */
final class BernoulliKernel implements LikelihoodKernel {
  /** From 1 / this on, exp(-l) is 1 to half an ulp. */
  private static final float STEEP = 0x1p24f;

  private final float[] u;
  private final float[] losses;

  BernoulliKernel(int inputs) {
    u = new float[inputs];
    losses = new float[inputs];
  }

  @Override
  public double lossAndGradient(float[] logits, float[] x) {
    exponentials(logits, u);
    losses(logits, x, u, losses);
    gradients(logits, x, u);
    double sum = 0;
    for (float loss : losses) {
      sum += loss;
    }
    return sum;
  }

  @Override
  public void mean(float[] logits) {
    exponentials(logits, u);
    for (int i = 0; i < logits.length; i++) {
      logits[i] = sigmoid(logits[i], u[i]);
    }
  }

  private static void exponentials(float[] logits, float[] u) {
    for (int i = 0; i < logits.length; i++) {
      u[i] = FloatMath.exp(-Math.abs(logits[i]));
    }
  }

  private static void losses(float[] logits, float[] x, float[] u, float[] losses) {
    for (int i = 0; i < logits.length; i++) {
      float l = logits[i];
      losses[i] = Math.max(l, 0) - l * x[i] + FloatMath.log1p(u[i]);
    }
  }

  private static void gradients(float[] logits, float[] x, float[] u) {
    for (int i = 0; i < logits.length; i++) {
      logits[i] = sigmoid(logits[i], u[i]) - x[i];
    }
  }

  /** sigmoid(l) from l and u; without a branch, of which no vectors could be made. */
  private static float sigmoid(float l, float u) {
    float oneOrU = Math.max(u, Math.min(1, l * STEEP));
    return oneOrU / (1 + u);
  }
}
