// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

/**
 * The terms of a controller at each step of a run, had by running it again over the KL divergences
 * that it saw: a controller's answer depends on nothing else.
 *
 * @see PiController
 */
public final class PiTerms {
  private final float[] proportional;
  private final float[] integral;
  private final float[] beta;

  private PiTerms(int steps) {
    proportional = new float[steps];
    integral = new float[steps];
    beta = new float[steps];
  }

  /**
   * Runs a controller again.
   *
   * @param rule of the controller
   * @param kl KL divergence of each step from the first, nats per image
   */
  public static PiTerms of(PiRule rule, float[] kl) {
    var terms = new PiTerms(kl.length);
    var controller = new PiController(rule);
    for (int step = 0; step < kl.length; step++) {
      float seen = step == 0 ? 0 : kl[step - 1];
      terms.beta[step] = (float) controller.next(new StepFeedback(step, 0, seen));
      terms.proportional[step] = (float) rule.proportional(rule.setPoint() - seen);
      terms.integral[step] = (float) controller.integral();
    }
    return terms;
  }

  /** P of each step. Not to be written to. */
  public float[] proportional() {
    return proportional;
  }

  /** I of each step. Not to be written to. */
  public float[] integral() {
    return integral;
  }

  /** Beta of each step, as the run had it. Not to be written to. */
  public float[] beta() {
    return beta;
  }
}
