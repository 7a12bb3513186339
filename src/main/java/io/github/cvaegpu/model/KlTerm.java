// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;

/**
 * What the KL divergence adds to the loss of an image, which is RL + term. KL is the sum of KL_j
 * over the latent dimensions j, and each KL_j the mean over the images of the batch at hand.
 *
 * <pre>
 *   weighted      beta KL
 *   distance      gamma |KL - C|
 *   free bits     beta * sum over j of max(lambda, KL_j)
 * </pre>
 *
 * <p>gamma and lambda are a run's. beta, or C, is a step's: the one number that its controller
 * gives. A step multiplies the gradient of KL_j by a weight: of a distance and of free bits it is
 * known only when the whole batch has been encoded.
 *
 * <pre>
 *   weighted      beta
 *   distance      gamma if KL &gt; C, -gamma if KL &lt; C, 0 if they are equal
 *   free bits     beta if KL_j &gt; lambda, else 0
 * </pre>
 *
 * <p>Where a term has a kink, 0 is one of its slopes. Engines compare floats: the KL that a step
 * tells its sink, the mean of each dimension, and what is given, rounded.
 */
public sealed interface KlTerm {
  /** The weighted KL divergence of the VAE and the beta-VAE. */
  static KlTerm weighted() {
    return new Weighted();
  }

  /** The formulas. */
  enum Form {
    WEIGHTED,
    DISTANCE,
    FREE_BITS
  }

  /** Its formula. */
  Form form();

  /** What the formula has for the whole run: gamma or lambda; 0 if neither. */
  double given();

  /** Whether the weights depend on the batch at hand, and not on what is given alone. */
  default boolean isOfBatch() {
    return form() != Form.WEIGHTED;
  }

  /**
   * The weight of KL in a step, as its sink is told it. Of free bits it is that of the dimensions
   * above lambda.
   *
   * @param number what the controller gave: beta, or C
   * @param kl the KL divergence of the step, nats per image, as the sink is told it
   */
  float weight(float number, float kl);

  /**
   * beta KL: D. Kingma, M. Welling, "Auto-encoding variational Bayes", 2014, arXiv:1312.6114, with
   * beta 1; I. Higgins et al., "beta-VAE", ICLR 2017.
   */
  record Weighted() implements KlTerm {
    @Override
    public Form form() {
      return Form.WEIGHTED;
    }

    @Override
    public double given() {
      return 0;
    }

    @Override
    public float weight(float number, float kl) {
      return number;
    }
  }

  /**
   * gamma |KL - C|, which holds KL near a capacity C: C. Burgess et al., "Understanding
   * disentangling in beta-VAE", 2018, arXiv:1804.03599. KL is that of the step's own batch.
   *
   * @param gamma positive and finite as a 32-bit float
   */
  record Distance(double gamma) implements KlTerm {
    /** Refuses what no engine can use, with an {@link InputException}. */
    public Distance {
      if (!Numbers.isPositiveFloat(gamma)) {
        throw new InputException(
            "The weight gamma of the distance of KL must be positive and finite as a 32-bit float,"
                + " which %s is not.".formatted(gamma));
      }
    }

    @Override
    public Form form() {
      return Form.DISTANCE;
    }

    @Override
    public double given() {
      return gamma;
    }

    @Override
    public float weight(float number, float kl) {
      if (kl > number) {
        return (float) gamma;
      }
      return kl < number ? -(float) gamma : 0;
    }
  }

  /**
   * beta times the sum of max(lambda, KL_j), which leaves each dimension lambda nats free: D.
   * Kingma et al., "Improving variational inference with inverse autoregressive flow", 2016,
   * arXiv:1606.04934, with a group for each dimension and the mean of a minibatch.
   *
   * @param nats lambda: 0, or positive and finite as a 32-bit float
   */
  record FreeBits(double nats) implements KlTerm {
    /** Refuses what no engine can use, with an {@link InputException}. */
    public FreeBits {
      if (nats != 0 && !Numbers.isPositiveFloat(nats)) {
        throw new InputException(
            "The free nats of a latent dimension must be zero, or positive and finite as a 32-bit"
                + " float, which %s is not.".formatted(nats));
      }
    }

    @Override
    public Form form() {
      return Form.FREE_BITS;
    }

    @Override
    public double given() {
      return nats;
    }

    @Override
    public float weight(float number, float kl) {
      return number;
    }
  }
}
