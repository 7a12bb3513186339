// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.api;

import java.util.Optional;

/**
 * Told of a run while it trains, on the thread that trains: what takes long holds it up. What it
 * throws ends the run, and reaches who started it as it is.
 */
public interface Listener {
  /** Hears nothing. */
  Listener NONE = new Listener() {};

  /**
   * A training step.
   *
   * @param step steps of the run that are done, this one included
   * @param epoch that it belongs to, from 1
   * @param reconstructionLoss mean over the batch, nats per image
   * @param klDivergence mean over the batch, nats per image
   * @param beta that the step used
   */
  record Step(long step, int epoch, double reconstructionLoss, double klDivergence, double beta) {}

  /**
   * An epoch: means over those of its steps that this process did.
   *
   * @param epoch from 1
   * @param epochs of the whole run
   * @param reconstructionLoss nats per image
   * @param klDivergence nats per image
   * @param beta mean beta
   * @param imagesPerSecond training speed, without checkpoints
   * @param validation how the validation images were scored after it, where there are some
   */
  record Epoch(
      int epoch,
      int epochs,
      double reconstructionLoss,
      double klDivergence,
      double beta,
      double imagesPerSecond,
      Optional<Validation> validation) {}

  /**
   * Means over the validation images.
   *
   * @param reconstructionLoss nats per image
   * @param klDivergence nats per image
   * @param elbo nats per image
   */
  record Validation(double reconstructionLoss, double klDivergence, double elbo) {}

  /** A step is done. */
  default void step(Step step) {}

  /** An epoch is done. */
  default void epoch(Epoch epoch) {}

  /** There is something to say: KL has settled, cannot come where it is to be, or a warning. */
  default void message(String sentence) {}
}
