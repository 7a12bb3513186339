// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Annealed importance sampling of p(x), the integral of p(x|z) p(z) over z: R. Neal, "Annealed
 * importance sampling", Statistics and Computing 11 (2001), as Y. Wu, Y. Burda, R. Salakhutdinov,
 * R. Grosse, "On the quantitative analysis of decoder-based generative models", ICLR 2017, have it.
 * A chain begins at a point of the prior and goes through the densities p(z) p(x|z)^beta, beta from
 * 0 to 1, with a move of {@link Walkers} at each:
 *
 * <pre>
 *   log w = sum over t = 1..T of (beta_t - beta_t-1) log p(x|z_t-1),  z_t by a move under beta_t
 * </pre>
 *
 * The mean of w over chains is p(x), so log of a mean of few is below log p(x) on average. The same
 * way back from a point of the posterior has the mean 1 / p(x), and gives a bound from above.
 *
 * <p>That holds where moves are what they are before the chain sets out: their step sizes, one for
 * each image and beta, come from chains of their own, which set out before.
 */
final class Annealing {
  /** Chains of an image that step sizes are found with. */
  static final int TUNING_CHAINS = 4;

  /** Acceptance that step sizes are to have: Neal 2011, section 4.4, as of Wu et al. */
  static final double TARGET = 0.65;

  /** Chains that walk together: enough for vectors, few enough for a cache. */
  private static final int TOGETHER = 64;

  /** How steep the sigmoid is: its ends are at -4 and 4, as of Wu et al. */
  private static final double STEEPNESS = 4;

  /** By how much an acceptance of 1 more moves the logarithm of a step size. */
  private static final double RATE = 0.2;

  private final LatentGradient likelihood;
  private final long seed;
  private final int firstImage;
  private final int images;
  private final double[] betas;

  /**
   * @param firstImage the first of those that are annealed
   * @param images how many are
   * @param steps T, from 2
   */
  Annealing(LatentGradient likelihood, long seed, int firstImage, int images, int steps) {
    this.likelihood = likelihood;
    this.seed = seed;
    this.firstImage = firstImage;
    this.images = images;
    betas = betas(steps);
  }

  /** beta_0 = 0 to beta_T = 1, close together at both ends. */
  static double[] betas(int steps) {
    double[] betas = new double[steps + 1];
    double least = sigmoid(-STEEPNESS);
    for (int t = 1; t < steps; t++) {
      double at = sigmoid(STEEPNESS * (2.0 * t / steps - 1));
      betas[t] = (at - least) / (1 - 2 * least);
    }
    betas[steps] = 1;
    return betas;
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /**
   * Step sizes of the moves, (T, images); those of 0 are not used.
   *
   * @param stage whose random numbers
   */
  double[][] tune(AnnealingNoise.Stage stage) {
    double[][] sizes = new double[betas.length - 1][images];
    forEachGroup(
        stage,
        TUNING_CHAINS,
        (first, walkers) -> {
          double[] size = new double[walkers.size()];
          Arrays.fill(size, 1);
          walkers.startAtPrior();
          for (int t = 1; t < sizes.length; t++) {
            walkers.move(t, betas[t], size);
            for (int p = 0; p < size.length; p += TUNING_CHAINS) {
              sizes[t][(first + p) / TUNING_CHAINS] = size[p];
              double accepted = 0;
              for (int c = p; c < p + TUNING_CHAINS; c++) {
                accepted += walkers.probability()[c] / TUNING_CHAINS;
              }
              double next = size[p] * Math.exp(RATE * (accepted - TARGET));
              Arrays.fill(size, p, p + TUNING_CHAINS, next);
            }
          }
        });
    return sizes;
  }

  /** What came out of chains. */
  static final class Result {
    /** (images, chains) log w. */
    final double[][] logWeights;

    /** (images, chains) share of the moves that were taken, on average; NaN without moves. */
    final double[][] acceptance;

    Result(int images, int chains) {
      logWeights = new double[images][chains];
      acceptance = new double[images][chains];
    }

    void set(int chains, int number, double logWeight, double accepted) {
      logWeights[number / chains][number % chains] = logWeight;
      acceptance[number / chains][number % chains] = accepted;
    }
  }

  /**
   * From the prior to the posterior: the mean of w is p(x).
   *
   * @param sizes of {@link #tune}
   */
  Result forward(AnnealingNoise.Stage stage, double[][] sizes, int chains) {
    var result = new Result(images, chains);
    forEachGroup(
        stage,
        chains,
        (first, walkers) -> {
          double[] log = new double[walkers.size()];
          double[] accepted = new double[log.length];
          walkers.startAtPrior();
          for (int t = 1; t < betas.length; t++) {
            if (t > 1) {
              move(walkers, t - 1, sizes, first, chains);
              add(walkers.probability(), 1, accepted);
            }
            add(walkers.logLikelihood(), betas[t] - betas[t - 1], log);
          }
          for (int p = 0; p < log.length; p++) {
            result.set(chains, first + p, log[p], accepted[p] / (betas.length - 2));
          }
        });
    return result;
  }

  /**
   * From the posterior to the prior, by the same moves in reverse order, each its own reverse: the
   * mean of 1 / w is 1 / p(x).
   *
   * @param z (images, latent) a point of each image's posterior, of all images from 0 on
   */
  Result backward(AnnealingNoise.Stage stage, double[][] sizes, int chains, double[] z) {
    var result = new Result(images, chains);
    forEachGroup(
        stage,
        chains,
        (first, walkers) -> {
          double[] log = new double[walkers.size()];
          double[] accepted = new double[log.length];
          walkers.startAt(z);
          for (int t = betas.length - 1; t >= 1; t--) {
            add(walkers.logLikelihood(), betas[t] - betas[t - 1], log);
            if (t > 1) {
              move(walkers, t - 1, sizes, first, chains);
              add(walkers.probability(), 1, accepted);
            }
          }
          for (int p = 0; p < log.length; p++) {
            result.set(chains, first + p, log[p], accepted[p] / (betas.length - 2));
          }
        });
    return result;
  }

  private void move(Walkers walkers, int t, double[][] sizes, int first, int chains) {
    double[] size = new double[walkers.size()];
    Arrays.setAll(size, p -> sizes[t][(first + p) / chains]);
    walkers.move(t, betas[t], size);
  }

  private static void add(double[] values, double factor, double[] sum) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += factor * values[i];
    }
  }

  @FunctionalInterface
  private interface Walk {
    void run(int first, Walkers walkers);
  }

  /** Runs chains in groups of whole images, which threads share. */
  private void forEachGroup(AnnealingNoise.Stage stage, int chains, Walk walk) {
    int most = Math.max(1, TOGETHER / chains);
    // An even number, and as even as can be: a group at the end would keep one of two threads busy.
    int groups = Math.min(images, 2 * Math.ceilDiv(images, 2 * most));
    IntStream.range(0, groups)
        .parallel()
        .forEach(
            group -> {
              int first = (int) ((long) group * images / groups) * chains;
              int end = (int) ((group + 1L) * images / groups) * chains;
              int[] image = new int[end - first];
              int[] chain = new int[end - first];
              for (int p = 0; p < image.length; p++) {
                image[p] = firstImage + (first + p) / chains;
                chain[p] = (first + p) % chains;
              }
              var noise = new AnnealingNoise(seed, stage);
              walk.run(first, new Walkers(likelihood, noise, image, chain));
            });
  }
}
