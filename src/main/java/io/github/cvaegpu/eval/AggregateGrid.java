// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * KL(q(z) || p(z)) and that of each dimension, q(z) the mean of the posteriors of some images, by
 * the trapezoidal rule on a grid whose spacing is half the narrowest deviation of a posterior.
 *
 * <p>The density of a posterior with independent dimensions is a product, so that its values on a
 * grid of two dimensions are products of those on its axes.
 */
final class AggregateGrid {
  /** Most dimensions. */
  static final int MAX_DIMENSIONS = 2;

  /** Spacing in units of the narrowest deviation. */
  private static final double SPACING = 0.5;

  /** Deviations from its mean beyond which a posterior is taken for 0: it has 2e-19 there. */
  private static final double REACH = 9;

  /** Most points of an axis. */
  private static final int MOST_POINTS = 1 << 16;

  /** Most values of posteriors that are added up, and most points that they are added up at. */
  private static final double MOST_WORK = 1e9;

  /** A point, with its logarithm, is as much work as so many values. */
  private static final double WORK_OF_POINT = 10;

  /** Rows of a grid that are summed together. */
  private static final int ROWS = 64;

  private static final double LOG_TWO_PI = Math.log(2 * Math.PI);

  private final Posterior posterior;
  private final int images;
  private final Axis[] axes;

  private AggregateGrid(Posterior posterior, int images, Axis[] axes) {
    this.posterior = posterior;
    this.images = images;
    this.axes = axes;
  }

  /** Points at equal distances in one dimension. */
  private record Axis(double from, double spacing, double count) {
    double at(int point) {
      return from + point * spacing;
    }

    /** The first point that is not below a place, and not below 0. */
    int first(double place) {
      return (int) Math.max(0, Math.ceil((place - from) / spacing));
    }

    /** The point behind the last that is not above a place. */
    int end(double place) {
      return (int) Math.min(count, Math.floor((place - from) / spacing) + 1);
    }
  }

  /** A sum over all points of a grid, and over every second one in each dimension. */
  private record Sums(double fine, double coarse) {
    Sums plus(Sums other) {
      return new Sums(fine + other.fine, coarse + other.coarse);
    }

    double difference() {
      return Math.abs(fine - coarse);
    }
  }

  /**
   * Measures the first images.
   *
   * @return nothing where it takes too many dimensions, points or additions
   */
  static Optional<AggregatePosterior.Grid> of(Posterior posterior, int images) {
    int latent = posterior.latent();
    if (latent > MAX_DIMENSIONS) {
      return Optional.empty();
    }
    Axis[] axes = new Axis[latent];
    Arrays.setAll(axes, j -> axis(posterior, images, j));
    var grid = new AggregateGrid(posterior, images, axes);
    return grid.isAffordable() ? Optional.of(grid.measure()) : Optional.empty();
  }

  private static double deviation(Posterior posterior, int image, int j) {
    return Math.exp(posterior.logVariance(image, j) / 2.0);
  }

  private static Axis axis(Posterior posterior, int images, int j) {
    double from = Double.POSITIVE_INFINITY;
    double to = Double.NEGATIVE_INFINITY;
    double narrowest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < images; i++) {
      double deviation = deviation(posterior, i, j);
      narrowest = Math.min(narrowest, deviation);
      from = Math.min(from, posterior.mean(i, j) - REACH * deviation);
      to = Math.max(to, posterior.mean(i, j) + REACH * deviation);
    }
    double spacing = SPACING * narrowest;
    return new Axis(from, spacing, Math.floor((to - from) / spacing) + 1);
  }

  private boolean isAffordable() {
    double work = WORK_OF_POINT;
    for (Axis axis : axes) {
      // Which NaN is not either.
      if (!(axis.count <= MOST_POINTS)) {
        return false;
      }
      work *= axis.count;
    }
    for (int i = 0; i < images; i++) {
      double values = 1;
      for (int j = 0; j < axes.length; j++) {
        values *= end(i, j) - first(i, j);
      }
      work += values;
    }
    return work <= MOST_WORK;
  }

  private int first(int image, int j) {
    double reach = REACH * deviation(posterior, image, j);
    return axes[j].first(posterior.mean(image, j) - reach);
  }

  private int end(int image, int j) {
    double reach = REACH * deviation(posterior, image, j);
    return axes[j].end(posterior.mean(image, j) + reach);
  }

  private AggregatePosterior.Grid measure() {
    Sums ofDimensions = new Sums(0, 0);
    double error = 0;
    for (int j = 0; j < axes.length; j++) {
      Sums one = dimension(j);
      ofDimensions = ofDimensions.plus(one);
      error += one.difference();
    }
    Sums joint = axes.length == 1 ? ofDimensions : joint();
    double divergence = 0;
    for (int i = 0; i < images; i++) {
      divergence += posterior.klDivergence(i);
    }
    return new AggregatePosterior.Grid(
        divergence / images - joint.fine,
        joint.fine,
        joint.fine - ofDimensions.fine,
        ofDimensions.fine,
        error + joint.difference());
  }

  /** KL of q(z_j) and the prior. */
  private Sums dimension(int j) {
    double[] density = new double[(int) axes[j].count];
    for (int i = 0; i < images; i++) {
      addPosterior(i, j, density);
    }
    double spacing = axes[j].spacing;
    double fine = 0;
    double coarse = 0;
    for (int p = 0; p < density.length; p++) {
      double term = term(density[p], 0.5 * (square(axes[j].at(p)) + LOG_TWO_PI));
      fine += term * spacing;
      coarse += p % 2 == 0 ? 2 * term * spacing : 0;
    }
    return new Sums(fine, coarse);
  }

  private static double square(double x) {
    return x * x;
  }

  /** q log(q / p). */
  private double term(double sum, double minusLogPrior) {
    double q = sum / images;
    return q > 0 ? q * (Math.log(q) + minusLogPrior) : 0;
  }

  /** Adds an image's density in one dimension. */
  private void addPosterior(int image, int j, double[] density) {
    double mean = posterior.mean(image, j);
    double deviation = deviation(posterior, image, j);
    double scale = 1 / (deviation * Math.sqrt(2 * Math.PI));
    int end = end(image, j);
    for (int p = first(image, j); p < end; p++) {
      density[p] += scale * Math.exp(-0.5 * square((axes[j].at(p) - mean) / deviation));
    }
  }

  /** KL of q(z) and the prior in two dimensions; the second is that of the rows. */
  private Sums joint() {
    int blocks = Math.ceilDiv((int) axes[1].count, ROWS);
    Sums[] sums = IntStream.range(0, blocks).parallel().mapToObj(this::block).toArray(Sums[]::new);
    Sums total = new Sums(0, 0);
    for (Sums block : sums) {
      total = total.plus(block);
    }
    return total;
  }

  private Sums block(int block) {
    int columns = (int) axes[0].count;
    int firstRow = block * ROWS;
    int rows = Math.min(ROWS, (int) axes[1].count - firstRow);
    double[][] density = new double[rows][columns];
    double[] inRow = new double[columns];
    double[] inColumn = new double[(int) axes[1].count];
    for (int i = 0; i < images; i++) {
      int from = Math.max(firstRow, first(i, 1));
      int to = Math.min(firstRow + rows, end(i, 1));
      if (from >= to) {
        continue;
      }
      int first = first(i, 0);
      int end = end(i, 0);
      Arrays.fill(inRow, first, end, 0);
      addPosterior(i, 0, inRow);
      Arrays.fill(inColumn, first(i, 1), end(i, 1), 0);
      addPosterior(i, 1, inColumn);
      for (int r = from; r < to; r++) {
        double[] row = density[r - firstRow];
        double weight = inColumn[r];
        for (int c = first; c < end; c++) {
          row[c] += weight * inRow[c];
        }
      }
    }
    double area = axes[0].spacing * axes[1].spacing;
    double fine = 0;
    double coarse = 0;
    for (int r = 0; r < rows; r++) {
      double ofRow = 0.5 * square(axes[1].at(firstRow + r)) + LOG_TWO_PI;
      for (int c = 0; c < columns; c++) {
        double term = term(density[r][c], 0.5 * square(axes[0].at(c)) + ofRow);
        fine += term * area;
        coarse += r % 2 == 0 && c % 2 == 0 ? 4 * term * area : 0;
      }
    }
    return new Sums(fine, coarse);
  }
}
