// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static io.github.cvaegpu.Numbers.plain;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A beta that rises from 0 again and again, and stays after the last time (H. Fu et al., "Cyclical
 * Annealing Schedule: A Simple Approach to Mitigating KL Vanishing", NAACL 2019, equations 6 and
 * 7): at step k, counted from 1,
 *
 * <pre>
 * t      = ((k - 1) mod steps) / steps       how much of its cycle is done
 * beta_k = beta min(1, t / ramp)             beta from step cycles * steps + 1 on
 * </pre>
 *
 * @param beta where each cycle ends: 0, or positive and finite as a 32-bit float
 * @param cycles how many there are, 1 or more
 * @param cycleSteps steps of each, 1 or more
 * @param ramp the part of a cycle in which beta rises, above 0 and at most 1
 */
public record CyclicalRule(double beta, long cycles, long cycleSteps, double ramp)
    implements BetaRule {
  /** This rule's {@link #name()}. */
  public static final String NAME = "cyclical";

  /** Refuses what no engine can use, with an {@link io.github.cvaegpu.InputException}. */
  public CyclicalRule {
    RuleChecks.requireBeta(beta);
    RuleChecks.requireCount("The number of cycles", cycles);
    RuleChecks.requireCount("The number of steps of a cycle", cycleSteps);
    RuleChecks.requirePart("The part of a cycle in which beta rises", ramp);
  }

  /** The paper's four cycles, half of each a ramp, of 2,500 steps each. */
  public static CyclicalRule defaults() {
    return new CyclicalRule(1, 4, 2500, 0.5);
  }

  private double betaAt(long step) {
    long done = step - 1;
    if (done / cycleSteps >= cycles) {
      return beta;
    }
    double part = (double) (done % cycleSteps) / cycleSteps;
    return beta * Math.min(1, part / ramp);
  }

  @Override
  public Optional<String> warning(long steps) {
    return RuleChecks.unfinished("A cycle", cycleSteps, steps);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String title() {
    return "VAE, beta in cycles up to " + plain(beta);
  }

  @Override
  public List<Setting> settings() {
    return List.of(
        new Setting("cycles", String.format(Locale.ROOT, "%,d", cycles)),
        new Setting("steps of a cycle", String.format(Locale.ROOT, "%,d", cycleSteps)),
        new Setting("ramp, part of a cycle", plain(ramp)));
  }

  /** After the last of the rises. */
  @Override
  public long steadyFrom() {
    return (cycles - 1) * cycleSteps + (long) Math.ceil(ramp * cycleSteps) + 1;
  }

  @Override
  public BetaController start() {
    return new OpenLoop(this::betaAt);
  }
}
