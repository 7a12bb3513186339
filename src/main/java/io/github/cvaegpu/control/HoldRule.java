// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static io.github.cvaegpu.Numbers.plain;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A KL divergence held by a {@link HoldController}, which has no settings but what to hold.
 *
 * @param setPoint KL divergence to hold, in nats per image; above 0
 * @param changes what to hold from later steps on, in the order of the steps
 */
public record HoldRule(double setPoint, List<SetPointChange> changes) implements BetaRule {
  /** This rule's {@link #name()}. */
  public static final String NAME = "hold";

  /** Refuses what cannot be held, with an {@link io.github.cvaegpu.InputException}. */
  public HoldRule {
    RuleChecks.requireSetPoint(setPoint);
    changes = changes == null ? List.of() : List.copyOf(changes);
    SetPointChange.requireForwards(changes);
  }

  /** One set point throughout. */
  public HoldRule(double setPoint) {
    this(setPoint, List.of());
  }

  /** The study's set point. */
  public static HoldRule defaults() {
    return new HoldRule(PiRule.study().setPoint());
  }

  /**
   * The set point of a step.
   *
   * @param step counted from 1
   */
  double setPointAt(long step) {
    double at = setPoint;
    for (SetPointChange change : changes) {
      if (change.step() > step) {
        break;
      }
      at = change.setPoint();
    }
    return at;
  }

  @Override
  public HoldRule aimedAt(double kl) {
    return new HoldRule(kl, changes);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String title() {
    String first = "VAE held at KL " + plain(setPoint);
    return changes.isEmpty() ? first : first + ", at last " + plain(changes.getLast().setPoint());
  }

  @Override
  public List<Setting> settings() {
    return changes.isEmpty()
        ? List.of()
        : List.of(
            new Setting(
                "set points",
                plain(setPoint)
                    + changes.stream()
                        .map(
                            change ->
                                String.format(
                                    Locale.ROOT,
                                    ", %s from step %,d",
                                    plain(change.setPoint()),
                                    change.step()))
                        .collect(Collectors.joining())));
  }

  /** The last set point, with limits for a first loss of {@link HoldController#USUAL_LOSS}. */
  @Override
  public Optional<Target> target() {
    return target(HoldController.USUAL_LOSS, Long.MAX_VALUE);
  }

  @Override
  public Optional<Target> target(double firstLoss, long step) {
    double scale = HoldController.scale(firstLoss);
    return Optional.of(
        new Target(
            setPointAt(step),
            HoldController.LEAST_BETA * scale,
            HoldController.LARGEST_BETA * scale));
  }

  @Override
  public Optional<String> warning(long steps) {
    return changes.stream()
        .filter(change -> change.step() > steps)
        .findFirst()
        .map(
            change ->
                String.format(
                    Locale.ROOT,
                    "The set point of %s is from step %,d on, but the run ends with step %,d.",
                    plain(change.setPoint()),
                    change.step(),
                    steps));
  }

  @Override
  public long steadyFrom() {
    return changes.isEmpty() ? 1 : changes.getLast().step();
  }

  @Override
  public BetaController start() {
    return start(0);
  }

  @Override
  public BetaController start(double lossOrigin) {
    return new HoldController(this, lossOrigin);
  }
}
