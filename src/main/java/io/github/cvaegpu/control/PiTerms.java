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
   * @param settings of the controller
   * @param kl KL divergence of each step from the first, nats per image
   */
  public static PiTerms of(PiSettings settings, float[] kl) {
    var terms = new PiTerms(kl.length);
    var controller = new PiController(settings);
    for (int step = 0; step < kl.length; step++) {
      float seen = step == 0 ? 0 : kl[step - 1];
      terms.beta[step] = (float) controller.next(seen);
      terms.proportional[step] = (float) settings.proportional(settings.setPoint() - seen);
      terms.integral[step] = (float) controller.state().integral();
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
