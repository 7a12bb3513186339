// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static io.github.cvaegpu.Numbers.plain;

import io.github.cvaegpu.InputException;
import java.util.List;
import java.util.Optional;

/**
 * A KL divergence held by a {@link HoldController}, which has no settings but what to hold.
 *
 * @param setPoint KL divergence to hold, in nats per image; above 0
 */
public record HoldRule(double setPoint) implements BetaRule {
  /** This rule's {@link #name()}. */
  public static final String NAME = "hold";

  /** Refuses what is no KL divergence to hold, with an {@link InputException}. */
  public HoldRule {
    if (!(setPoint > 0) || Double.isInfinite(setPoint)) {
      throw new InputException(
          "The KL set point must be a finite number of nats above 0, not " + setPoint + ".");
    }
  }

  @Override
  public HoldRule aimedAt(double kl) {
    return new HoldRule(kl);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String title() {
    return "VAE held at KL " + plain(setPoint);
  }

  @Override
  public List<Setting> settings() {
    return List.of();
  }

  @Override
  public Optional<Target> target() {
    return Optional.of(
        new Target(setPoint, HoldController.LEAST_BETA, HoldController.LARGEST_BETA));
  }

  @Override
  public Optional<String> warning() {
    return Optional.empty();
  }

  @Override
  public BetaController start() {
    return new HoldController(this);
  }
}
