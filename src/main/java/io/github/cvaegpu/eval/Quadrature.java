// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.InputException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * log p(x), the integral of p(x|z) p(z) over z, of each image of a set by the trapezoidal rule on a
 * {@link Lattice}. For what is smooth and decays to both sides the rule's error falls exponentially
 * with the spacing, and no rule is better: L. Trefethen, J. Weideman, "The exponentially convergent
 * trapezoidal rule", SIAM Review 56 (2014), section 5. For a normal density of deviation s it is 2
 * exp(-2 pi^2 s^2 / h^2) at spacing h: 0.0003 at h = 1.5 s. The kinks of a ReLU network add an
 * error that falls with the square of h.
 *
 * <p>All images are summed over all of the coarsest level; then, image by image, the spacing is
 * halved where more than e^-{@value #KEPT} of the image's likelihood is, around the encoder's mean,
 * and beyond the edges of these wherever it turns out to go on there, until the sum no longer
 * moves. A sum is always over one spacing, so nothing has to fit at edges of what is finer. One
 * decoding of a tile serves all images.
 */
final class Quadrature {
  /** Nats by which a sum may move with the spacing halved for the last time. */
  static final double TOLERANCE = 0.004;

  /**
   * A sum of which one point is more than this much has too few points to be trusted: four around a
   * narrow peak give the same sum as the one of the coarser level in their midst.
   */
  private static final double MOST_OF_ONE_POINT = 0.2;

  /** What is left of an image in the next level: parts with more than e to minus this of it. */
  private static final double KEPT = 14;

  /**
   * Most pairs of an image and a part of the latent space that are summed at a level: some of each
   * have a kilobyte. MNIST's 10,000 test images come to 156,399 under a beta-VAE of 200 epochs at a
   * learning rate of 0.0001.
   */
  private static final int MOST_PAIRS = 1 << 20;

  /** The same where the sums are still rough, and of the coarsest level. */
  private static final double KEPT_OF_ROUGH = 32;

  private static final double KEPT_OF_COARSEST = 60;

  /** A part that holds more than e to minus this is to have all of its neighbours. */
  private static final double HEAVY = 9;

  /** A sum that moves by more nats is rough. */
  private static final double ROUGH = 0.5;

  /** Range of the latent dimensions to begin with; the prior has 2e-9 beyond. */
  private static final double RANGE = 6;

  /** An image's share beyond a range for which the range will do. */
  private static final double SHARE_BEYOND = 1e-6;

  private final LatentLikelihood likelihood;
  private final Lattice lattice;
  private final double[] hints;
  private final double[] logVariances;
  private final int images;
  private final Result result;
  private final Progress progress;
  private final int mostPairs;
  private PairSums sums;

  /** Level that was summed last, and how many of its sums are done. */
  private int levelSummed = -1;

  private long summed;

  /** Told how far it is. */
  @FunctionalInterface
  interface Progress {
    /** So many sums of a level are done, of as many as are known to come. */
    void reached(int level, long done, long sums);
  }

  /** What came out, image by image. */
  static final class Result {
    /** log p(x), nats. */
    final double[] logLikelihood;

    /** By how much halving the spacing for the last time moved it, nats. */
    final double[] moved;

    /** Share of the outermost ring of the range. */
    final double[] beyond;

    /** The best ELBO of a normal distribution with independent dimensions, nats. */
    final double[] bestElbo;

    /** Level of the last spacing. */
    final int[] level;

    /** How far from the origin the latent points go. */
    double range;

    Result(int images) {
      logLikelihood = new double[images];
      moved = new double[images];
      beyond = new double[images];
      bestElbo = new double[images];
      level = new int[images];
    }
  }

  private Quadrature(
      LatentLikelihood likelihood,
      double[] hints,
      double[] logVariances,
      int mostPairs,
      Progress progress) {
    this.likelihood = likelihood;
    this.mostPairs = mostPairs;
    this.progress = progress;
    this.hints = hints;
    this.logVariances = logVariances;
    lattice = new Lattice(likelihood.latent());
    images = likelihood.images();
    result = new Result(images);
  }

  /** Integrates, and tells nobody how far it is. */
  static Result of(LatentLikelihood likelihood, double[] hints, double[] logVariances) {
    return of(likelihood, hints, logVariances, (level, done, sums) -> {});
  }

  /**
   * Integrates.
   *
   * @param likelihood of {@value PairSums#MAX_IMAGES} images at most
   * @param hints (images, latent) where an image's posterior is thought to be: the encoder's mean
   * @param logVariances (images, latent) how wide it is thought to be
   * @param progress told now and then
   * @throws InputException if an image has no likelihood, or one that is no number
   */
  static Result of(
      LatentLikelihood likelihood, double[] hints, double[] logVariances, Progress progress) {
    return of(likelihood, hints, logVariances, MOST_PAIRS, progress);
  }

  /** The same with another limit of what is summed at a level. */
  static Result of(
      LatentLikelihood likelihood,
      double[] hints,
      double[] logVariances,
      int mostPairs,
      Progress progress) {
    var quadrature = new Quadrature(likelihood, hints, logVariances, mostPairs, progress);
    quadrature.widen();
    quadrature.refine();
    return quadrature.result;
  }

  /** The coarsest level, over a range beyond which no image has anything to speak of. */
  private void widen() {
    double range = RANGE;
    for (double hint : hints) {
      if (Math.abs(hint) < Lattice.MAX_RANGE) {
        range = Math.max(range, Math.abs(hint) + 1);
      }
    }
    int most = (int) (Lattice.MAX_RANGE / lattice.width());
    int tiles = Math.min(most - 1, (int) Math.ceil(range / lattice.width()));
    sums = ring(0, tiles);
    double[] totals = sums.totals(images);
    boolean reaches = false;
    while (!reaches && tiles < most) {
      PairSums outside = ring(tiles++, tiles);
      sums = sums.with(outside);
      double[] beyond = outside.totals(images);
      totals = sums.totals(images);
      reaches = true;
      for (int image = 0; image < images; image++) {
        result.beyond[image] = Math.exp(beyond[image] - totals[image]);
        reaches &= !(result.beyond[image] > SHARE_BEYOND);
      }
    }
    result.range = tiles * lattice.width();
    System.arraycopy(totals, 0, result.logLikelihood, 0, images);
    for (int image = 0; image < images; image++) {
      if (totals[image] == Double.NEGATIVE_INFINITY) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "The decoder gives an image no likelihood at any latent point up to %.0f from the"
                    + " origin.",
                result.range));
      }
    }
  }

  private PairSums ring(int from, int to) {
    var pairs = new Longs();
    lattice.ring(
        from,
        to,
        tile -> {
          for (int image = 0; image < images; image++) {
            pairs.add(PairSums.pair(tile, image));
          }
        });
    return sum(0, pairs.sorted());
  }

  private PairSums sum(int level, long[] pairs) {
    if (level != levelSummed) {
      levelSummed = level;
      summed = 0;
    }
    long before = summed;
    summed += pairs.length;
    return PairSums.of(
        likelihood,
        lattice,
        level,
        pairs,
        done -> progress.reached(level, before + done, before + pairs.length));
  }

  private void refine() {
    boolean[] isDone = new boolean[images];
    for (int level = 1; level <= Lattice.MAX_LEVEL; level++) {
      long[] pairs = finer(isDone);
      if (pairs.length == 0) {
        return;
      }
      // Of the coarsest sums nothing is kept by the point.
      if (level > 1 && pairs.length > mostPairs) {
        giveUp(level - 1, isDone);
        return;
      }
      sums = withNeighbours(sum(level, pairs));
      double[] totals = sums.totals(images);
      double[] peaks = sums.peaks(images);
      for (int image = 0; image < images; image++) {
        if (isDone[image]) {
          continue;
        }
        double share = Math.exp(peaks[image] + lattice.logVolume(level) - totals[image]);
        result.moved[image] = Math.abs(totals[image] - result.logLikelihood[image]);
        result.logLikelihood[image] = totals[image];
        result.level[image] = level;
        isDone[image] = result.moved[image] <= TOLERANCE && share <= MOST_OF_ONE_POINT;
        if (share > MOST_OF_ONE_POINT && level == Lattice.MAX_LEVEL) {
          // No finer level can confirm what a single point holds.
          result.moved[image] = Math.max(result.moved[image], share);
        }
      }
      fit(level, isDone);
    }
  }

  /**
   * Follows what the points of coarser levels were off, a narrow ridge most of all: where a part at
   * an edge of what was kept is heavy, what is beyond the edge is summed too, and so on.
   */
  private PairSums withNeighbours(PairSums found) {
    PairSums all = found;
    int looked = 0;
    long[] missing = missing(all, looked);
    while (missing.length > 0) {
      looked = all.size();
      all = all.with(sum(all.level(), missing));
      missing = missing(all, looked);
    }
    return all;
  }

  /**
   * Neighbours of heavy parts that no sum is of.
   *
   * @param looked sums whose neighbours are there already: as totals only grow, none of their parts
   *     has become heavy since
   */
  private long[] missing(PairSums all, int looked) {
    long[] there = all.pairs();
    Arrays.parallelSort(there);
    double[] totals = all.totals(images);
    var missing = new Longs();
    for (int i = looked; i < all.size(); i++) {
      int image = all.image(i);
      for (int part = 0; part < lattice.children(all.level()); part++) {
        if (totals[image] - all.sum(i, part) < HEAVY) {
          lattice.touching(
              all.level(),
              all.tile(i),
              part,
              near -> {
                long pair = PairSums.pair(near, image);
                if (Arrays.binarySearch(there, pair) < 0) {
                  missing.add(pair);
                }
              });
        }
      }
    }
    return missing.sorted();
  }

  /** Images that are not done keep what the last spacing gave them, which is not exact. */
  private void giveUp(int level, boolean[] isDone) {
    boolean[] isLeft = new boolean[images];
    for (int image = 0; image < images; image++) {
      isLeft[image] = !isDone[image];
      if (isLeft[image]) {
        result.moved[image] = Math.max(result.moved[image], ExactLikelihood.TOLERANCE);
      }
    }
    fit(level, isLeft);
  }

  /** The best normal distributions of images whose last spacing this is. */
  private void fit(int level, boolean[] isDone) {
    int[] first = new int[images + 1];
    for (int i = 0; i < sums.size(); i++) {
      first[sums.image(i) + 1]++;
    }
    Arrays.parallelPrefix(first, Integer::sum);
    int[] pairs = new int[sums.size()];
    int[] next = first.clone();
    for (int i = 0; i < pairs.length; i++) {
      pairs[next[sums.image(i)]++] = i;
    }
    IntStream.range(0, images)
        .parallel()
        .filter(image -> result.level[image] == level)
        .filter(image -> isDone[image] || level == Lattice.MAX_LEVEL)
        .forEach(image -> fit(image, Arrays.copyOfRange(pairs, first[image], first[image + 1])));
  }

  private void fit(int image, int[] pairs) {
    int latent = likelihood.latent();
    int level = result.level[image];
    long[] tiles = Arrays.stream(pairs).mapToLong(sums::tile).toArray();
    float[][] logJoint = Arrays.stream(pairs).mapToObj(sums::logJoint).toArray(float[][]::new);
    // A point of a part that was not kept has less than this.
    double mostElsewhere = result.logLikelihood[image] - KEPT - lattice.logVolume(level);
    result.bestElbo[image] =
        new BestGaussian(lattice, level, tiles, logJoint, mostElsewhere)
            .elbo(
                Arrays.copyOfRange(hints, image * latent, (image + 1) * latent),
                Arrays.copyOfRange(logVariances, image * latent, (image + 1) * latent));
  }

  /** The pairs of the next level, for the images that are not done. */
  private long[] finer(boolean[] isDone) {
    var pairs = new Longs();
    for (int i = 0; i < sums.size(); i++) {
      int image = sums.image(i);
      if (isDone[image]) {
        continue;
      }
      double kept = kept(image);
      for (int part = 0; part < lattice.children(sums.level()); part++) {
        if (result.logLikelihood[image] - sums.sum(i, part) < kept) {
          long child = lattice.child(sums.level(), sums.tile(i), part);
          pairs.add(PairSums.pair(child, image));
        }
      }
    }
    int latent = likelihood.latent();
    for (int image = 0; image < images; image++) {
      double[] hint = Arrays.copyOfRange(hints, image * latent, (image + 1) * latent);
      if (!isDone[image] && Arrays.stream(hint).allMatch(z -> Math.abs(z) < Lattice.MAX_RANGE)) {
        pairs.add(PairSums.pair(lattice.tileOf(sums.level() + 1, hint), image));
      }
    }
    return pairs.sorted();
  }

  /** The coarser the sum, the further may a part be from what it holds at the next spacing. */
  private double kept(int image) {
    if (result.level[image] == 0) {
      return KEPT_OF_COARSEST;
    }
    return result.moved[image] > ROUGH ? KEPT_OF_ROUGH : KEPT;
  }

  /** Longs, as many as there are. */
  private static final class Longs {
    private long[] values = new long[1024];
    private int size;

    void add(long value) {
      if (size == values.length) {
        values = Arrays.copyOf(values, 2 * size);
      }
      values[size++] = value;
    }

    /** Each once. */
    long[] sorted() {
      Arrays.parallelSort(values, 0, size);
      int distinct = 0;
      for (int i = 0; i < size; i++) {
        if (i == 0 || values[i] != values[distinct - 1]) {
          values[distinct++] = values[i];
        }
      }
      return Arrays.copyOf(values, distinct);
    }
  }
}
