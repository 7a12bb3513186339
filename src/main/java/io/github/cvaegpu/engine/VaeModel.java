// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.model.VaeShape;

/**
 * A variational autoencoder on an {@link Accelerator}: it encodes, decodes and scores. One engine,
 * parameters and arguments give the same bits, however many threads the engine has.
 *
 * <p>One caller at a time, of any thread; different models of one accelerator may be used at the
 * same time. Where a method is called back, in the middle of an epoch, nothing of the accelerator
 * may be used.
 *
 * <p>All methods refuse, with an {@link IllegalArgumentException}, images of another size than the
 * network's, images that a set does not have, sets with grey pixels where {@linkplain
 * io.github.cvaegpu.model.Targets#isDrawn targets are drawn}, and arrays that are not exactly as
 * long as they are said to be. A model that is closed refuses everything but to be closed again,
 * with an {@link IllegalStateException}.
 */
public interface VaeModel extends AutoCloseable {
  /** The network. */
  VaeShape shape();

  /** What computes; that of the accelerator. */
  EngineInfo info();

  /**
   * Posterior of images.
   *
   * @param images images of the network's input size
   * @param first first image
   * @param count number of images, from 0
   * @param mean receives (count, latent) posterior means
   * @param logVariance receives (count, latent) log variances
   */
  void encode(ImageSet images, int first, int count, float[] mean, float[] logVariance);

  /**
   * Images that the decoder has for latent points: the mean of each pixel, an intensity from 0,
   * black, to 1, white, which a Gaussian's may be outside of.
   *
   * @param z (count, latent) latent points
   * @param count number of points, from 0
   * @param mean receives (count, inputs) means
   */
  void decode(float[] z, int count, float[] mean);

  /**
   * The decoder's own outputs for latent points, of which the likelihood makes {@link #decode}'s
   * means: with them, the likelihood of any image is but a sum,
   *
   * <pre>
   *   log p(x|z) = sum over pixels of scale x l - base(x), less the loss of a black image
   * </pre>
   *
   * of its targets x and the point's logits l, with the {@link
   * io.github.cvaegpu.model.Likelihood}'s scale and base.
   *
   * @param z (count, latent) latent points
   * @param count number of points, from 0
   * @param logits receives (count, inputs) outputs
   * @param logPartition receives (count) numbers, in nats: the loss of an image that is black
   */
  void logits(float[] z, int count, float[] logits, float[] logPartition);

  /**
   * Reconstruction loss of images under given latent points.
   *
   * @param images images of the network's input size
   * @param first first image
   * @param count number of images, from 0
   * @param samples latent points an image, from 1
   * @param z (count, samples, latent) latent points
   * @param loss receives (count, samples) losses, in nats
   */
  void reconstructionLoss(
      ImageSet images, int first, int count, int samples, float[] z, float[] loss);

  /** Gives back what the model has on the device. A model that is closed already stays so. */
  @Override
  void close();
}
