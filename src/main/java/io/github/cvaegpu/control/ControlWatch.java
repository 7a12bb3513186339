// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import io.github.cvaegpu.Numbers;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Says, while a run goes on, when its KL divergence has settled, and when it cannot come where it
 * is to be. Each is said once. Not thread-safe.
 */
public final class ControlWatch {
  /** Steps that tell whether a set point is out of reach. */
  static final int OUT_OF_REACH = 500;

  /** The part of its distance from the set point that KL has to leave behind in those steps. */
  private static final double NEARER = 0.1;

  private static final int WINDOW = ControlReport.WINDOW;

  private final BetaRule rule;
  private final double lossOrigin;
  private final float[] recent = new float[OUT_OF_REACH];
  private double firstLoss;
  private BetaRule.Target target; // of the step before; null if there is none
  private long lastStep;
  private long steps; // since the set point was last changed
  private long within; // windows in a row, to the last one, that are within what counts as settled
  private final byte[] pushes = new byte[OUT_OF_REACH]; // -1 or 1 at a limit, with KL beyond it
  private boolean settled;
  private boolean outOfReach;

  /**
   * What a user is told of.
   *
   * @param sentence the words
   * @param isWarning whether it is about what does not go as it was asked for
   */
  public record Remark(String sentence, boolean isWarning) {}

  /**
   * @param rule what decides beta
   * @param lossOrigin what the reconstruction loss is counted from, nats per image
   */
  public ControlWatch(BetaRule rule, double lossOrigin) {
    this.rule = rule;
    this.lossOrigin = lossOrigin;
  }

  /**
   * The next step of a run, from its first on.
   *
   * @param step counted from 1
   * @param rl its reconstruction loss, nats per image
   * @param kl its KL divergence, nats per image, not NaN
   * @param beta the beta that it used
   * @return what the user is told, if there is something to say
   */
  public Optional<Remark> accept(long step, float rl, float kl, float beta) {
    if (step == 1) {
      firstLoss = rl - lossOrigin;
    }
    lastStep = step;
    BetaRule.Target now = rule.target(firstLoss, step).orElse(null);
    if (now == null) {
      return Optional.empty();
    }
    if (!now.equals(target)) {
      begin(now);
    }
    recent[(int) (steps % OUT_OF_REACH)] = kl;
    pushes[(int) (steps % OUT_OF_REACH)] = now.push(kl, beta);
    steps++;
    double mean = mean(steps - Math.min(steps, WINDOW), steps);
    return Math.abs(mean - now.kl()) <= ControlReport.SETTLED * now.kl() ? near(step) : far(mean);
  }

  /**
   * Whether what decides beta had come to where it is to be by the last step: it asks for no more
   * changes ({@link BetaRule#steadyFrom}), and where a KL divergence is to be held that has
   * settled.
   */
  public boolean isSettled() {
    return lastStep >= rule.steadyFrom() && (target == null || settled);
  }

  /** What was said of another set point says nothing of this one. */
  private void begin(BetaRule.Target now) {
    target = now;
    steps = 0;
    within = 0;
    settled = false;
    outOfReach = false;
    Arrays.fill(pushes, (byte) 0);
  }

  /** The mean is within what counts as settled. */
  private Optional<Remark> near(long step) {
    within += steps < WINDOW ? 0 : 1;
    if (settled || within < WINDOW) {
      return Optional.empty();
    }
    settled = true;
    String sentence =
        String.format(
            Locale.ROOT,
            "KL has settled: since step %,d its mean over %d steps is within %.0f %% of %s.",
            step - WINDOW + 1,
            WINDOW,
            100 * ControlReport.SETTLED,
            Numbers.plain(target.kl()));
    return Optional.of(new Remark(sentence, false));
  }

  private Optional<Remark> far(double mean) {
    within = 0;
    if (outOfReach || steps < OUT_OF_REACH) {
      return Optional.empty();
    }
    Optional<String> why = target.isLimited() ? limit() : noNearer(mean);
    outOfReach = why.isPresent();
    return why.map(
        reason ->
            new Remark(
                "The set point of %s is out of reach so far: KL is %s nats, %s"
                    .formatted(Numbers.plain(target.kl()), ControlReport.nats(mean), reason),
                true));
  }

  /** Where it is a limit of beta that keeps KL from the set point. */
  private Optional<String> limit() {
    int most = ControlReport.mostly(pushes);
    return most == 0
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "with beta at its %s limit, %s, in nearly all of the last %d steps.",
                most < 0 ? "lower" : "upper",
                Numbers.digits(most < 0 ? target.betaMin() : target.betaMax()),
                OUT_OF_REACH));
  }

  /** Where beta has no limits to go by, but stays as it is. */
  private Optional<String> noNearer(double mean) {
    if (lastStep < rule.steadyFrom() + OUT_OF_REACH) {
      return Optional.empty();
    }
    double before = mean(steps - OUT_OF_REACH, steps - OUT_OF_REACH + WINDOW) - target.kl();
    double left = (mean - target.kl()) / before;
    // Below 0 it is on the other side: it swings.
    return left <= 1 - NEARER
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT, "and has come no nearer in the last %d steps.", OUT_OF_REACH));
  }

  /**
   * Mean KL of some of the last {@value #OUT_OF_REACH} steps.
   *
   * @param from the first of them, counted from 0 at the set point's first
   * @param to the one after the last
   */
  private double mean(long from, long to) {
    double sum = 0;
    for (long step = from; step < to; step++) {
      sum += recent[(int) (step % OUT_OF_REACH)];
    }
    return sum / (to - from);
  }
}
