// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static io.github.cvaegpu.Numbers.plain;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The DynamicVAE: a KL divergence that rises slowly to its set point, held by a {@link
 * DynamicController}.
 *
 * @param setPoint the KL divergence to come to, nats per image; above 0
 * @param kp proportional gain, 0 or more
 * @param ki integral gain per nat and step, 0 or more
 * @param betaMin lower limit of beta, 0 or more
 * @param betaMax upper limit of beta, and the beta that the first step begins from
 * @param steps how long the set point rises, 1 or more
 */
public record DynamicRule(
    double setPoint, double kp, double ki, double betaMin, double betaMax, long steps)
    implements BetaRule {
  /** This rule's {@link #name()}. */
  public static final String NAME = "dynamic";

  /** Refuses settings that control nothing, with an {@link io.github.cvaegpu.InputException}. */
  public DynamicRule {
    RuleChecks.requireSetPoint(setPoint);
    RuleChecks.requireGains(kp, ki);
    RuleChecks.requireLimits(betaMin, betaMax);
    RuleChecks.requireCount("The number of steps in which the set point rises", steps);
  }

  /** The study's set point in 10,000 steps, with the gains and limits of the authors' code. */
  public static DynamicRule defaults() {
    return new DynamicRule(PiRule.study().setPoint(), 0.01, 0.005, 0.1, 100, 10_000);
  }

  @Override
  public Optional<String> warning(long ofRun) {
    return RuleChecks.unfinished("The rise of the set point", steps, ofRun);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String title() {
    return "DynamicVAE, set point " + plain(setPoint);
  }

  @Override
  public List<Setting> settings() {
    return List.of(
        new Setting("Kp", plain(kp)),
        new Setting("Ki", plain(ki)),
        new Setting("limits of beta", plain(betaMin) + " to " + plain(betaMax)),
        new Setting("steps of the rise", String.format(Locale.ROOT, "%,d", steps)));
  }

  @Override
  public Optional<Target> target() {
    return Optional.of(new Target(setPoint, betaMin, betaMax));
  }

  @Override
  public BetaRule aimedAt(double kl) {
    return new DynamicRule(kl, kp, ki, betaMin, betaMax, steps);
  }

  @Override
  public long steadyFrom() {
    return steps + 1;
  }

  @Override
  public BetaController start() {
    return new DynamicController(this);
  }
}
