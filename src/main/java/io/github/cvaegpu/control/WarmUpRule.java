// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static io.github.cvaegpu.Numbers.plain;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A beta that rises linearly from 0 and then stays (S. Bowman et al., "Generating Sentences from a
 * Continuous Space", CoNLL 2016; the monotonic schedule of H. Fu et al., "Cyclical Annealing
 * Schedule", NAACL 2019): at step k, counted from 1,
 *
 * <pre>
 * beta_k = beta min(1, k / steps)
 * </pre>
 *
 * @param beta where it ends: 0, or positive and finite as a 32-bit float
 * @param steps how long it rises, 1 or more
 */
public record WarmUpRule(double beta, long steps) implements BetaRule {
  /** This rule's {@link #name()}. */
  public static final String NAME = "warm-up";

  /** Refuses what no engine can use, with an {@link io.github.cvaegpu.InputException}. */
  public WarmUpRule {
    RuleChecks.requireBeta(beta);
    RuleChecks.requireCount("The number of steps of a warm-up", steps);
  }

  /** To a beta of 1 in 10,000 steps. */
  public static WarmUpRule defaults() {
    return new WarmUpRule(1, 10_000);
  }

  @Override
  public Optional<String> warning(long ofRun) {
    return RuleChecks.unfinished("The warm-up", steps, ofRun);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String title() {
    return "VAE, beta warmed up to " + plain(beta);
  }

  @Override
  public List<Setting> settings() {
    return List.of(new Setting("steps of warm-up", String.format(Locale.ROOT, "%,d", steps)));
  }

  @Override
  public long steadyFrom() {
    return steps + 1;
  }

  @Override
  public BetaController start() {
    return new OpenLoop(step -> beta * Math.min(1, (double) step / steps));
  }
}
