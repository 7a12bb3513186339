// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

/** Told of a run's progress, on the training thread: implementations must be quick. */
public interface TrainingListener {
  /** Listens to nothing. */
  TrainingListener NONE = new TrainingListener() {};

  /**
   * A step is done.
   *
   * @param step steps done, this one included
   * @param rl reconstruction loss, nats per image
   * @param kl KL divergence, nats per image
   * @param beta the beta that the step used
   */
  default void step(long step, float rl, float kl, float beta) {}

  /** An epoch is done. */
  default void epoch(EpochReport report) {}

  /**
   * An epoch's means over the steps that this process did.
   *
   * @param epoch from 1
   * @param epochs epochs of the whole run
   * @param rl mean reconstruction loss, nats per image
   * @param kl mean KL divergence, nats per image
   * @param beta mean beta
   * @param imagesPerSecond training speed
   */
  record EpochReport(
      int epoch, int epochs, double rl, double kl, double beta, double imagesPerSecond) {}
}
