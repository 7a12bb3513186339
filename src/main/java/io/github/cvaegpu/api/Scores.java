// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.api;

import io.github.cvaegpu.eval.Estimate;
import io.github.cvaegpu.eval.ImageScores;
import java.util.Locale;
import java.util.Objects;

/**
 * How well a model explains images, in nats: of each image, and as means over all of them. Beta has
 * no part in them: ELBO = -(RL + KL).
 */
public final class Scores {
  private final ImageScores scores;

  /**
   * A mean over images.
   *
   * @param value the mean, nats per image
   * @param standardError standard deviation over images, divided by the square root of their number
   */
  public record Mean(double value, double standardError) {
    private static Mean of(Estimate estimate) {
      return new Mean(estimate.mean(), estimate.standardError());
    }

    /** Both, with two digits. */
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%.2f +- %.2f", value, standardError);
    }
  }

  Scores(ImageScores scores) {
    this.scores = scores;
  }

  /** Number of images. */
  public int size() {
    return scores.size();
  }

  /**
   * Reconstruction loss, mean over an image's samples.
   *
   * @param image from 0 to {@link #size} - 1
   */
  public double reconstructionLoss(int image) {
    return scores.reconstructionLoss(Objects.checkIndex(image, size()));
  }

  /**
   * KL divergence of an image's posterior and the prior, in closed form.
   *
   * @param image from 0 to {@link #size} - 1
   */
  public double klDivergence(int image) {
    return scores.klDivergence(Objects.checkIndex(image, size()));
  }

  /**
   * Evidence lower bound of an image's log p(x).
   *
   * @param image from 0 to {@link #size} - 1
   */
  public double elbo(int image) {
    return scores.elbo(Objects.checkIndex(image, size()));
  }

  /**
   * Importance-weighted bound of an image's log p(x), nearer to it the more samples there are: Y.
   * Burda, R. Grosse, R. Salakhutdinov, "Importance weighted autoencoders", ICLR 2016.
   *
   * @param image from 0 to {@link #size} - 1
   */
  public double bound(int image) {
    return scores.bound(Objects.checkIndex(image, size()));
  }

  /** Mean reconstruction loss. */
  public Mean reconstructionLoss() {
    return Mean.of(scores.evaluation().reconstructionLoss());
  }

  /** Mean KL divergence. */
  public Mean klDivergence() {
    return Mean.of(scores.evaluation().klDivergence());
  }

  /** Mean evidence lower bound. */
  public Mean elbo() {
    return Mean.of(scores.evaluation().elbo());
  }

  /** Mean importance-weighted bound. */
  public Mean bound() {
    return Mean.of(scores.evaluation().importanceWeightedBound());
  }
}
