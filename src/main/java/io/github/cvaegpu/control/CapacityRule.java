// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static io.github.cvaegpu.Numbers.plain;

import io.github.cvaegpu.model.KlTerm;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Controlled capacity: the loss has gamma |KL - C| in place of beta KL, and C rises linearly from 0
 * (C. Burgess et al., "Understanding disentangling in beta-VAE", 2018, equation 8): at step k,
 * counted from 1,
 *
 * <pre>
 * C_k = C min(1, k / steps)
 * </pre>
 *
 * <p>The sign of KL - C is that of the step's own KL, the mean of its batch.
 *
 * @param setPoint C, the KL divergence to come to, nats per image; above 0
 * @param gamma weight of the distance; positive and finite as a 32-bit float
 * @param steps how long C rises, 1 or more
 */
public record CapacityRule(double setPoint, double gamma, long steps) implements BetaRule {
  /** This rule's {@link #name()}. */
  public static final String NAME = "capacity";

  /** Refuses what no engine can use, with an {@link io.github.cvaegpu.InputException}. */
  public CapacityRule {
    RuleChecks.requireSetPoint(setPoint);
    RuleChecks.requireWeight("Gamma", gamma);
    RuleChecks.requireCount("The number of steps in which the capacity rises", steps);
  }

  /** The study's set point in 10,000 steps, with the paper's gamma. */
  public static CapacityRule defaults() {
    return new CapacityRule(PiRule.study().setPoint(), 1000, 10_000);
  }

  @Override
  public KlTerm klTerm() {
    return new KlTerm.Distance(gamma);
  }

  @Override
  public Optional<String> warning(long ofRun) {
    return RuleChecks.unfinished("The rise of the capacity", steps, ofRun);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String title() {
    return "VAE, capacity " + plain(setPoint);
  }

  @Override
  public List<Setting> settings() {
    return List.of(
        new Setting("gamma", plain(gamma)),
        new Setting("steps of the rise", String.format(Locale.ROOT, "%,d", steps)));
  }

  /** Its weight is gamma or -gamma at every step, so there are no limits to speak of. */
  @Override
  public Optional<Target> target() {
    return Optional.of(new Target(setPoint, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY));
  }

  @Override
  public BetaRule aimedAt(double kl) {
    return new CapacityRule(kl, gamma, steps);
  }

  /** A gamma that is too small has less say than the reconstruction loss. */
  @Override
  public String remedy() {
    return "A larger --gamma may bring it there, and more --epochs where it moves.";
  }

  @Override
  public long steadyFrom() {
    return steps + 1;
  }

  /** Gives C, not a beta. */
  @Override
  public BetaController start() {
    return new OpenLoop(step -> setPoint * Math.min(1, (double) step / steps));
  }
}
