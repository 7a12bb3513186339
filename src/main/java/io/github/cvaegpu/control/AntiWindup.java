// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import java.util.Locale;

/**
 * What a {@link PiController} does with its integral I while beta is at a limit.
 *
 * <p>In both laws e = set point - KL, P = Kp / (1 + exp(e)), and I = 0, beta = 0 before the first
 * step.
 */
public enum AntiWindup {
  /**
   * Holds the integral only while the error pushes a saturated output further out:
   *
   * <pre>
   * I'   = I - Ki e
   * u    = P + I' + beta_min
   * I    stays if (u &gt; beta_max and e &lt; 0) or (u &lt; beta_min and e &gt; 0), else I = I'
   * beta = clamp(u, beta_min, beta_max)
   * </pre>
   *
   * <p>This cannot latch. A decrease of I is kept only where I' &gt;= -P with e &gt; 0, hence P
   * &lt; Kp / 2, so I never falls below -Kp / 2; and as soon as e &lt; 0, P is above Kp / 2 and
   * beta above beta_min. Likewise an increase is kept only where I' &lt;= beta_max - beta_min - P
   * with P &gt; Kp / 2, so that e &gt; 0 brings beta below beta_max at once (where Kp exceeds twice
   * the range of beta: as soon as I has fallen by Kp / 2).
   *
   * <p>Beta is u clamped, also where I stays. Were it made from the I that stays, a step with Ki
   * |e| above the range of beta would be dropped whole, and beta would rest inside the range
   * however long the error lasts.
   */
  DIRECTIONAL,

  /**
   * The study's rule, for comparison with its figures. Holds the integral after any saturated step,
   * whatever the error's direction:
   *
   * <pre>
   * I    = I - Ki e   if beta_min &lt; beta &lt; beta_max, beta being that of the step before
   * beta = clamp(P + I + beta_min, beta_min, beta_max)
   * </pre>
   *
   * <p>This can latch. P never exceeds Kp, so with I &lt;= -Kp at beta_min beta is beta_min for
   * every KL, which holds I: for good. {@link PiRule#warning} says when to expect that. At beta_max
   * the same happens once I &gt;= beta_max - beta_min, which one step reaches when beta arrives
   * there while KL is Kp / Ki or more above the set point.
   */
  STUDY;

  /** As the command line and files have it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
