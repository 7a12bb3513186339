// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

/** Receives what every training step measured, in order. */
@FunctionalInterface
public interface StepSink {
  /**
   * Called once a step, after the step's update is decided; also for a step whose losses are not
   * finite, see {@link Trainee#trainEpoch}.
   *
   * @param step training steps before this one, over the whole run
   * @param reconstructionLoss nats per image
   * @param klDivergence nats per image
   * @param beta the weight of the KL divergence that the step used, {@link
   *     io.github.cvaegpu.model.KlTerm#weight}: 0 or negative too, of a distance
   * @return false to stop after the steps already under way
   */
  boolean accept(long step, float reconstructionLoss, float klDivergence, float beta);
}
