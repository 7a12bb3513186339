// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import java.util.Locale;

/**
 * How likely a pixel's target is under what the decoder says of it: the reconstruction loss is
 * {@code -log p(x|z)}, summed over the pixels. The decoder gives a number a pixel, its logit.
 *
 * <p>Each formula is here once, in double. Engines have it as kernels of their own in float, and
 * the HTML page as a function in its script: all of them by {@link #text}, and all of them are
 * compared with what is here.
 */
public enum Likelihood {
  /**
   * The target x in [0, 1] is taken for the probability of a white pixel, and p = sigmoid(l) for
   * the model's: binary cross-entropy.
   *
   * <pre>
   *   loss      = -x log p - (1 - x) log(1 - p) = max(l, 0) - l x + log(1 + exp(-|l|))
   *   dloss/dl  = p - x
   *   mean      = p
   *   least     = -x log x - (1 - x) log(1 - x), at p = x
   * </pre>
   *
   * The least is the entropy of the pixel, 0 for a black or a white one: T. Cover, J. Thomas,
   * "Elements of information theory", theorem 2.6.3.
   */
  BERNOULLI {
    @Override
    public double loss(double logit, double x) {
      return Math.max(logit, 0) - logit * x + Math.log1p(Math.exp(-Math.abs(logit)));
    }

    @Override
    public double gradient(double logit, double x) {
      return mean(logit) - x;
    }

    @Override
    public double mean(double logit) {
      return 1 / (1 + Math.exp(-logit));
    }

    @Override
    public double leastLoss(double x) {
      return x == 0 || x == 1 ? 0 : -(x * Math.log(x) + (1 - x) * Math.log1p(-x));
    }
  };

  /**
   * Reconstruction loss of a pixel, nats.
   *
   * @param logit the decoder's output, finite
   * @param x the target, from 0 to 1
   */
  public abstract double loss(double logit, double x);

  /**
   * Derivative of {@link #loss} by the logit.
   *
   * @param logit the decoder's output, finite
   * @param x the target, from 0 to 1
   */
  public abstract double gradient(double logit, double x);

  /**
   * The pixel's expected intensity: what pictures of a model show.
   *
   * @param logit the decoder's output, finite
   * @return from 0, black, to 1, white
   */
  public abstract double mean(double logit);

  /**
   * The loss that no logit gets below, nats.
   *
   * @param x the target, from 0 to 1
   */
  public abstract double leastLoss(double x);

  /** The name by which kernels and the page's script know it, in lower case. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
