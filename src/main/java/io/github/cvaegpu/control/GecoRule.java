// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static io.github.cvaegpu.Numbers.plain;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.model.Objective;
import java.util.List;

/**
 * Holds the reconstruction loss, not the KL divergence, by a {@link GecoController}.
 *
 * @param rl the reconstruction loss to hold, nats per image; of a density it may be below 0
 * @param rate how fast the weight follows, per nat and step; above 0
 * @param decay of the moving average of the loss, from 0 to below 1
 */
public record GecoRule(double rl, double rate, double decay) implements BetaRule {
  /** This rule's {@link #name()}. */
  public static final String NAME = "geco";

  /** Refuses what cannot be held, with an {@link InputException}. */
  public GecoRule {
    if (!Double.isFinite(rl)) {
      throw new InputException(
          "The reconstruction loss to hold must be a finite number, not %s.".formatted(rl));
    }
    RuleChecks.requirePositive("The rate of GECO's weight", rate);
    if (!(decay >= 0 && decay < 1)) {
      throw new InputException(
          "The decay of GECO's moving average must be 0 or more and below 1, not %s."
              .formatted(decay));
    }
  }

  /** A loss that the study's network comes to on MNIST, with the paper's decay. */
  public static GecoRule defaults() {
    return new GecoRule(140, 1e-4, 0.99);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String title() {
    return "GECO, reconstruction loss " + plain(rl);
  }

  @Override
  public List<Setting> settings() {
    return List.of(
        new Setting("rate of the weight", plain(rate)),
        new Setting("decay of the average", plain(decay)));
  }

  @Override
  public void requireObjective(Objective objective) {
    if (rl <= 0 && !objective.hasLossBelowZero()) {
      throw new InputException(
          "The reconstruction loss to hold must be above 0, not %s: of the likelihood %s"
                  .formatted(plain(rl), objective.title())
              + " none is below.");
    }
  }

  @Override
  public BetaController start() {
    return new GecoController(this);
  }
}
