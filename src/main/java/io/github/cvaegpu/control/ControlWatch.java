// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import io.github.cvaegpu.Numbers;
import java.util.Locale;
import java.util.Optional;

/**
 * Says, while a run goes on, when its KL divergence has settled, and when it cannot come where it
 * is to be. Each is said once. Not thread-safe.
 */
public final class ControlWatch {
  /**
   * Steps at one limit of beta, with KL beyond it, after which a set point counts as out of reach.
   */
  static final int OUT_OF_REACH = 500;

  private static final int WINDOW = ControlReport.WINDOW;

  private final BetaRule rule;
  private final float[] recent = new float[WINDOW];
  private BetaRule.Target target; // known after the first step
  private long steps;
  private long within; // windows in a row, to the last one, that are within what counts as settled
  private long pushed; // steps in a row, to the last one, at a limit and beyond it
  private boolean settled;
  private boolean outOfReach;

  /**
   * @param rule what decides beta
   */
  public ControlWatch(BetaRule rule) {
    this.rule = rule;
  }

  /**
   * The next step of a run, from its first on.
   *
   * @param step counted from 1
   * @param rl its reconstruction loss, nats per image
   * @param kl its KL divergence, nats per image, not NaN
   * @param beta the beta that it used
   * @return a sentence for the user, if there is something to say
   */
  public Optional<String> accept(long step, float rl, float kl, float beta) {
    if (steps == 0) {
      target = rule.target(rl).orElse(null);
    }
    recent[(int) (steps % WINDOW)] = kl;
    steps++;
    if (target == null) {
      return Optional.empty();
    }
    return settles(step).or(() -> pushes(kl, beta));
  }

  private Optional<String> settles(long step) {
    if (steps < WINDOW || Math.abs(mean() - target.kl()) > ControlReport.SETTLED * target.kl()) {
      within = 0;
      return Optional.empty();
    }
    within++;
    if (settled || within < WINDOW) {
      return Optional.empty();
    }
    settled = true;
    return Optional.of(
        String.format(
            Locale.ROOT,
            "KL has settled: since step %,d its mean over %d steps is within %.0f %% of %s.",
            step - WINDOW + 1,
            WINDOW,
            100 * ControlReport.SETTLED,
            Numbers.plain(target.kl())));
  }

  private Optional<String> pushes(float kl, float beta) {
    boolean atMin = beta <= (float) target.betaMin();
    boolean beyond =
        atMin ? kl < target.kl() : beta >= (float) target.betaMax() && kl > target.kl();
    pushed = beyond ? pushed + 1 : 0;
    if (outOfReach || pushed < OUT_OF_REACH) {
      return Optional.empty();
    }
    outOfReach = true;
    return Optional.of(
        String.format(
            Locale.ROOT,
            "The set point of %s is out of reach so far: KL is %.2f nats, and beta has been at its"
                + " %s limit, %s, for %d steps.",
            Numbers.plain(target.kl()),
            mean(),
            atMin ? "lower" : "upper",
            ControlReport.digits(beta),
            OUT_OF_REACH));
  }

  private double mean() {
    long count = Math.min(steps, WINDOW);
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += recent[i];
    }
    return sum / count;
  }
}
