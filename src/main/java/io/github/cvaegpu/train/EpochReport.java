// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import java.util.Optional;

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
 * @param validation how the validation images were scored after it, where there are some
 */
public record EpochReport(
    int epoch,
    int epochs,
    double rl,
    double kl,
    double beta,
    double imagesPerSecond,
    Optional<ValidationRow> validation) {
  /** Of a run without validation images. */
  public EpochReport(
      int epoch, int epochs, double rl, double kl, double beta, double imagesPerSecond) {
    this(epoch, epochs, rl, kl, beta, imagesPerSecond, Optional.empty());
  }
}
