// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.api;

import java.util.Map;

/**
 * A controller of the calling program's own: it chooses beta, the weight of the KL divergence,
 * before every training step.
 *
 * <p>For a run to go on bit for bit after it was stopped or killed, all that the controller
 * remembers from step to step has to be in its {@link #memory}.
 */
@FunctionalInterface
public interface Controller {
  /**
   * How the last step went.
   *
   * @param step steps of the run that are done, 0 before the first
   * @param reconstructionLoss of the last of them, nats per image; 0 before the first
   * @param klDivergence of the last of them, nats per image; 0 before the first
   */
  record Feedback(long step, double reconstructionLoss, double klDivergence) {}

  /**
   * Beta of the next step. Called once before each step, on the thread that trains.
   *
   * @param last how the step before went; its losses are finite
   * @return a finite number, 0 or more
   */
  double next(Feedback last);

  /** All that the controller remembers, finite numbers by name; empty if it remembers nothing. */
  default Map<String, Double> memory() {
    return Map.of();
  }

  /**
   * Puts the controller where {@link #memory} said that it was. Called where a run goes on, before
   * its next step.
   *
   * @param memory as it was given, which was perhaps by another version of this controller
   */
  default void restore(Map<String, Double> memory) {}
}
