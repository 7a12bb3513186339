// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static io.github.cvaegpu.Numbers.plain;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.PlainName;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A rule of a Java program's own, of which a file knows the name alone: the program that trains by
 * it has the controller, and no other can go on with its runs.
 *
 * @param controller what the program calls it: up to 60 letters, digits, spaces and signs of {@code
 *     ._+-}
 * @param setPoint KL divergence that it holds, in nats per image, above 0; empty if it holds none
 */
public record OwnRule(String controller, OptionalDouble setPoint) implements BetaRule {
  /** This rule's {@link #name()}. */
  public static final String NAME = "own";

  /** Refuses what cannot be recorded, with an {@link InputException}. */
  public OwnRule {
    PlainName.require("A controller's name", controller);
    setPoint = setPoint == null ? OptionalDouble.empty() : setPoint;
    setPoint.ifPresent(RuleChecks::requireSetPoint);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String title() {
    return "VAE controlled by " + controller;
  }

  @Override
  public List<Setting> settings() {
    return setPoint.isPresent()
        ? List.of(new Setting("set point", plain(setPoint.getAsDouble())))
        : List.of();
  }

  @Override
  public Optional<Target> target() {
    return setPoint.isPresent()
        ? Optional.of(
            new Target(setPoint.getAsDouble(), Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY))
        : Optional.empty();
  }

  /** What it remembers is the program's business. */
  @Override
  public void requireMemory(ControllerMemory memory) {}

  /**
   * Refuses: there is only a name.
   *
   * @throws InputException always
   */
  @Override
  public BetaController start() {
    throw new InputException(
        "What decides beta in the run is \"%s\", a controller of the Java program that began it:"
                .formatted(controller)
            + " only that program can train by it.");
  }
}
