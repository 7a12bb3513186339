// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import io.github.cvaegpu.Numbers;

/**
 * The beta-VAE: one beta throughout (I. Higgins et al., "beta-VAE: Learning Basic Visual Concepts
 * with a Constrained Variational Framework", ICLR 2017); the VAE at 1 (D. Kingma, M. Welling,
 * "Auto-Encoding Variational Bayes", ICLR 2014).
 *
 * @param beta weight of the KL divergence: 0, or positive and finite as a 32-bit float
 */
public record ConstantRule(double beta) implements BetaRule {
  /** This rule's {@link #name()}. */
  public static final String NAME = "constant";

  /** Refuses what no engine can use, with an {@link io.github.cvaegpu.InputException}. */
  public ConstantRule {
    RuleChecks.requireBeta(beta);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String title() {
    return "beta-VAE, beta " + Numbers.plain(beta);
  }

  @Override
  public BetaController start() {
    return new OpenLoop(step -> beta);
  }
}
