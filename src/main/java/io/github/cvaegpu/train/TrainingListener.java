// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

/** Told of a run's progress, on the training thread: implementations must be quick. */
public interface TrainingListener {
  /** Listens to nothing. */
  TrainingListener NONE = new TrainingListener() {};

  /** What a user is told where a run is {@linkplain #startingOver starting over}. */
  String STARTING_OVER = "the run had no checkpoint yet; it begins again at step 0.";

  /** A run that is resumed begins at step 0: it had no checkpoint yet. */
  default void startingOver() {}

  /**
   * A run goes on with another engine, processor or matrix library than it had, or with a version
   * of the program that gives other bits: they may no longer be those of a run that was never
   * interrupted.
   *
   * @param note one complete sentence for the user
   */
  default void otherMachine(String note) {}

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
   * @param imagesPerSecond training speed of this epoch alone: the images that this process trained
   *     in it over the time in which it did, without checkpoints
   */
  record EpochReport(
      int epoch, int epochs, double rl, double kl, double beta, double imagesPerSecond) {}
}
