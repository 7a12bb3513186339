// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import java.util.Locale;

/**
 * How the learning rate of a run goes from step to step. With lr the plan's rate, s the steps
 * before this one, W those of the warm-up and B the steps of an epoch:
 *
 * <pre>
 *  warm-up    lr (s + 1) / W                                            for s &lt; W; behind it
 *  constant   lr
 *  cosine     end + (lr - end) (1 + cos(pi (s - W) / (N - W))) / 2      for s &lt; N = epochs B, then end
 *  step       lr factor^floor(s / (every B))
 * </pre>
 *
 * <p>A pure function of s, in double and of {@link StrictMath}: the same on every machine, and for
 * a run that was interrupted. Source of the cosine: I. Loshchilov, F. Hutter, "SGDR: stochastic
 * gradient descent with warm restarts", ICLR 2017, equation 5, without restarts and a step at a
 * time. Of the warm-up: P. Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1
 * hour", 2017, section 2.2.
 */
public sealed interface RateSchedule {
  /** The schedule's name in files, lower case; no two have the same. */
  String name();

  /** W, 0 for none. */
  long warmUpSteps();

  /** What the rate does behind the warm-up, for people; empty if it stays. */
  String course();

  /**
   * The rate behind the warm-up.
   *
   * @param rate the plan's
   * @param step s
   * @param stepsPerEpoch B
   */
  double afterWarmUp(double rate, long step, int stepsPerEpoch);

  /**
   * The rate of a step.
   *
   * @param rate the plan's
   * @param step s, from 0
   * @param stepsPerEpoch B
   */
  default double at(double rate, long step, int stepsPerEpoch) {
    return step < warmUpSteps()
        ? rate * ((double) (step + 1) / warmUpSteps())
        : afterWarmUp(rate, step, stepsPerEpoch);
  }

  /** What is said of it behind the rate: how it goes; empty if the rate is always the same. */
  default String title() {
    String warmUp =
        warmUpSteps() == 0
            ? ""
            : String.format(
                Locale.ROOT, "%d step%s of warm-up", warmUpSteps(), warmUpSteps() == 1 ? "" : "s");
    return course().isEmpty() || warmUp.isEmpty()
        ? course() + warmUp
        : warmUp + ", then " + course();
  }

  /** The plan's rate, perhaps behind a warm-up. */
  record Constant(long warmUpSteps) implements RateSchedule {
    /** This schedule's {@link #name()}. */
    public static final String NAME = "constant";

    /** Refuses what no run can use, with an {@link InputException}. */
    public Constant {
      requireWarmUp(warmUpSteps);
    }

    @Override
    public String name() {
      return NAME;
    }

    @Override
    public String course() {
      return "";
    }

    @Override
    public double afterWarmUp(double rate, long step, int stepsPerEpoch) {
      return rate;
    }
  }

  /**
   * Half a wave of a cosine.
   *
   * @param warmUpSteps W
   * @param end what the rate falls to, 0 or more
   * @param epochs in how many; a run of other epochs keeps them
   */
  record Cosine(long warmUpSteps, double end, int epochs) implements RateSchedule {
    /** This schedule's {@link #name()}. */
    public static final String NAME = "cosine";

    /** Refuses what no run can use, with an {@link InputException}. */
    public Cosine {
      requireWarmUp(warmUpSteps);
      if (!(end >= 0) || Double.isInfinite(end)) {
        throw new InputException(
            "The learning rate must end at 0 or a positive number, not %s.".formatted(end));
      }
      if (epochs < 1) {
        throw new InputException(
            String.format(Locale.ROOT, "A cosine takes 1 epoch or more, not %d.", epochs));
      }
    }

    @Override
    public String name() {
      return NAME;
    }

    @Override
    public String course() {
      return String.format(
          Locale.ROOT,
          "a cosine to %s over %d epoch%s",
          Numbers.plain(end),
          epochs,
          epochs == 1 ? "" : "s");
    }

    @Override
    public double afterWarmUp(double rate, long step, int stepsPerEpoch) {
      long steps = (long) epochs * stepsPerEpoch;
      if (step >= steps) {
        return end;
      }
      double part = (double) (step - warmUpSteps) / (steps - warmUpSteps);
      return end + (rate - end) * (0.5 * (1 + StrictMath.cos(Math.PI * part)));
    }
  }

  /**
   * Falls by a factor every so many epochs.
   *
   * @param warmUpSteps W
   * @param every epochs between
   * @param factor above 0 and below 1
   */
  record Step(long warmUpSteps, int every, double factor) implements RateSchedule {
    /** This schedule's {@link #name()}. */
    public static final String NAME = "step";

    /** Refuses what no run can use, with an {@link InputException}. */
    public Step {
      requireWarmUp(warmUpSteps);
      if (every < 1) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "The learning rate must stay for 1 epoch or more between its steps, not %d.",
                every));
      }
      if (!(factor > 0 && factor < 1)) {
        throw new InputException(
            "The factor of the learning rate must be above 0 and below 1, not %s."
                .formatted(factor));
      }
    }

    @Override
    public String name() {
      return NAME;
    }

    @Override
    public String course() {
      return String.format(
          Locale.ROOT,
          "times %s every %s",
          Numbers.plain(factor),
          every == 1 ? "epoch" : every + " epochs");
    }

    @Override
    public double afterWarmUp(double rate, long step, int stepsPerEpoch) {
      long falls = step / ((long) every * stepsPerEpoch);
      return rate * StrictMath.pow(factor, (double) falls);
    }
  }

  private static void requireWarmUp(long steps) {
    if (steps < 0) {
      throw new InputException(
          String.format(Locale.ROOT, "The warm-up must be of 0 steps or more, not %d.", steps));
    }
  }
}
