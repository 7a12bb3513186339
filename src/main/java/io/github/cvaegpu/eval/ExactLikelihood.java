// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.model.Objective;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * log p(x) of images, integrated over all of a small latent space by {@link Quadrature} where
 * {@link Evaluation} has bounds. In nats per image.
 *
 * <p>The errors are estimates, not bounds: what the integral moved by when the spacing was halved
 * for the last time is mostly the error of the wider spacing. That no part of the integral was
 * missed is checked by something else, the importance weights: their mean is above p(x) by a factor
 * of e^a with a probability of e^-a at most, by Markov's inequality.
 *
 * @param images number of images
 * @param logLikelihood log p(x)
 * @param gap log p(x) - ELBO: how far the encoder's posterior is from the true one, as a KL
 *     divergence. It is the sum of the next two
 * @param approximationGap log p(x) - the best ELBO of a normal distribution with independent
 *     dimensions: what no encoder of this family can do; see {@link BestGaussian}
 * @param amortisationGap that best ELBO - the encoder's
 * @param spacingError mean over images of what halving the spacing moved log p(x) by
 * @param largestSpacingError the largest of them
 * @param rangeError the largest change of an image's log p(x) when the range was widened
 * @param range how far from the origin the integral goes in each dimension
 * @param inexact images of which one of the two errors is not below {@value #TOLERANCE}
 * @param belowBound images whose log p(x) is below their importance-weighted bound by more than
 *     chance would have for one of all images in a thousand sets
 */
public record ExactLikelihood(
    int images,
    Estimate logLikelihood,
    Estimate gap,
    Estimate approximationGap,
    Estimate amortisationGap,
    double spacingError,
    double largestSpacingError,
    double rangeError,
    double range,
    int inexact,
    int belowBound) {
  /** Most latent dimensions. */
  public static final int MAX_LATENT = Lattice.MAX_DIMENSIONS;

  /** Error, nats, that a figure is to be below to be called exact. */
  public static final double TOLERANCE = 0.01;

  /**
   * Least standard deviation of a pixel: of 784 pixels sums are then rounded by 0.004 nats, of one
   * half as wide by 0.015, a standard deviation over points.
   */
  static final double LEAST_SIGMA = 0.02;

  /** Images that are integrated together, to which a decoding is common. */
  private static final int CHUNK = 10_000;

  /**
   * Refuses, with a sentence, what cannot be integrated.
   *
   * @param latent dimensions
   * @param instead what there is to take
   */
  public static void requireSmall(int latent, String instead) {
    if (latent > MAX_LATENT) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "--exact is for 1 or %d latent dimensions, and the model has %d: take %s.",
              MAX_LATENT,
              latent,
              instead));
    }
  }

  /**
   * Refuses, with a sentence, a Gaussian of which the squares that are added up here, in float and
   * each in three parts, are too large beside a hundredth of a nat.
   */
  private static void requireWide(Objective objective) {
    if (objective.deviation() < LEAST_SIGMA) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "--exact is for a sigma of %s or more, and the model's is %.4g: take the"
                  + " importance-weighted bound or --ais.",
              LEAST_SIGMA,
              objective.deviation()));
    }
  }

  /**
   * Integrates.
   *
   * @param model whose decoder it is
   * @param objective of the model
   * @param posterior of the images
   * @param scores of the same images
   * @throws InputException if an image has no likelihood, or one that is no number
   */
  public static ExactLikelihood of(
      VaeModel model, Objective objective, Posterior posterior, ImageScores scores) {
    return of(model, objective, posterior, scores, new double[scores.size()]);
  }

  /**
   * Integrates, and gives each image's figure.
   *
   * @param model whose decoder it is
   * @param objective of the model
   * @param posterior of the images
   * @param scores of the same images
   * @param logLikelihood receives (images) log p(x)
   * @throws InputException if an image has no likelihood, or one that is no number
   */
  public static ExactLikelihood of(
      VaeModel model,
      Objective objective,
      Posterior posterior,
      ImageScores scores,
      double[] logLikelihood) {
    return of(model, objective, posterior, scores, logLikelihood, progress -> {});
  }

  /**
   * Integrates, gives each image's figure, and tells how far it is.
   *
   * @param model whose decoder it is
   * @param objective of the model
   * @param posterior of the images
   * @param scores of the same images
   * @param logLikelihood receives (images) log p(x)
   * @param progress told now and then
   * @throws InputException if an image has no likelihood, or one that is no number
   */
  public static ExactLikelihood of(
      VaeModel model,
      Objective objective,
      Posterior posterior,
      ImageScores scores,
      double[] logLikelihood,
      Consumer<IntegralProgress> progress) {
    requireWide(objective);
    var summary = new Summary(scores);
    ImageSet set = posterior.images();
    PixelTargets targets = PixelTargets.of(objective.targets(), set);
    for (int first = 0; first < set.size(); first += CHUNK) {
      int count = Math.min(CHUNK, set.size() - first);
      int part = first / CHUNK + 1;
      int parts = Math.ceilDiv(set.size(), CHUNK);
      LatentLikelihood likelihood = new PixelTiles(model, objective, targets, first, count);
      Quadrature.Result result =
          Quadrature.of(
              likelihood,
              values(posterior::mean, posterior.latent(), first, count),
              values(posterior::logVariance, posterior.latent(), first, count),
              (level, done, sums) ->
                  progress.accept(new IntegralProgress(part, parts, level, done, sums)));
      summary.add(first, result);
      System.arraycopy(result.logLikelihood, 0, logLikelihood, first, count);
    }
    return summary.build();
  }

  /** What there is to say against the figures: sentences for people, none where all is well. */
  public List<String> doubts() {
    List<String> doubts = new ArrayList<>();
    if (inexact > 0) {
      doubts.add(
          String.format(
              Locale.ROOT,
              "log p(x) is not known to %s nats for %,d of %,d images: halving the spacing moved it"
                  + " by up to %.3f, widening the range by up to %.3f.",
              TOLERANCE,
              inexact,
              images,
              largestSpacingError,
              rangeError));
    }
    if (belowBound > 0) {
      doubts.add(
          String.format(
              Locale.ROOT,
              "log p(x) is too low for %,d of %,d images: it is below their importance-weighted"
                  + " bound by more than chance, so a part of the integral was missed.",
              belowBound,
              images));
    }
    return doubts;
  }

  /** A number of an image and a dimension. */
  @FunctionalInterface
  private interface OfDimension {
    float at(int image, int dimension);
  }

  /** (count, latent) of them. */
  private static double[] values(OfDimension number, int latent, int first, int count) {
    double[] values = new double[count * latent];
    Arrays.setAll(values, i -> number.at(first + i / latent, i % latent));
    return values;
  }

  /** Collects the images of all chunks. */
  static final class Summary {
    private final ImageScores scores;
    private final double atRandom;
    private final Estimate.Builder logLikelihood = new Estimate.Builder();
    private final Estimate.Builder gap = new Estimate.Builder();
    private final Estimate.Builder approximation = new Estimate.Builder();
    private final Estimate.Builder amortisation = new Estimate.Builder();
    private final Estimate.Builder moved = new Estimate.Builder();
    private double largestMove;
    private double rangeError;
    private double range;
    private int inexact;
    private int belowBound;

    Summary(ImageScores scores) {
      this.scores = scores;
      atRandom = Math.log(1000.0 * scores.size());
    }

    void add(int first, Quadrature.Result result) {
      range = Math.max(range, result.range);
      for (int i = 0; i < result.logLikelihood.length; i++) {
        double exact = result.logLikelihood[i];
        double beyond = -Math.log1p(-result.beyond[i]);
        logLikelihood.accept(exact);
        gap.accept(exact - scores.elbo(first + i));
        approximation.accept(exact - result.bestElbo[i]);
        amortisation.accept(result.bestElbo[i] - scores.elbo(first + i));
        moved.accept(result.moved[i]);
        largestMove = Math.max(largestMove, result.moved[i]);
        rangeError = Math.max(rangeError, beyond);
        inexact += result.moved[i] < TOLERANCE && beyond < TOLERANCE ? 0 : 1;
        belowBound += scores.bound(first + i) - exact > atRandom ? 1 : 0;
      }
    }

    ExactLikelihood build() {
      return new ExactLikelihood(
          scores.size(),
          logLikelihood.build(),
          gap.build(),
          approximation.build(),
          amortisation.build(),
          moved.build().mean(),
          largestMove,
          rangeError,
          range,
          inexact,
          belowBound);
    }
  }
}
