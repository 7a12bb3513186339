// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.data.Factors;
import io.github.cvaegpu.random.Philox;
import io.github.cvaegpu.random.RandomPurpose;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The FactorVAE score: whether the dimension that varies least among images that share a factor's
 * value tells which factor that is.
 *
 * <p>H. Kim, A. Mnih, "Disentangling by factorising", ICML 2018, section 4 and appendix B. A vote:
 * a random factor, a random value of it, {@value #IMAGES} random images with that value, and of
 * their posterior means the dimension whose variance is the smallest share of its variance over all
 * images. {@value #TRAINING} votes say for each dimension which factor it votes for most often; the
 * score is how many of {@value #SCORED} others it tells right, which F. Locatello et al.,
 * "Challenging common assumptions in the unsupervised learning of disentangled representations",
 * ICML 2019, have too. Inactive dimensions have no vote, as their variances are noise.
 */
final class FactorVotes {
  static final int TRAINING = 800;
  static final int SCORED = 5_000;
  static final int IMAGES = 64;

  private final Posterior posterior;
  private final Factors factors;
  private final long seed;
  private final int[] dimensions;
  private final double[] variances;

  /** Images by factor and value. */
  private final List<int[][]> images = new ArrayList<>();

  private FactorVotes(Posterior posterior, long seed) {
    this.posterior = posterior;
    this.seed = seed;
    factors = posterior.images().factors().orElseThrow();
    List<DimensionStatistics> statistics =
        IntStream.range(0, posterior.latent())
            .mapToObj(j -> DimensionStatistics.of(posterior, j))
            .toList();
    dimensions =
        IntStream.range(0, posterior.latent()).filter(j -> statistics.get(j).isActive()).toArray();
    variances = statistics.stream().mapToDouble(DimensionStatistics::variance).toArray();
    for (int factor = 0; factor < factors.all().size(); factor++) {
      int its = factor;
      images.add(
          IntStream.range(0, factors.all().get(factor).size())
              .mapToObj(
                  value ->
                      IntStream.range(0, posterior.size())
                          .filter(image -> factors.value(image, its) == value)
                          .toArray())
              .toArray(int[][]::new));
    }
  }

  /**
   * The score.
   *
   * @param posterior of images with factors
   * @param seed of which images vote
   * @return from 0 to 1; NaN if every dimension is inactive
   */
  static double score(Posterior posterior, long seed) {
    var votes = new FactorVotes(posterior, seed);
    if (votes.dimensions.length == 0) {
      return Double.NaN;
    }
    int[] told = votes.told(votes.count(0, TRAINING));
    int[][] counts = votes.count(1, SCORED);
    int right = 0;
    for (int j = 0; j < told.length; j++) {
      right += counts[j][told[j]];
    }
    return (double) right / SCORED;
  }

  /** The factor that each dimension votes for most often; of equals the first. */
  private int[] told(int[][] counts) {
    int[] told = new int[counts.length];
    for (int j = 0; j < counts.length; j++) {
      for (int factor = 1; factor < counts[j].length; factor++) {
        told[j] = counts[j][factor] > counts[j][told[j]] ? factor : told[j];
      }
    }
    return told;
  }

  /** Votes by dimension and factor. */
  private int[][] count(int set, int votes) {
    int[][] counts = new int[posterior.latent()][factors.all().size()];
    int[] words = new int[Philox.BLOCK];
    int[] sample = new int[IMAGES];
    for (int vote = 0; vote < votes; vote++) {
      Philox.block(seed, RandomPurpose.FACTOR_VOTES, 0, vote, set, words);
      int factor = below(factors.all().size(), words[0]);
      // Of a random image, so that a value is as frequent as it is among all.
      int value = factors.value(below(posterior.size(), words[1]), factor);
      int[] alike = images.get(factor)[value];
      for (int i = 0; i < IMAGES; i++) {
        if (i % Philox.BLOCK == 0) {
          Philox.block(seed, RandomPurpose.FACTOR_VOTES, 1 + i / Philox.BLOCK, vote, set, words);
        }
        sample[i] = alike[below(alike.length, words[i % Philox.BLOCK])];
      }
      counts[steadiest(sample)][factor]++;
    }
    return counts;
  }

  /** The dimension with the smallest share of its variance; of equals the first. */
  private int steadiest(int[] sample) {
    int steadiest = -1;
    double least = Double.POSITIVE_INFINITY;
    for (int j : dimensions) {
      double mean = 0;
      for (int image : sample) {
        mean += posterior.mean(image, j);
      }
      mean /= sample.length;
      double squares = 0;
      for (int image : sample) {
        double off = posterior.mean(image, j) - mean;
        squares += off * off;
      }
      if (squares / variances[j] < least || steadiest < 0) {
        least = squares / variances[j];
        steadiest = j;
      }
    }
    return steadiest;
  }

  private static int below(int bound, int word) {
    return (int) (((word & 0xFFFFFFFFL) * bound) >>> 32);
  }
}
