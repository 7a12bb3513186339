// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

/**
 * What a controller is told before a step: how the step before it went.
 *
 * @param step steps of the run that are done, 0 before the first
 * @param rl reconstruction loss of the last of them, nats per image; 0 before the first
 * @param kl KL divergence of the last of them, nats per image; 0 before the first
 */
public record StepFeedback(long step, double rl, double kl) {
  /** Before a run's first step. */
  public static final StepFeedback NONE = new StepFeedback(0, 0, 0);

  /** Whether both losses are finite: no controller has an answer to others. */
  public boolean isFinite() {
    return Double.isFinite(rl) && Double.isFinite(kl);
  }
}
