// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.ImageSet;
import java.util.Locale;

/**
 * How well a model explains each image of a set, in nats, so that two models can be compared image
 * by image. What the figures are, {@link Evaluation} says.
 */
public final class ImageScores {
  private final int samples;
  private final double[] reconstructionLoss;
  private final double[] klDivergence;
  private final double[] bound;
  private final double[] effectiveSampleSize;

  ImageScores(int images, int samples) {
    this.samples = samples;
    reconstructionLoss = new double[images];
    klDivergence = new double[images];
    bound = new double[images];
    effectiveSampleSize = new double[images];
  }

  void set(int image, double rl, double kl, double logMeanWeight, double effective) {
    reconstructionLoss[image] = rl;
    klDivergence[image] = kl;
    bound[image] = logMeanWeight;
    effectiveSampleSize[image] = effective;
  }

  /** Number of images. */
  public int size() {
    return reconstructionLoss.length;
  }

  /** Reconstruction loss of one image, mean over its samples. */
  public double reconstructionLoss(int image) {
    return reconstructionLoss[image];
  }

  /** KL divergence of one image's posterior and the prior. */
  public double klDivergence(int image) {
    return klDivergence[image];
  }

  /** ELBO of one image. */
  public double elbo(int image) {
    return -(reconstructionLoss[image] + klDivergence[image]);
  }

  /** Importance-weighted bound of one image. */
  public double bound(int image) {
    return bound[image];
  }

  /**
   * Refuses, with a sentence, figures that are no finite numbers: of parameters that no training
   * leaves behind, as a run whose losses are not finite has diverged.
   *
   * @throws InputException if an image has none
   */
  public void requireFinite() {
    int none = 0;
    for (int i = 0; i < size(); i++) {
      none += Double.isFinite(elbo(i)) && Double.isFinite(bound[i]) ? 0 : 1;
    }
    if (none > 0) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The model gives %,d of %,d images a likelihood that is no finite number: its"
                  + " parameters are of no use.",
              none,
              size()));
    }
  }

  /** The figures over all images. */
  public Evaluation evaluation() {
    var rl = new Estimate.Builder();
    var kl = new Estimate.Builder();
    var elbo = new Estimate.Builder();
    var importance = new Estimate.Builder();
    double effective = 0;
    for (int i = 0; i < size(); i++) {
      rl.accept(reconstructionLoss[i]);
      kl.accept(klDivergence[i]);
      elbo.accept(elbo(i));
      importance.accept(bound[i]);
      effective += effectiveSampleSize[i];
    }
    return new Evaluation(
        size(),
        samples,
        rl.build(),
        kl.build(),
        elbo.build(),
        importance.build(),
        effective / size());
  }

  /**
   * Reconstruction loss of the images of one label.
   *
   * @param images the images that were scored, with labels
   * @return NaN for a label that no image has
   */
  public Estimate reconstructionLoss(ImageSet images, int label) {
    var rl = new Estimate.Builder();
    for (int i = 0; i < size(); i++) {
      if (images.label(i) == label) {
        rl.accept(reconstructionLoss[i]);
      }
    }
    return rl.build();
  }
}
