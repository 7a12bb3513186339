// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import java.util.Arrays;

/**
 * The best ELBO that any normal distribution with independent dimensions has for an image: what the
 * encoder could reach, image by image. Its distance from log p(x) is the approximation gap, and
 * what the encoder is below it the amortisation gap: C. Cremer, X. Li, D. Duvenaud, "Inference
 * suboptimality in variational autoencoders", ICML 2018.
 *
 * <p>On the tiles of a {@link Lattice} the ELBO of mean m and variances v is a sum, with no noise,
 *
 * <pre>
 *   F = sum over points of h^d q(z) log(p(x|z) p(z)) + sum over dimensions of (1 + log(2 pi v)) / 2
 * </pre>
 *
 * and is climbed by Newton's steps in m and v, with dF/dm = E[(z - m) / v log p(x, z)] and d2F/dm2
 * = E[((z - m)^2 / v - 1) / v log p(x, z)], whose fixed point is v = -1 / d2F/dm2 (M. Opper, C.
 * Archambeau, "The variational Gaussian approximation revisited", Neural Computation 21, 2009). A
 * step that does not climb is halved. From several starts, the best counts: the ELBO can have a
 * peak for each of the posterior.
 *
 * <p>Points of no tile have too little of p(x, z) to have been kept, but a q may reach them. There
 * log p(x, z) is taken to fall, from the most that it can be, with the square of the distance from
 * the posterior's mean in units of its deviations.
 */
final class BestGaussian {
  private static final int MOST_STEPS = 100;
  private static final int MOST_HALVINGS = 12;
  private static final double CLIMB = 1e-5;

  /** A deviation of less than this many spacings is not resolved, and not taken. */
  private static final double NARROWEST = 0.75;

  /** A weight that adds nothing to a sum of logarithms of any size. */
  private static final double NO_WEIGHT = 1e-40;

  /** In place of minus infinity, which times a weight of 0 would be no number. */
  private static final float LEAST = -1e9f;

  private static final double LOG_TWO_PI = Math.log(2 * Math.PI);

  private final Lattice lattice;
  private final int level;
  private final long[] tiles;
  private final float[][] logJoint;
  private final double mostElsewhere;
  private final double[][] moments;
  private final int dimensions;
  private final double spacing;
  private final double least;

  // Of the last mean and variances that were looked at.
  private final double[] slope;
  private final double[] curvature;
  private final double[][] weight;
  private final double[][] fall;

  /**
   * @param tiles where the image's likelihood is
   * @param logJoint (tiles, points) log p(x|z) p(z), nats
   * @param mostElsewhere log p(x|z) p(z) is below this at points of no tile
   */
  BestGaussian(Lattice lattice, int level, long[] tiles, float[][] logJoint, double mostElsewhere) {
    this.lattice = lattice;
    this.level = level;
    this.tiles = tiles;
    this.logJoint = logJoint;
    this.mostElsewhere = mostElsewhere;
    dimensions = lattice.dimensions();
    spacing = lattice.spacing(level);
    least = 2 * Math.log(NARROWEST * spacing);
    slope = new double[dimensions];
    curvature = new double[dimensions];
    weight = new double[2][];
    weight[0] = new double[lattice.side(level)];
    weight[1] = new double[dimensions == 1 ? 1 : lattice.side(level)];
    fall = new double[][] {weight[0].clone(), weight[1].clone()};
    moments = moments();
  }

  /**
   * The best ELBO, from the encoder's posterior, from the moments of the true one, and from where
   * that is largest.
   *
   * @param mean (latent) of the encoder's
   * @param logVariance (latent) of the encoder's
   */
  double elbo(double[] mean, double[] logVariance) {
    double[] narrow = new double[dimensions];
    Arrays.fill(narrow, 2 * Math.log(1.5 * spacing));
    double best = climb(mean, logVariance);
    best = Math.max(best, climb(moments[0], moments[1]));
    return Math.max(best, climb(peak(), narrow));
  }

  private double climb(double[] fromMean, double[] fromLogVariance) {
    double[] m = fromMean.clone();
    double[] s = new double[dimensions];
    Arrays.setAll(s, j -> Math.max(least, fromLogVariance[j]));
    double value = look(m, s);
    for (int step = 0; step < MOST_STEPS; step++) {
      double[] toMean = new double[dimensions];
      double[] toLogVariance = new double[dimensions];
      for (int j = 0; j < dimensions; j++) {
        double wanted = curvature[j] < 0 ? -Math.log(-curvature[j]) : Double.POSITIVE_INFINITY;
        // At most four times as wide or narrow in one step: the slopes are of where it is now.
        wanted = Math.max(s[j] - 2 * Math.log(2), Math.min(s[j] + 2 * Math.log(2), wanted));
        toLogVariance[j] = Math.max(least, wanted) - s[j];
        toMean[j] = Math.exp(s[j] + toLogVariance[j]) * slope[j];
      }
      double before = value;
      double part = 1;
      for (int halving = 0; halving < MOST_HALVINGS && !(value > before); halving++, part /= 2) {
        double size = part;
        double[] nextMean = new double[dimensions];
        double[] next = new double[dimensions];
        Arrays.setAll(nextMean, j -> m[j] + size * toMean[j]);
        Arrays.setAll(next, j -> s[j] + size * toLogVariance[j]);
        double there = look(nextMean, next);
        if (there > before) {
          value = there;
          System.arraycopy(nextMean, 0, m, 0, dimensions);
          System.arraycopy(next, 0, s, 0, dimensions);
        }
      }
      if (!(value > before + CLIMB)) {
        break;
      }
    }
    return value;
  }

  /** F at a mean and variances, with its slopes and curvatures by the mean. */
  private double look(double[] m, double[] s) {
    Arrays.fill(slope, 0);
    Arrays.fill(curvature, 0);
    double sum = 0;
    for (int t = 0; t < tiles.length; t++) {
      if (weigh(0, t, m, s) && weigh(1, t, m, s)) {
        sum += add(t, m, s);
      }
    }
    double value = sum + mostElsewhere;
    for (int j = 0; j < dimensions; j++) {
      double precision = Math.exp(-moments[1][j]);
      double distance = m[j] - moments[0][j];
      value += 0.5 * (1 + LOG_TWO_PI + s[j]);
      value -= 0.5 * (distance * distance + Math.exp(s[j])) * precision;
      slope[j] -= distance * precision;
      curvature[j] -= precision;
    }
    return value;
  }

  /** Weights of a tile's columns or rows, and what falls off to them; false if none has weight. */
  private boolean weigh(int j, int t, double[] m, double[] s) {
    if (j >= dimensions) {
      weight[j][0] = 1;
      return true;
    }
    double from = lattice.from(level, tiles[t], j);
    double scale = spacing * Math.exp(-0.5 * (LOG_TWO_PI + s[j]));
    double precision = Math.exp(-s[j]);
    double fallPrecision = Math.exp(-moments[1][j]);
    double most = 0;
    for (int i = 0; i < weight[j].length; i++) {
      double distance = from + i * spacing - m[j];
      weight[j][i] = scale * Math.exp(-0.5 * distance * distance * precision);
      most = Math.max(most, weight[j][i]);
      double fromMean = from + i * spacing - moments[0][j];
      fall[j][i] = 0.5 * fromMean * fromMean * fallPrecision;
    }
    return most > NO_WEIGHT;
  }

  /** Adds a tile's part to slopes and curvatures, and gives its part of F. */
  private double add(int t, double[] m, double[] s) {
    int columns = weight[0].length;
    double fromX = lattice.from(level, tiles[t], 0) - m[0];
    double sum = 0;
    double sumX = 0;
    double sumXx = 0;
    double sumY = 0;
    double sumYy = 0;
    for (int row = 0; row < weight[1].length; row++) {
      double inRow = 0;
      double inRowX = 0;
      double inRowXx = 0;
      for (int column = 0; column < columns; column++) {
        double elsewhere = mostElsewhere - fall[0][column] - fall[1][row];
        double log = Math.max(LEAST, logJoint[t][row * columns + column]) - elsewhere;
        double weighted = weight[0][column] * log;
        double x = fromX + column * spacing;
        inRow += weighted;
        inRowX += weighted * x;
        inRowXx += weighted * x * x;
      }
      double rowWeight = weight[1][row];
      sum += rowWeight * inRow;
      sumX += rowWeight * inRowX;
      sumXx += rowWeight * inRowXx;
      if (dimensions > 1) {
        double y = lattice.from(level, tiles[t], 1) + row * spacing - m[1];
        sumY += rowWeight * y * inRow;
        sumYy += rowWeight * y * y * inRow;
      }
    }
    take(0, s, sum, sumX, sumXx);
    if (dimensions > 1) {
      take(1, s, sum, sumY, sumYy);
    }
    return sum;
  }

  private void take(int j, double[] s, double sum, double first, double second) {
    double precision = Math.exp(-s[j]);
    slope[j] += first * precision;
    curvature[j] += (second * precision - sum) * precision;
  }

  /** Means and log variances of the true posterior. */
  private double[][] moments() {
    double most = Double.NEGATIVE_INFINITY;
    for (float[] values : logJoint) {
      for (float value : values) {
        most = Math.max(most, value);
      }
    }
    double mass = 0;
    double[] first = new double[dimensions];
    double[] second = new double[dimensions];
    double[] z = new double[dimensions];
    for (int t = 0; t < tiles.length; t++) {
      for (int p = 0; p < logJoint[t].length; p++) {
        double share = Math.exp(logJoint[t][p] - most);
        mass += share;
        point(t, p, z);
        for (int j = 0; j < dimensions; j++) {
          first[j] += share * z[j];
          second[j] += share * z[j] * z[j];
        }
      }
    }
    double[][] moments = new double[2][dimensions];
    for (int j = 0; j < dimensions; j++) {
      moments[0][j] = first[j] / mass;
      double variance = second[j] / mass - moments[0][j] * moments[0][j];
      moments[1][j] = Math.log(Math.max(variance, spacing * spacing));
    }
    return moments;
  }

  private double[] peak() {
    float most = Float.NEGATIVE_INFINITY;
    double[] peak = new double[dimensions];
    for (int t = 0; t < tiles.length; t++) {
      for (int p = 0; p < logJoint[t].length; p++) {
        if (logJoint[t][p] > most) {
          most = logJoint[t][p];
          point(t, p, peak);
        }
      }
    }
    return peak;
  }

  private void point(int t, int p, double[] z) {
    int columns = weight[0].length;
    for (int j = 0; j < dimensions; j++) {
      z[j] = lattice.from(level, tiles[t], j) + (j == 0 ? p % columns : p / columns) * spacing;
    }
  }
}
