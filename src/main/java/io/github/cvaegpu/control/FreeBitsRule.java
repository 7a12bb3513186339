// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static io.github.cvaegpu.Numbers.digits;
import static io.github.cvaegpu.Numbers.plain;

import io.github.cvaegpu.model.KlTerm;
import java.util.Locale;
import java.util.Optional;

/**
 * Free bits: a beta that weighs no dimension whose KL divergence, the mean of the step's batch, is
 * below a floor (D. Kingma et al., "Improving Variational Inference with Inverse Autoregressive
 * Flow", NeurIPS 2016, appendix C.8): the loss has beta sum_j max(floor, KL_j).
 *
 * @param beta weight of the KL divergence: 0, or positive and finite as a 32-bit float
 * @param freeNats the floor, nats a dimension: 0, or positive and finite as a 32-bit float
 */
public record FreeBitsRule(double beta, double freeNats) implements BetaRule {
  /** This rule's {@link #name()}. */
  public static final String NAME = "free-bits";

  /** Refuses what no engine can use, with an {@link io.github.cvaegpu.InputException}. */
  public FreeBitsRule {
    RuleChecks.requireBeta(beta);
    term(freeNats);
  }

  private static KlTerm term(double freeNats) {
    return new KlTerm.FreeBits(freeNats);
  }

  /** The ELBO's beta, and half a nat a dimension. */
  public static FreeBitsRule defaults() {
    return new FreeBitsRule(1, 0.5);
  }

  @Override
  public KlTerm klTerm() {
    return term(freeNats);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String title() {
    return "VAE, %s free nats a dimension, beta %s".formatted(plain(freeNats), plain(beta));
  }

  /** Where what is free is more than what tells one image from another. */
  @Override
  public Optional<String> warning(int latent, int images) {
    double free = latent * freeNats;
    double ceiling = SetPoints.ceiling(images);
    return free > ceiling
        ? Optional.of(
            String.format(
                Locale.ROOT,
                "%s free nats in each of %d dimensions are %s nats, above ln %,d = %.2f: the KL"
                    + " divergence that tells which image it is costs nothing.",
                plain(freeNats),
                latent,
                digits(free),
                images,
                ceiling))
        : Optional.empty();
  }

  @Override
  public BetaController start() {
    return new ConstantRule(beta).start();
  }
}
