// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;

/**
 * A model that can be trained, a whole epoch at a time: the one seam between what to train and on
 * what. One engine, seed and images give the same bits on every run.
 *
 * <p>What it encodes, decodes and scores with are the parameters after the last step.
 */
public interface Trainee extends VaeModel {
  /**
   * Trains on the batches of an epoch, from {@code order.firstBatch()} to the last or until the
   * sink says to stop.
   *
   * <p>A step whose reconstruction loss or KL divergence is NaN or infinite ends the call: the run
   * has diverged, and no controller has an answer to it. The sink is told the losses as they are,
   * and then only of steps that were under way already, as after it said to stop; the call returns
   * with fewer steps done than the order has left. It throws nothing: what to do is the caller's
   * business. Nothing is trained from a state whose losses are not finite: the call returns 0 and
   * asks neither controller nor sink. A parameter that is not finite makes the next step's loss not
   * finite. {@link #restore} makes the trainee good again.
   *
   * <p>Where other trainees of the accelerator are trained at the same time, controller and sink
   * may be called on the thread of another one, and all wait for what they take: so neither may
   * wait for what another trainee does.
   *
   * <p>What the controller or the sink throws ends the call too and reaches the caller; the trainee
   * stays usable.
   *
   * @param order which images, in which order: all that the trainee was made with, or whole batches
   *     of them, in batches of the size that it was made for
   * @param controller asked for the number of the KL term once before each step, never with losses
   *     that are not finite
   * @param sink told of each step
   * @return steps done
   * @throws IllegalArgumentException if the order is another, or the images are grey where
   *     {@linkplain io.github.cvaegpu.model.Targets#isDrawn targets are drawn}
   */
  int trainEpoch(BatchOrder order, BetaController controller, StepSink sink);

  /**
   * Puts other images in the place of those that it trains on, where {@linkplain
   * io.github.cvaegpu.model.Targets#isDrawn targets are drawn}: those of the next epoch. Other
   * trainees of the same images keep theirs, and the state stays as it is.
   *
   * @param others as many, of the same size, in black and white
   * @throws IllegalArgumentException if they are other ones, or its targets are not drawn; the
   *     images are then what they were
   */
  void replaceImages(ImageSet others);

  /** A copy of the state after the last step. */
  TrainingState state();

  /**
   * Overwrites the state.
   *
   * @throws IllegalArgumentException if an array is not as long as the network's; the state is then
   *     what it was
   */
  void restore(TrainingState state);
}
