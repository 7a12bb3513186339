// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import java.util.Locale;

/**
 * How likely a pixel's target is under what the decoder says of it: the reconstruction loss is
 * {@code -log p(x|z)}, summed over the pixels. The decoder gives a number a pixel, its logit l.
 *
 * <p>All of them are exponential families, linear in the target but for a part that the decoder has
 * no say in:
 *
 * <pre>
 *   loss = A(l) - scale x l + base(x)
 * </pre>
 *
 * <p>Each formula is here once, in double. Engines have it as kernels of their own in float, and
 * the HTML page as a function in its script: all of them by {@link #text}, and all of them are
 * compared with what is here.
 *
 * <p>Targets are bytes over 255 as they are, with no noise that would spread each over its 256th
 * part (no dequantisation). A density of them is per unit of intensity and has no upper end where
 * many pixels have one value.
 *
 * <p>Where a formula has sigma, it is the standard deviation of {@link #GAUSSIAN}'s pixels, above
 * 0; the other likelihoods have none and do not look at it.
 */
public enum Likelihood {
  /**
   * The target x in [0, 1] is taken for the probability of a white pixel, and p = sigmoid(l) for
   * the model's: binary cross-entropy. Of a pixel that is black or white it is a probability; of a
   * grey one it is neither that nor a density.
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
    public double loss(double logit, double x, double sigma) {
      return Math.max(logit, 0) - logit * x + Math.log1p(Math.exp(-Math.abs(logit)));
    }

    @Override
    public double mean(double logit) {
      return 1 / (1 + Math.exp(-logit));
    }

    @Override
    public double leastLoss(double x, double sigma) {
      return x == 0 || x == 1 ? 0 : -(x * Math.log(x) + (1 - x) * Math.log1p(-x));
    }

    @Override
    public double origin(double sigma) {
      return 0;
    }
  },

  /**
   * A density on [0, 1] with the Bernoulli's form, p(x) proportional to exp(l x), and what makes it
   * integrate to 1.
   *
   * <pre>
   *   loss      = A(l) - l x,      A(l) = log((exp(l) - 1) / l),      A(0) = 0
   *   dloss/dl  = mean - x
   *   mean      = A'(l) = 1 / (1 - exp(-l)) - 1 / l,      1/2 at l = 0
   *   least     = minus infinity of a black or white pixel, which a density can be as high at as it
   *               likes; of a grey one at mean = x
   * </pre>
   *
   * Near 0 both are differences of numbers that are far larger: there they are the series in l.
   * Source: G. Loaiza-Ganem, J. P. Cunningham, "The continuous Bernoulli: fixing a pervasive error
   * in variational autoencoders", NeurIPS 2019.
   */
  CONTINUOUS_BERNOULLI {
    @Override
    public double loss(double logit, double x, double sigma) {
      double size = Math.abs(logit);
      if (size < SMALL_LOGIT) {
        double q = logit * logit;
        return logit * (0.5 - x) + q * (1.0 / 24 - q * (1.0 / 2880 - q / 181_440));
      }
      // What cancels first, so that the logarithm keeps its digits.
      return Math.max(logit, 0) - logit * x + Math.log(-Math.expm1(-size) / size);
    }

    @Override
    public double mean(double logit) {
      if (Math.abs(logit) < SMALL_LOGIT) {
        double q = logit * logit;
        return 0.5 + logit * (1.0 / 12 - q * (1.0 / 720 - q * (1.0 / 30_240 - q / 1_209_600)));
      }
      return -1 / Math.expm1(-logit) - 1 / logit;
    }

    @Override
    public double leastLoss(double x, double sigma) {
      if (x == 0 || x == 1) {
        return Double.NEGATIVE_INFINITY;
      }
      double logit = logitOf(x);
      return loss(logit, x, sigma);
    }

    @Override
    public double origin(double sigma) {
      return -Math.log(2);
    }

    // The logit of a mean inside (0, 1), which rises with it.
    private double logitOf(double x) {
      double least = -1 / x;
      double most = 1 / (1 - x);
      double middle = 0;
      // A mean of l < 0 is below -1 / l, of l > 0 above 1 - 1 / l.
      for (int i = 0; i < 100; i++) {
        middle = (least + most) / 2;
        if (mean(middle) < x) {
          least = middle;
        } else {
          most = middle;
        }
      }
      return middle;
    }
  },

  /**
   * A normal distribution around the logit m, which is the mean itself, with one standard deviation
   * for all pixels: half the squared error that others call MSE, over the variance, with its
   * constant, so that it is a density.
   *
   * <pre>
   *   loss        = (x - m)^2 / (2 sigma^2) + log sigma + log(2 pi) / 2
   *   dloss/dm    = (m - x) / sigma^2
   *   dloss/dlog sigma = 1 - (x - m)^2 / sigma^2
   *   mean        = m; nothing keeps it within [0, 1]
   *   least       = log sigma + log(2 pi) / 2, at m = x
   * </pre>
   */
  GAUSSIAN {
    @Override
    public double loss(double logit, double x, double sigma) {
      double deviation = (x - logit) / sigma;
      return deviation * deviation / 2 + origin(sigma);
    }

    @Override
    public double mean(double logit) {
      return logit;
    }

    @Override
    public double leastLoss(double x, double sigma) {
      return origin(sigma);
    }

    @Override
    public double origin(double sigma) {
      return Math.log(sigma) + Math.log(2 * Math.PI) / 2;
    }

    @Override
    public double scale(double sigma) {
      return 1 / (sigma * sigma);
    }

    @Override
    public double base(double x, double sigma) {
      return x * x / (2 * sigma * sigma);
    }
  };

  /** Below it the continuous Bernoulli is a series, the first term left out below 1e-17. */
  private static final double SMALL_LOGIT = 0.05;

  /**
   * Reconstruction loss of a pixel, nats.
   *
   * @param logit the decoder's output, finite
   * @param x the target, from 0 to 1
   * @param sigma standard deviation, where there is one
   */
  public abstract double loss(double logit, double x, double sigma);

  /**
   * Derivative of {@link #loss} by the logit.
   *
   * @param logit the decoder's output, finite
   * @param x the target, from 0 to 1
   * @param sigma standard deviation, where there is one
   */
  public double gradient(double logit, double x, double sigma) {
    return scale(sigma) * (mean(logit) - x);
  }

  /**
   * The pixel's expected intensity: what pictures of a model show.
   *
   * @param logit the decoder's output, finite
   * @return from 0, black, to 1, white; a {@link #GAUSSIAN}'s may be outside
   */
  public abstract double mean(double logit);

  /**
   * The loss that no logit gets below, nats.
   *
   * @param x the target, from 0 to 1
   * @param sigma standard deviation, where there is one
   */
  public abstract double leastLoss(double x, double sigma);

  /**
   * Where a pixel's loss is counted from to tell how large losses are, nats: above it is, before
   * anything is learned, log 2 of both Bernoullis, and of a Gaussian half the squared error over
   * the variance.
   *
   * @param sigma standard deviation, where there is one
   */
  public abstract double origin(double sigma);

  /**
   * What x l is multiplied by in the loss.
   *
   * @param sigma standard deviation, where there is one
   */
  public double scale(double sigma) {
    return 1;
  }

  /**
   * The part of a pixel's loss that no logit changes, nats; 0 of a black pixel.
   *
   * @param x the target, from 0 to 1
   * @param sigma standard deviation, where there is one
   */
  public double base(double x, double sigma) {
    return 0;
  }

  /** The name by which kernels and the page's script know it, in lower case. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
