// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import io.github.cvaegpu.Numbers;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * How well a run held its KL divergence: a function of the KL and beta of its steps, and of the
 * controller's settings. Where the set point was changed, it is about the steps with the last one.
 * KL is in nats per image. The <em>window</em> of step s is the last 100 steps, s - 99 to s; the
 * first 99 steps have none.
 *
 * @param steps steps seen
 * @param atMin steps at {@code betaMin}
 * @param atMax steps at {@code betaMax}
 * @param settlingStep the first step whose window, like every later one, has a mean KL within 2 %
 *     of the set point; empty if the last window is outside or there is none
 * @param overshoot how far the largest mean KL of a window is above the set point, 0 if it is not;
 *     nats, empty if there is no window
 * @param tailSteps steps that {@code offset}, {@code spread} and {@code drift} are over, the
 *     <em>tail</em>: the last tenth of the run, 1000 steps at most and one at least. A run's
 *     start-up is never in it: that is the controller on its way to the set point, not how it holds
 *     it
 * @param offset mean KL of the tail minus the set point, nats
 * @param spread root mean square of KL minus the set point over the tail, nats: the standard
 *     deviation about the set point, which holds the offset too
 * @param drift mean KL of the tail's second half minus that of its first, nats; 0 where the tail is
 *     one step
 * @param latchStep the first step of the first latch, empty if there is none. A latch is more than
 *     1000 steps in a row at one limit whose KL asks for a beta inside the limits: above the set
 *     point at {@code betaMin}, or below it at {@code betaMax}
 * @param isOutOfReach whether a limit of beta kept KL from the set point at the end: in nearly all
 *     steps of the tail; where that is less than a window in those of the last window, if KL comes
 *     no nearer in them. False in the record of an older program
 */
public record ControlReport(
    long steps,
    Saturation atMin,
    Saturation atMax,
    OptionalLong settlingStep,
    OptionalDouble overshoot,
    int tailSteps,
    double offset,
    double spread,
    double drift,
    OptionalLong latchStep,
    boolean isOutOfReach) {

  /** What a file does not have is empty. */
  @SuppressWarnings("OptionalAssignedToNull") // Gson gives null for what is not there.
  public ControlReport {
    settlingStep = settlingStep == null ? OptionalLong.empty() : settlingStep;
    overshoot = overshoot == null ? OptionalDouble.empty() : overshoot;
    latchStep = latchStep == null ? OptionalLong.empty() : latchStep;
  }

  /** Steps of a window. */
  public static final int WINDOW = 100;

  /** Distance of a settled window's mean from the set point, as a fraction of the set point. */
  public static final double SETTLED = 0.02;

  /** Most steps of the tail. */
  public static final int TAIL = 1000;

  /** The tail is one step in as many of the run. */
  public static final int TAIL_OF = 10;

  /**
   * Part of the steps at a limit of beta, with KL beyond it, from which on it is the limit that
   * keeps KL from the set point: where it is nearly reached, the noise of batches takes beta off
   * the limit again and again.
   */
  private static final double MOSTLY = 0.8;

  /** The longest stay at a limit against the error that is not called a latch, in steps. */
  public static final int LATCH = 1000;

  /**
   * Time spent at one limit of beta.
   *
   * @param steps steps at the limit
   * @param fraction the same as a fraction of all steps
   * @param longestRun most steps in a row
   */
  public record Saturation(long steps, double fraction, long longestRun) {}

  /** Whether beta was stuck at a limit. */
  public boolean latched() {
    return latchStep.isPresent();
  }

  /**
   * A sentence about a run that ended before KL was where it should be: by how much it is off and
   * where it goes. How many more steps it takes is not foretold: a controller may overshoot.
   *
   * @param setPoint nats
   * @param lastBeta mean beta of the last steps
   * @param remedy what may help, a sentence
   * @return empty if it settled
   */
  public Optional<String> notSettled(double setPoint, double lastBeta, String remedy) {
    if (settlingStep.isPresent()) {
      return Optional.empty();
    }
    if (steps < WINDOW) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "Too short to tell whether KL is held: that takes windows of %d steps.",
              WINDOW));
    }
    if (isOutOfReach) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "The set point of %s is out of reach: KL came to %s nats, with beta at its %s"
                  + " limit, %s.",
              Numbers.plain(setPoint),
              nats(setPoint + offset),
              offset < 0 ? "lower" : "upper",
              Numbers.digits(lastBeta)));
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "Not settled within %.0f %% of the set point of %s: KL is %.2f nats %s it and %s. %s",
            100 * SETTLED,
            Numbers.plain(setPoint),
            Math.abs(offset),
            offset > 0 ? "above" : "below",
            direction(),
            remedy));
  }

  /** The push of at least {@value #MOSTLY} of some steps; 0 if there is none. */
  static int mostly(byte[] pushes) {
    int lower = 0;
    int upper = 0;
    for (byte push : pushes) {
      lower += push < 0 ? 1 : 0;
      upper += push > 0 ? 1 : 0;
    }
    double most = MOSTLY * pushes.length;
    return lower >= most ? -1 : upper >= most ? 1 : 0;
  }

  /** Hundredths, but of what is less than one. */
  static String nats(double kl) {
    return Math.abs(kl) < 0.01 ? Numbers.digits(kl) : String.format(Locale.ROOT, "%.2f", kl);
  }

  private String direction() {
    if (Math.abs(drift) <= noise(spread * spread - offset * offset, tailSteps)) {
      return "steady";
    }
    return drift > 0 ? "rising" : "falling";
  }

  /** Twice the standard error of the difference of two halves, of steps that are independent. */
  private static double noise(double variance, int steps) {
    return 2 * Math.sqrt(4 * Math.max(0, variance) / steps);
  }

  /** Takes a series step by step, in constant memory. */
  public static final class Builder {
    private final BetaRule.Target target;
    private final double setPoint;
    private final Limit min;
    private final Limit max;
    private final float[] recent = new float[TAIL]; // KL of step s at index (s - first) % TAIL
    private final byte[] pushes = new byte[TAIL]; // the same of push
    private long firstStep;
    private long steps;
    private OptionalLong settlingStep = OptionalLong.empty();
    private double largestError; // of a window's mean, 0 or more
    private OptionalLong latchStep = OptionalLong.empty();

    /**
     * @param target what the controller that gave the betas aimed at
     */
    public Builder(BetaRule.Target target) {
      this.target = target;
      setPoint = target.kl();
      // Betas are recorded as floats, so it is the float nearest to a limit that is the limit.
      min = new Limit((float) target.betaMin());
      max = new Limit((float) target.betaMax());
    }

    /**
     * The next step.
     *
     * @param step one more than that of the call before
     * @param kl nats per image, finite
     * @param beta the beta that the step used, not NaN
     * @throws IllegalArgumentException if a step is missing or a number is not as said
     */
    public void accept(long step, float kl, float beta) {
      if (steps > 0 && step != firstStep + steps) {
        throw new IllegalArgumentException(
            "step " + step + " follows step " + (firstStep + steps - 1));
      }
      if (!Float.isFinite(kl) || Float.isNaN(beta)) {
        throw new IllegalArgumentException(
            "step " + step + " has KL " + kl + " and beta " + beta + ", so it has diverged");
      }
      if (steps == 0) {
        firstStep = step;
      }
      recent[(int) (steps % TAIL)] = kl;
      pushes[(int) (steps % TAIL)] = target.push(kl, beta);
      steps++;
      min.accept(beta <= min.value, kl > setPoint);
      max.accept(beta >= max.value, kl < setPoint);
      if (latchStep.isEmpty()) {
        long against = Math.max(min.against, max.against);
        latchStep = against > LATCH ? OptionalLong.of(step - against + 1) : OptionalLong.empty();
      }
      if (steps >= WINDOW) {
        endWindow(step);
      }
    }

    private void endWindow(long step) {
      double error = meanError(steps - WINDOW, steps, false);
      largestError = Math.max(largestError, error);
      if (Math.abs(error) > SETTLED * setPoint) {
        settlingStep = OptionalLong.empty();
      } else if (settlingStep.isEmpty()) {
        settlingStep = OptionalLong.of(step);
      }
    }

    /** Mean of KL - set point, or of its square, over some of the last steps. */
    private double meanError(long from, long to, boolean squared) {
      double sum = 0;
      for (long i = from; i < to; i++) {
        double error = recent[(int) (i % TAIL)] - setPoint;
        sum += squared ? error * error : error;
      }
      return sum / (to - from);
    }

    /**
     * The report on the steps so far.
     *
     * @throws IllegalStateException if there are none
     */
    public ControlReport build() {
      if (steps == 0) {
        throw new IllegalStateException("no steps to report on");
      }
      int tail = Math.clamp(steps / TAIL_OF, 1, TAIL);
      long first = steps - tail;
      long middle = first + tail / 2;
      return new ControlReport(
          steps,
          min.saturation(steps),
          max.saturation(steps),
          settlingStep,
          steps < WINDOW ? OptionalDouble.empty() : OptionalDouble.of(largestError),
          tail,
          meanError(first, steps, false),
          Math.sqrt(meanError(first, steps, true)),
          middle == first ? 0 : meanError(middle, steps, false) - meanError(first, middle, false),
          latchStep,
          steps >= WINDOW
              && isPushed(Math.min(first, steps - WINDOW))
              && (tail >= WINDOW || !comesNearer()));
    }

    /** In the last window: its second half is nearer than its first by more than by chance. */
    private boolean comesNearer() {
      long middle = steps - WINDOW / 2;
      double before = meanError(steps - WINDOW, middle, false);
      double after = meanError(middle, steps, false);
      double mean = (before + after) / 2;
      double variance = meanError(steps - WINDOW, steps, true) - mean * mean;
      return Math.abs(before) - Math.abs(after) > noise(variance, WINDOW);
    }

    private boolean isPushed(long first) {
      byte[] tail = new byte[(int) (steps - first)];
      for (int i = 0; i < tail.length; i++) {
        tail[i] = pushes[(int) ((first + i) % TAIL)];
      }
      return mostly(tail) != 0;
    }
  }

  /** Counts at one limit. */
  private static final class Limit {
    private final float value;
    private long steps;
    private long run;
    private long longestRun;
    private long against; // the current run's steps in a row in which the error pulls inward

    Limit(float value) {
      this.value = value;
    }

    void accept(boolean reached, boolean pulledInward) {
      run = reached ? run + 1 : 0;
      steps += reached ? 1 : 0;
      longestRun = Math.max(longestRun, run);
      against = reached && pulledInward ? against + 1 : 0;
    }

    Saturation saturation(long of) {
      return new Saturation(steps, (double) steps / of, longestRun);
    }
  }
}
