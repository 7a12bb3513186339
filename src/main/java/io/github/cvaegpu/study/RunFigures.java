// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.study.Claim.Accounting;
import io.github.cvaegpu.study.StudyRun.Role;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * The figures of a finished run that {@link Claims} judges by, in nats per image where nothing else
 * is said. {@link RunFacts} has them from a run's folder.
 *
 * @param role which of the study's models it is
 * @param learningRate Adam's step size
 * @param setPoint that its KL divergence was held at; NaN for a beta-VAE
 * @param seed of the run
 * @param epochs passes over the training images
 * @param steps training steps
 * @param firstBelow when its loss got below each of {@link #THRESHOLDS}, in both accountings
 * @param last means of the last steps
 * @param held how its KL divergence was held; null for a beta-VAE
 * @param test of the held-out images
 */
record RunFigures(
    Role role,
    double learningRate,
    double setPoint,
    long seed,
    int epochs,
    long steps,
    List<FirstBelow> firstBelow,
    Last last,
    Held held,
    HeldOut test) {

  /** Losses that a model is to get below, nats per image. */
  static final List<Integer> THRESHOLDS = List.of(130, 135, 140, 150);

  RunFigures {
    firstBelow = List.copyOf(firstBelow);
  }

  /**
   * When a loss got below a threshold.
   *
   * @param accounting how the loss is counted
   * @param threshold nats per image
   * @param step the first whose mean of the last 100 steps is below, from 1; empty if there is none
   */
  record FirstBelow(Accounting accounting, int threshold, OptionalLong step) {}

  /**
   * Means of the last 100 training steps.
   *
   * @param rl reconstruction loss
   * @param kl KL divergence
   * @param beta weight of the KL divergence
   * @param studyRl what the study logged as reconstruction loss: RL + beta KL
   */
  record Last(double rl, double kl, double beta, double studyRl) {
    double elbo() {
      return -(rl + kl);
    }

    /** The study's "ELBO": minus its "reconstruction loss" and KL once more. */
    double studyElbo() {
      return -(studyRl + kl);
    }
  }

  /**
   * How the KL divergence was held.
   *
   * @param tailSteps steps at the end that {@code offset} and {@code spread} are over
   * @param offset mean KL of the tail minus the set point
   * @param spread root mean square of KL minus the set point over the tail
   * @param settlingStep from which on KL was within 2 % of the set point; empty if never
   * @param overshoot how far the largest mean of 100 steps was above the set point; empty if there
   *     were fewer steps
   * @param atLimits share of all steps with beta at one of its limits, 0 to 1
   */
  record Held(
      long tailSteps,
      double offset,
      double spread,
      OptionalLong settlingStep,
      OptionalDouble overshoot,
      double atLimits) {}

  /**
   * Held-out images.
   *
   * @param rl reconstruction loss
   * @param kl KL divergence
   * @param elbo evidence lower bound
   * @param bound importance-weighted bound
   * @param logLikelihood log p(x) by integration
   * @param approximationGap what the best normal posterior leaves between ELBO and log p(x)
   * @param amortisationGap what the encoder leaves beside that
   * @param latent what the latent dimensions hold
   * @param rlByLabel reconstruction loss of the images of each label; empty without labels
   * @param separation how well labels are kept apart; null without labels
   */
  record HeldOut(
      double rl,
      double kl,
      double elbo,
      double bound,
      double logLikelihood,
      double approximationGap,
      double amortisationGap,
      LatentFigures latent,
      List<LabelFigure> rlByLabel,
      Separation separation) {
    HeldOut {
      rlByLabel = List.copyOf(rlByLabel);
    }

    /** Reconstruction loss of one label's images; NaN if there are none. */
    double rl(int label) {
      return LabelFigure.of(rlByLabel, label);
    }
  }

  /**
   * What the latent dimensions hold.
   *
   * @param activeUnits dimensions whose posterior means vary
   * @param mutualInformation I(x; z), nats
   * @param klToPrior KL(q(z) || p(z)), nats
   * @param totalCorrelation TC(z), nats
   */
  record LatentFigures(
      int activeUnits, double mutualInformation, double klToPrior, double totalCorrelation) {}

  /**
   * A figure of the images of one label.
   *
   * @param label the label
   * @param nats the figure, nats per image
   */
  record LabelFigure(int label, double nats) {
    /** A label's figure; NaN if there is none. */
    static double of(List<LabelFigure> figures, int label) {
      return figures.stream()
          .filter(figure -> figure.label == label)
          .mapToDouble(LabelFigure::nats)
          .findFirst()
          .orElse(Double.NaN);
    }
  }

  /**
   * How well a latent space keeps labels apart.
   *
   * @param neighbours share of images whose label the nearest neighbours tell, 0 to 1
   * @param probe share of images whose label a linear probe tells, 0 to 1
   * @param labelMig label MIG
   */
  record Separation(double neighbours, double probe, double labelMig) {}

  /** When the loss got below a threshold; empty if it never did. */
  OptionalLong firstBelow(Accounting accounting, int threshold) {
    return firstBelow.stream()
        .filter(below -> below.accounting == accounting && below.threshold == threshold)
        .map(FirstBelow::step)
        .findFirst()
        .orElse(OptionalLong.empty());
  }
}
