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
   * @param order which images, in which order
   * @param controller asked for beta once before each step
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
