// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.random.GaussianNoise;
import io.github.cvaegpu.random.Philox;
import io.github.cvaegpu.random.RandomPurpose;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * A mixture of normal distributions with full covariances, fitted to latent points by expectation
 * maximisation: A. Dempster, N. Laird, D. Rubin, "Maximum likelihood from incomplete data via the
 * EM algorithm", J. R. Stat. Soc. B 39 (1977). It begins at points drawn far from each other: D.
 * Arthur, S. Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007.
 *
 * <p>The same points and seed give the same bits, with any number of threads.
 */
public final class GaussianMixture {
  /** Iterations after which a fit ends in any case. */
  public static final int MAX_ITERATIONS = 200;

  /**
   * The mean log likelihood, nats a point, that an iteration has to add for there to be another.
   */
  private static final double LEAST_GAIN = 1e-4;

  /**
   * Of a dimension's variance over all points: what is added to each part's, so that none is flat.
   */
  private static final double FLOOR = 1e-4;

  /** Parts that points are summed up in, whose sums are added in one order. */
  private static final int CHUNKS = 8;

  /** Most numbers in the covariances: their sums, of all chunks, are in memory together. */
  private static final long MAX_NUMBERS = 4_000_000;

  private final int latent;
  private final double[] weights; // (parts)
  private final double[] means; // (parts, latent)
  private final double[][] factors; // (parts) of (latent, latent): lower Cholesky factors
  private double logLikelihood;

  private GaussianMixture(int parts, int latent) {
    this.latent = latent;
    weights = new double[parts];
    means = new double[parts * latent];
    factors = new double[parts][latent * latent];
  }

  /**
   * Fits.
   *
   * @param points (count, latent) points, finite, as many as parts or more
   * @param latent their dimensions
   * @param parts normal distributions, one or more
   * @param seed where it begins
   */
  public static GaussianMixture fit(float[] points, int latent, int parts, long seed) {
    return fit(points, latent, parts, seed, iterations -> {});
  }

  /**
   * Fits.
   *
   * @param points (count, latent) points, finite, as many as parts or more
   * @param latent their dimensions
   * @param parts normal distributions, one or more
   * @param seed where it begins
   * @param progress told after each iteration how many are done
   */
  public static GaussianMixture fit(
      float[] points, int latent, int parts, long seed, IntConsumer progress) {
    int count = points.length / latent;
    if (points.length != count * latent || parts < 1 || count < parts) {
      throw new IllegalArgumentException(count + " points for " + parts + " parts");
    }
    var mixture = new GaussianMixture(parts, latent);
    double[] floor = mixture.start(points, seed);
    double before = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < MAX_ITERATIONS; i++) {
      Sums sums = mixture.expect(points);
      progress.accept(i + 1);
      mixture.logLikelihood = sums.logLikelihood / count;
      if (mixture.logLikelihood - before < LEAST_GAIN || i == MAX_ITERATIONS - 1) {
        break;
      }
      before = mixture.logLikelihood;
      mixture.maximise(sums, count, floor);
    }
    return mixture;
  }

  /** Refuses, with a sentence, a mixture that is too large to fit, or to fit to so few images. */
  public static void requireFits(int images, int latent, int parts) {
    if (images < parts) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "A mixture of %d components cannot be fitted to %d images.",
              parts,
              images));
    }
    if ((long) parts * latent * latent > MAX_NUMBERS) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "A mixture of %d components in %d dimensions is too large to fit: take %d or fewer.",
              parts,
              latent,
              Math.max(1, MAX_NUMBERS / ((long) latent * latent))));
    }
  }

  private int parts() {
    return weights.length;
  }

  /** Share of each part, together 1. */
  double[] weights() {
    return weights.clone();
  }

  /** Mean of a part, (latent). */
  double[] mean(int part) {
    return Arrays.copyOfRange(means, part * latent, (part + 1) * latent);
  }

  /** Mean log density of the points that it was fitted to, nats. */
  double logLikelihood() {
    return logLikelihood;
  }

  /**
   * Draws points.
   *
   * @param seed another one gives other points
   * @param count how many; of two numbers the smaller gives the first points of the larger
   * @return (count, latent)
   */
  public float[] sample(long seed, int count) {
    float[] z = new float[count * latent];
    float[] noise = new float[latent];
    int[] words = new int[Philox.BLOCK];
    for (int i = 0; i < count; i++) {
      Philox.block(seed, RandomPurpose.MIXTURE_PARTS, i, 0, 0, words);
      int part = pick(weights, Philox.uniform(words[0]));
      GaussianNoise.row(seed, RandomPurpose.MIXTURE_SAMPLES, 0, i, noise, 0, latent);
      for (int j = 0; j < latent; j++) {
        double value = means[part * latent + j];
        for (int k = 0; k <= j; k++) {
          value += factors[part][j * latent + k] * noise[k];
        }
        z[i * latent + j] = (float) value;
      }
    }
    return z;
  }

  /** Where a share of the whole lies, of shares that need not add up to 1. */
  private static int pick(double[] shares, double at) {
    double left = at * Arrays.stream(shares).sum();
    int last = 0;
    for (int i = 0; i < shares.length; i++) {
      if (shares[i] > 0) {
        last = i;
        left -= shares[i];
        if (left < 0) {
          break;
        }
      }
    }
    return last;
  }

  /**
   * Equal parts at points far from each other, each as wide as all points.
   *
   * @return (latent) what is added to variances
   */
  private double[] start(float[] points, long seed) {
    int count = points.length / latent;
    double[] centre = new double[latent];
    double[] variance = new double[latent];
    for (int i = 0; i < points.length; i++) {
      centre[i % latent] += points[i] / (double) count;
    }
    for (int i = 0; i < points.length; i++) {
      double off = points[i] - centre[i % latent];
      variance[i % latent] += off * off / count;
    }
    int[] words = new int[Philox.BLOCK];
    // Of each point: as good as any at first, then its distance from the nearest part.
    double[] shares = new double[count];
    Arrays.fill(shares, 1);
    for (int part = 0; part < parts(); part++) {
      Philox.block(seed, RandomPurpose.MIXTURE_STARTS, part, 0, 0, words);
      int point = pick(shares, Philox.uniform(words[0]));
      weights[part] = 1.0 / parts();
      for (int j = 0; j < latent; j++) {
        means[part * latent + j] = points[point * latent + j];
        factors[part][j * latent + j] = Math.sqrt(variance[j] + Double.MIN_NORMAL);
      }
      for (int i = 0; i < count; i++) {
        double distance = 0;
        for (int j = 0; j < latent; j++) {
          double off = points[i * latent + j] - points[point * latent + j];
          distance += off * off / (variance[j] + Double.MIN_NORMAL);
        }
        shares[i] = part == 0 ? distance : Math.min(shares[i], distance);
      }
    }
    double[] floor = new double[latent];
    Arrays.setAll(floor, j -> FLOOR * variance[j] + Double.MIN_NORMAL);
    return floor;
  }

  /** What the points come to, weighed by how likely each is of a part. */
  private final class Sums {
    private double logLikelihood;
    private final double[] weight = new double[parts()];
    private final double[] first = new double[means.length];
    private final double[][] second = new double[parts()][latent * latent];

    void add(float[] points, int from, int to) {
      double[] logs = new double[parts()];
      double[] constants = new double[parts()];
      Arrays.setAll(constants, GaussianMixture.this::logConstant);
      double[] solved = new double[latent];
      for (int i = from; i < to; i++) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int part = 0; part < logs.length; part++) {
          logs[part] = constants[part] - 0.5 * squaredDistance(points, i, part, solved);
          largest = Math.max(largest, logs[part]);
        }
        double sum = 0;
        for (double log : logs) {
          sum += Math.exp(log - largest);
        }
        double density = largest + Math.log(sum);
        logLikelihood += density;
        for (int part = 0; part < logs.length; part++) {
          add(points, i, part, Math.exp(logs[part] - density));
        }
      }
    }

    /** Around the part's present mean, so that what is subtracted later is small. */
    private void add(float[] points, int point, int part, double share) {
      weight[part] += share;
      for (int j = 0; j < latent; j++) {
        double off = points[point * latent + j] - means[part * latent + j];
        first[part * latent + j] += share * off;
        for (int k = 0; k <= j; k++) {
          second[part][j * latent + k] +=
              share * off * (points[point * latent + k] - means[part * latent + k]);
        }
      }
    }

    void add(Sums other) {
      logLikelihood += other.logLikelihood;
      addTo(weight, other.weight);
      addTo(first, other.first);
      for (int part = 0; part < second.length; part++) {
        addTo(second[part], other.second[part]);
      }
    }

    private static void addTo(double[] sums, double[] more) {
      for (int i = 0; i < sums.length; i++) {
        sums[i] += more[i];
      }
    }
  }

  private Sums expect(float[] points) {
    int count = points.length / latent;
    int chunkSize = Math.ceilDiv(count, CHUNKS);
    var total = new Sums();
    IntStream.range(0, Math.ceilDiv(count, chunkSize))
        .parallel()
        .mapToObj(
            chunk -> {
              var sums = new Sums();
              sums.add(points, chunk * chunkSize, Math.min(count, (chunk + 1) * chunkSize));
              return sums;
            })
        .toList()
        .forEach(total::add);
    return total;
  }

  private void maximise(Sums sums, int count, double[] floor) {
    for (int part = 0; part < parts(); part++) {
      double weight = sums.weight[part];
      if (weight < 1e-9) {
        // Of no point any more: it stays where it is, and is never drawn.
        weights[part] = 0;
        continue;
      }
      weights[part] = weight / count;
      double[] covariance = sums.second[part];
      for (int j = 0; j < latent; j++) {
        double shift = sums.first[part * latent + j] / weight;
        for (int k = 0; k <= j; k++) {
          covariance[j * latent + k] =
              covariance[j * latent + k] / weight - shift * sums.first[part * latent + k] / weight;
        }
        covariance[j * latent + j] += floor[j];
      }
      for (int j = 0; j < latent; j++) {
        means[part * latent + j] += sums.first[part * latent + j] / weight;
      }
      factors[part] = choleskyFactor(covariance);
    }
  }

  /** Lower factor of a positive definite matrix, of which the lower half is read. */
  private double[] choleskyFactor(double[] matrix) {
    double[] factor = new double[latent * latent];
    for (int j = 0; j < latent; j++) {
      for (int k = 0; k <= j; k++) {
        double sum = matrix[j * latent + k];
        for (int m = 0; m < k; m++) {
          sum -= factor[j * latent + m] * factor[k * latent + m];
        }
        factor[j * latent + k] =
            j == k ? Math.sqrt(Math.max(sum, Double.MIN_NORMAL)) : sum / factor[k * latent + k];
      }
    }
    return factor;
  }

  /** Log of a part's share and of its density at its mean. */
  private double logConstant(int part) {
    double sum = Math.log(weights[part]) - 0.5 * latent * Math.log(2 * Math.PI);
    for (int j = 0; j < latent; j++) {
      sum -= Math.log(factors[part][j * latent + j]);
    }
    return sum;
  }

  /** Of a point from a part's mean, in the part's own measure. */
  private double squaredDistance(float[] points, int point, int part, double[] solved) {
    double sum = 0;
    double[] factor = factors[part];
    for (int j = 0; j < latent; j++) {
      double value = points[point * latent + j] - means[part * latent + j];
      for (int k = 0; k < j; k++) {
        value -= factor[j * latent + k] * solved[k];
      }
      solved[j] = value / factor[j * latent + j];
      sum += solved[j] * solved[j];
    }
    return sum;
  }
}
