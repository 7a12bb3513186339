// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;

/**
 * The one seam between what to train and on what. An engine owns the parameters and a whole epoch
 * at a time; one engine, seed and input give bit-identical results however many threads it has.
 *
 * <p>Not thread-safe: one caller at a time.
 */
public interface Engine extends AutoCloseable {
  /** What computes, for people and run records, e.g. the CPU's name and the BLAS in use. */
  EngineInfo info();

  /**
   * Trains on the batches of an epoch, from {@code order.firstBatch()} to the last or until the
   * sink says to stop.
   *
   * <p>A step whose reconstruction loss or KL divergence is NaN or infinite ends the call: the run
   * has diverged, and no controller has an answer to it. The sink is told the losses as they are,
   * and then only of steps that were under way already, as after it said to stop; the call returns
   * with fewer steps done than the order has left. It throws nothing: what to do is the caller's
   * business. Nothing is trained from a state whose losses are not finite: the call returns 0
   * and asks neither controller nor sink. A parameter that is not finite makes the next step's loss
   * not finite. {@link #restore} makes the engine good again.
   *
   * @param order which images, in which order
   * @param controller asked for beta once before each step, never with losses that are not
   *     finite
   * @param sink told of each step
   * @return steps done
   */
  int trainEpoch(BatchOrder order, BetaController controller, StepSink sink);

  /** A copy of the state after the last step. */
  TrainingState state();

  /** Overwrites the state. */
  void restore(TrainingState state);

  /**
   * Posterior of images.
   *
   * @param images images of the engine's input size
   * @param first first image
   * @param count number of images
   * @param mean receives (count, latent) posterior means
   * @param logVariance receives (count, latent) log variances
   */
  void encode(ImageSet images, int first, int count, float[] mean, float[] logVariance);

  /**
   * Reconstruction loss of images under given latent points.
   *
   * @param images images of the engine's input size
   * @param first first image
   * @param count number of images
   * @param samples latent points an image
   * @param z (count, samples, latent) latent points
   * @param loss receives (count, samples) losses, in nats
   */
  void reconstructionLoss(
      ImageSet images, int first, int count, int samples, float[] z, float[] loss);

  @Override
  void close();
}
