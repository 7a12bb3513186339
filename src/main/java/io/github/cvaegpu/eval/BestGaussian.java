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

  /** A weight that adds nothing to a sum of logarithms, of {@link #LEAST} either. */
  private static final double NO_WEIGHT = 1e-24;

  /** In place of minus infinity, which times a weight of 0 would be no number. */
  private static final double LEAST = -1e9;

  private static final double LOG_TWO_PI = Math.log(2 * Math.PI);

  /** Weights of the only row where there is one dimension. */
  private static final double[] ONE_ROW = {1, 0, 0};

  private final Lattice lattice;
  private final int level;
  private final long[] tiles;
  private final float[][] logJoint;
  private final double mostElsewhere;
  private final double[][] moments;
  private final int dimensions;
  private final int columns;
  private final int rows;
  private final double spacing;
  private final double least;

  /** (tiles, points) log p(x|z) p(z) above what it is taken to be at points of no tile. */
  private final double[][] excess;

  /** Where a dimension's tiles begin, each place once. */
  private final Starts[] starts;

  // Of the last mean and variances that were looked at.
  private final double[] slope;
  private final double[] curvature;

  /** A dimension's coordinates: many tiles have their columns, or their rows, at the same ones. */
  private final class Starts {
    private final double[] from;
    private final int[] ofTile;

    /** (places, points, powers) q times the distance from its mean to the power of 0, 1 and 2. */
    private final double[][] weights;

    private final boolean[] hasWeight;

    private Starts(int dimension, int side) {
      double[] all = new double[tiles.length];
      Arrays.setAll(all, t -> lattice.from(level, tiles[t], dimension));
      from = Arrays.stream(all).sorted().distinct().toArray();
      ofTile = new int[tiles.length];
      Arrays.setAll(ofTile, t -> Arrays.binarySearch(from, all[t]));
      weights = new double[from.length][3 * side];
      hasWeight = new boolean[from.length];
    }

    private void weigh(double mean, double logVariance) {
      double scale = spacing * Math.exp(-0.5 * (LOG_TWO_PI + logVariance));
      double precision = Math.exp(-logVariance);
      for (int place = 0; place < from.length; place++) {
        double most = 0;
        double[] to = weights[place];
        for (int i = 0; 3 * i < to.length; i++) {
          double distance = from[place] + i * spacing - mean;
          double weight = scale * Math.exp(-0.5 * distance * distance * precision);
          most = Math.max(most, weight);
          to[3 * i] = weight;
          to[3 * i + 1] = weight * distance;
          to[3 * i + 2] = weight * distance * distance;
        }
        hasWeight[place] = most > NO_WEIGHT;
      }
    }
  }

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
    columns = lattice.side(level);
    rows = dimensions == 1 ? 1 : columns;
    starts = new Starts[dimensions];
    Arrays.setAll(starts, j -> new Starts(j, columns));
    moments = moments();
    excess = excess();
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
    boolean[] isReached = new boolean[tiles.length];
    Arrays.fill(isReached, true);
    for (int j = 0; j < dimensions; j++) {
      starts[j].weigh(m[j], s[j]);
      for (int t = 0; t < tiles.length; t++) {
        isReached[t] &= starts[j].hasWeight[starts[j].ofTile[t]];
      }
    }
    double sum = 0;
    for (int t = 0; t < tiles.length; t++) {
      if (isReached[t]) {
        sum += add(t, s);
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

  /** Adds a tile's part to slopes and curvatures, and gives its part of F. */
  private double add(int t, double[] s) {
    double[] byColumn = weights(0, t);
    double[] byRow = dimensions == 1 ? ONE_ROW : weights(1, t);
    double[] values = excess[t];
    double sum = 0;
    double sumX = 0;
    double sumXx = 0;
    double sumY = 0;
    double sumYy = 0;
    for (int row = 0; row < rows; row++) {
      double inRow = 0;
      double inRowX = 0;
      double inRowXx = 0;
      int first = row * columns;
      for (int column = 0; column < columns; column++) {
        double value = values[first + column];
        inRow += byColumn[3 * column] * value;
        inRowX += byColumn[3 * column + 1] * value;
        inRowXx += byColumn[3 * column + 2] * value;
      }
      double weight = byRow[3 * row];
      sum += weight * inRow;
      sumX += weight * inRowX;
      sumXx += weight * inRowXx;
      sumY += byRow[3 * row + 1] * inRow;
      sumYy += byRow[3 * row + 2] * inRow;
    }
    take(0, s, sum, sumX, sumXx);
    if (dimensions > 1) {
      take(1, s, sum, sumY, sumYy);
    }
    return sum;
  }

  private double[] weights(int dimension, int tile) {
    return starts[dimension].weights[starts[dimension].ofTile[tile]];
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

  private double[][] excess() {
    double[][] excess = new double[tiles.length][columns * rows];
    double[] z = new double[dimensions];
    double[] precision = new double[dimensions];
    Arrays.setAll(precision, j -> Math.exp(-moments[1][j]));
    for (int t = 0; t < tiles.length; t++) {
      for (int p = 0; p < excess[t].length; p++) {
        point(t, p, z);
        double elsewhere = mostElsewhere;
        for (int j = 0; j < dimensions; j++) {
          double distance = z[j] - moments[0][j];
          elsewhere -= 0.5 * distance * distance * precision[j];
        }
        excess[t][p] = Math.max(LEAST, logJoint[t][p]) - elsewhere;
      }
    }
    return excess;
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
    for (int j = 0; j < dimensions; j++) {
      z[j] = lattice.from(level, tiles[t], j) + (j == 0 ? p % columns : p / columns) * spacing;
    }
  }
}
