// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * log p(x) of images from below by {@link Annealing}, for any latent space, with a check from above
 * on images that the model drew. In nats per image.
 *
 * <p>Of an image x, the mean of the chains' weights is p(x), so that the logarithm of the mean of
 * some is below log p(x) on average: by how much, nobody can tell of a real image. Of one that the
 * model drew from a latent point, that point is one of its true posterior, and chains that go from
 * there to the prior give a bound from above: bidirectional Monte Carlo, R. Grosse, Z. Ghahramani,
 * R. Adams, "Sandwiching the marginal likelihood using bidirectional Monte Carlo", 2015. The
 * distance of the two bounds is on average more than what each of them is off.
 *
 * @param images number of images, the first of the set
 * @param chains of each image
 * @param steps T, of the inverse temperature from 0 to 1
 * @param leapfrogSteps of a move
 * @param acceptance share of moves that were taken; they are tuned for {@value Annealing#TARGET}
 * @param logLikelihood log p(x) from below; its error is that over images
 * @param chainError standard error that this mean has from the chains alone
 * @param effectiveChains (sum w)^2 / sum w^2, mean over images
 * @param elbo of the same images
 * @param importanceWeightedBound of the same images
 * @param gap log p(x) - ELBO of the same images: below the true gap on average
 * @param belowBound images whose log p(x) is below their importance-weighted bound by more than
 *     chance would have if it were log p(x) itself, for one of all images in a thousand sets
 * @param check by images that the model drew
 */
public record AnnealedLikelihood(
    int images,
    int chains,
    int steps,
    int leapfrogSteps,
    double acceptance,
    Estimate logLikelihood,
    double chainError,
    double effectiveChains,
    Estimate elbo,
    Estimate importanceWeightedBound,
    Estimate gap,
    int belowBound,
    Check check) {
  /** Most chains of an image. */
  public static final int MAX_CHAINS = 1000;

  /** Most steps. */
  public static final int MAX_STEPS = 100_000;

  /** Most images; more would take days. */
  public static final int MAX_IMAGES = 60_000;

  /** Images that are annealed before the next: their step sizes are held. */
  private static final int CHUNK = 200;

  /** Images that the check draws, where there are as many to anneal. */
  private static final int CHECKED = 10;

  /** Distance of the check's bounds, nats, above which more steps are asked for. */
  static final double TOLERANCE = 1;

  /**
   * How much is done.
   *
   * @param chains of each image, from 2 to {@value #MAX_CHAINS}
   * @param steps from 2 to {@value #MAX_STEPS}
   */
  public record Effort(int chains, int steps) {}

  /**
   * The bounds of images that the model drew.
   *
   * @param images number of images
   * @param lower log p(x) from below
   * @param upper log p(x) from above
   * @param gap upper - lower
   * @param largestGap the largest of them
   */
  public record Check(
      int images, Estimate lower, Estimate upper, Estimate gap, double largestGap) {}

  /**
   * Anneals.
   *
   * @param objective what the network's outputs say of a pixel
   * @param parameters all of the network's; not copied
   * @param images to anneal, the first of those with scores
   * @param scores of these images, and perhaps of more
   * @param seed of the chains
   * @throws InputException if an image has no likelihood, or one that is no number
   */
  public static AnnealedLikelihood of(
      Objective objective,
      ParameterLayout layout,
      float[] parameters,
      ImageSet images,
      ImageScores scores,
      Effort effort,
      long seed) {
    LatentGradient likelihood =
        new PixelGradient(
            objective, layout, parameters, PixelTargets.of(objective.targets(), images));
    var summary = new Summary(scores, effort);
    for (int first = 0; first < images.size(); first += CHUNK) {
      int count = Math.min(CHUNK, images.size() - first);
      var annealing = new Annealing(likelihood, seed, first, count, effort.steps());
      double[][] sizes = annealing.tune(AnnealingNoise.Stage.TUNING);
      summary.add(first, annealing.forward(AnnealingNoise.Stage.FORWARD, sizes, effort.chains()));
    }
    return summary.build(check(objective, layout, parameters, images.size(), effort, seed));
  }

  private static Check check(
      Objective objective,
      ParameterLayout layout,
      float[] parameters,
      int images,
      Effort effort,
      long seed) {
    int count = Math.min(CHECKED, images);
    SimulatedImages drawn = SimulatedImages.draw(objective, layout, parameters, count, seed);
    LatentGradient likelihood = new PixelGradient(objective, layout, parameters, drawn);
    return check(
        new Annealing(likelihood, seed, 0, count, effort.steps()), drawn.z(), effort.chains());
  }

  /**
   * Checks annealing both ways.
   *
   * @param z (images, latent) a point of each image's posterior
   */
  static Check check(Annealing annealing, double[] z, int chains) {
    double[][] sizes = annealing.tune(AnnealingNoise.Stage.SIMULATED_TUNING);
    double[][] up =
        annealing.forward(AnnealingNoise.Stage.SIMULATED_FORWARD, sizes, chains).logWeights;
    double[][] down =
        annealing.backward(AnnealingNoise.Stage.SIMULATED_BACKWARD, sizes, chains, z).logWeights;
    var lower = new Estimate.Builder();
    var upper = new Estimate.Builder();
    var gap = new Estimate.Builder();
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < up.length; i++) {
      double below = LogMean.of(up[i], 1).log();
      double above = -LogMean.of(down[i], -1).log();
      lower.accept(below);
      upper.accept(above);
      gap.accept(above - below);
      largest = Math.max(largest, above - below);
    }
    return new Check(up.length, lower.build(), upper.build(), gap.build(), largest);
  }

  /** Collects the images of all chunks. */
  static final class Summary {
    private final ImageScores scores;
    private final Effort effort;
    private final Estimate.Builder logLikelihood = new Estimate.Builder();
    private final Estimate.Builder elbo = new Estimate.Builder();
    private final Estimate.Builder bound = new Estimate.Builder();
    private final Estimate.Builder gap = new Estimate.Builder();
    private final Estimate.Builder effective = new Estimate.Builder();
    private final Estimate.Builder acceptance = new Estimate.Builder();
    private final List<Double> distances = new ArrayList<>();
    private double variance;
    private int images;

    Summary(ImageScores scores, Effort effort) {
      this.scores = scores;
      this.effort = effort;
    }

    void add(int first, Annealing.Result result) {
      for (int i = 0; i < result.logWeights.length; i++) {
        LogMean weights = LogMean.of(result.logWeights[i], 1);
        int image = first + i;
        if (!(weights.log() > Double.NEGATIVE_INFINITY)) {
          throw new InputException(
              String.format(
                  Locale.ROOT,
                  "The decoder gives image %d no likelihood at any latent point that a chain came"
                      + " to.",
                  image + 1));
        }
        logLikelihood.accept(weights.log());
        elbo.accept(scores.elbo(image));
        bound.accept(scores.bound(image));
        gap.accept(weights.log() - scores.elbo(image));
        distances.add(scores.bound(image) - weights.log());
        variance += weights.error() * weights.error();
        effective.accept(weights.effective());
        for (double taken : result.acceptance[i]) {
          acceptance.accept(taken);
        }
        images++;
      }
    }

    AnnealedLikelihood build(Check check) {
      double atRandom = Math.log(1000.0 * images);
      return new AnnealedLikelihood(
          images,
          effort.chains(),
          effort.steps(),
          Walkers.LEAPFROG_STEPS,
          acceptance.build().mean(),
          logLikelihood.build(),
          Math.sqrt(variance) / images,
          effective.build().mean(),
          elbo.build(),
          bound.build(),
          gap.build(),
          (int) distances.stream().filter(distance -> distance > atRandom).count(),
          check);
    }
  }

  /** What there is to say against the figures: sentences for people, none where all is well. */
  public List<String> doubts() {
    List<String> doubts = new ArrayList<>();
    if (!(check.gap().mean() <= TOLERANCE)) {
      doubts.add(
          String.format(
              Locale.ROOT,
              "The check's bounds are %.2f nats apart, so log p(x) may be too low by as much: take"
                  + " more --ais-steps.",
              check.gap().mean()));
    }
    if (belowBound > 0) {
      doubts.add(
          String.format(
              Locale.ROOT,
              "The annealed log p(x) is too low for %,d of %,d images: it is below their"
                  + " importance-weighted bound by more than chance. Take more --ais-steps.",
              belowBound,
              images));
    }
    return doubts;
  }
}
