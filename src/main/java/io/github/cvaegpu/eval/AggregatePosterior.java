// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import com.google.gson.annotations.SerializedName;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How far the latent points as a whole are from the prior: q(z), the mean of q(z|x) over images,
 * and what the mean KL divergence of posterior and prior is made of,
 *
 * <pre>
 *   E KL(q(z|x) || p(z)) = I(x; z) + KL(q(z) || p(z))
 *   KL(q(z) || p(z))     = TC(z) + sum over dimensions of KL(q(z_j) || p(z_j))
 * </pre>
 *
 * M. Hoffman, M. Johnson, "ELBO surgery", NIPS workshop on approximate inference 2016; R. Chen et
 * al., "Isolating sources of disentanglement in variational autoencoders", NeurIPS 2018, with TC
 * the total correlation, KL(q(z) || product of q(z_j)).
 *
 * <p>By one latent point an image, with the mixture of all N images for q(z), no batch of them:
 * what is so had is without bias for these N. Of all images that there could be it is not: the
 * point's own image is one of the N, which makes q(z) too large there, I(x; z) too small, by more
 * the nearer it is to ln N, and KL(q(z) || p(z)) too large. Left out, the same sums are off the
 * other way: B. Poole et al., "On variational bounds of mutual information", ICML 2019, section 2.
 * Of TC and the dimensions' KL, both are differences, and the two figures show how much it can
 * matter.
 *
 * @param images N, those that q(z) is of
 * @param points latent points, one of each of so many of them
 * @param klDivergence mean KL of posterior and prior, in closed form, of the points' images
 * @param plugIn with the point's own image in q(z)
 * @param leaveOneOut without it; NaN for a single image
 * @param grid by sums over a grid of latent points in place of random ones; null where that is not
 *     affordable, and of more than {@value AggregateGrid#MAX_DIMENSIONS} dimensions
 */
public record AggregatePosterior(
    int images,
    int points,
    @SerializedName("kl") Estimate klDivergence,
    Parts plugIn,
    Parts leaveOneOut,
    Grid grid) {
  /** What points times images times dimensions are at most, if there is more than one point. */
  private static final double MOST_WORK = 1e9;

  /** Points that are measured together. */
  private static final int TOGETHER = 64;

  /** A term below the largest by this many nats adds nothing that a double would keep. */
  private static final double NEGLIGIBLE = 40;

  private static final double LOG_TWO_PI = Math.log(2 * Math.PI);

  /**
   * The parts of the KL divergence, which is the first and the second, or the first, the third and
   * the last.
   *
   * @param mutualInformation I(x; z)
   * @param klToPrior KL(q(z) || p(z))
   * @param totalCorrelation TC(z)
   * @param dimensionKl sum over dimensions of KL(q(z_j) || p(z_j))
   */
  public record Parts(
      Estimate mutualInformation,
      Estimate klToPrior,
      Estimate totalCorrelation,
      Estimate dimensionKl) {}

  /**
   * The same without random numbers, of the same images.
   *
   * @param mutualInformation I(x; z)
   * @param klToPrior KL(q(z) || p(z))
   * @param totalCorrelation TC(z)
   * @param dimensionKl sum over dimensions of KL(q(z_j) || p(z_j))
   * @param error by how much these move at most if the grid has every second point alone
   */
  public record Grid(
      double mutualInformation,
      double klToPrior,
      double totalCorrelation,
      double dimensionKl,
      double error) {}

  /**
   * Measures the first images of a set, as many as {@link MutualInformation} does.
   *
   * @param seed of the latent points
   */
  public static AggregatePosterior of(Posterior posterior, long seed) {
    return of(posterior, seed, MOST_WORK);
  }

  static AggregatePosterior of(Posterior posterior, long seed, double mostWork) {
    int images = Math.min(MutualInformation.MAX_IMAGES, posterior.size());
    double affordable = mostWork / ((double) images * posterior.latent());
    int points = (int) Math.max(1, Math.min(images, affordable));
    Point[] measured = new Point[points];
    // All over the set: its images may be in some order.
    Arrays.setAll(measured, p -> new Point(posterior, (int) ((long) p * images / points), seed));
    double[] precisions = posterior.precisions();
    IntStream.range(0, Math.ceilDiv(points, TOGETHER))
        .parallel()
        .mapToObj(
            block ->
                Arrays.asList(measured)
                    .subList(block * TOGETHER, Math.min(points, (block + 1) * TOGETHER)))
        .forEach(block -> measure(posterior, precisions, images, block));
    var divergence = new Estimate.Builder();
    var plugIn = new Sums();
    var leaveOneOut = new Sums();
    for (Point point : measured) {
      divergence.accept(point.divergence);
      plugIn.accept(point, point.all, point.allOfDimensions);
      leaveOneOut.accept(point, point.others, point.othersOfDimensions);
    }
    return new AggregatePosterior(
        images,
        points,
        divergence.build(),
        plugIn.build(),
        leaveOneOut.build(),
        AggregateGrid.of(posterior, images).orElse(null));
  }

  /** Collects points. */
  private static final class Sums {
    private final Estimate.Builder mutualInformation = new Estimate.Builder();
    private final Estimate.Builder klToPrior = new Estimate.Builder();
    private final Estimate.Builder totalCorrelation = new Estimate.Builder();
    private final Estimate.Builder dimensionKl = new Estimate.Builder();

    /** KL(q(z) || p(z)) as KL - I has less noise than log q(z) - log p(z), and the same mean. */
    void accept(Point point, double logAggregate, double logProduct) {
      double information = point.own - logAggregate;
      double correlation = logAggregate - logProduct;
      mutualInformation.accept(information);
      klToPrior.accept(point.divergence - information);
      totalCorrelation.accept(correlation);
      dimensionKl.accept(point.divergence - information - correlation);
    }

    Parts build() {
      return new Parts(
          mutualInformation.build(),
          klToPrior.build(),
          totalCorrelation.build(),
          dimensionKl.build());
    }
  }

  /** A latent point of one image, and the densities there. */
  private static final class Point {
    private final int image;
    private final float[] z;

    /** KL of the image's posterior and the prior. */
    private final double divergence;

    /** log q(z|x). */
    private double own;

    /** log q(z), of all images and of all others. */
    private double all;

    private double others;

    /** Sum of log q(z_j), of all images and of all others. */
    private double allOfDimensions;

    private double othersOfDimensions;

    Point(Posterior posterior, int image, long seed) {
      this.image = image;
      z = posterior.draw(image, seed);
      divergence = posterior.klDivergence(image);
    }
  }

  /** Measures some points, dimension by dimension, so that a dimension's numbers are at hand. */
  private static void measure(
      Posterior posterior, double[] precisions, int images, List<Point> points) {
    int latent = posterior.latent();
    double[][] joint = new double[points.size()][images];
    double[] mean = new double[images];
    double[] precision = new double[images];
    double[] constant = new double[images];
    double[] logs = new double[images];
    for (int j = 0; j < latent; j++) {
      for (int i = 0; i < images; i++) {
        mean[i] = posterior.mean(i, j);
        precision[i] = precisions[i * latent + j];
        constant[i] = posterior.logVariance(i, j) + LOG_TWO_PI;
      }
      for (int p = 0; p < joint.length; p++) {
        Point point = points.get(p);
        double z = point.z[j];
        double[] sum = joint[p];
        for (int i = 0; i < images; i++) {
          double difference = z - mean[i];
          logs[i] = -0.5 * (difference * difference * precision[i] + constant[i]);
          sum[i] += logs[i];
        }
        double others = logMeanOfOthers(logs, point.image);
        point.othersOfDimensions += others;
        point.allOfDimensions += logMeanOfAll(others, logs[point.image], images);
      }
    }
    for (int p = 0; p < joint.length; p++) {
      Point point = points.get(p);
      point.own = joint[p][point.image];
      point.others = logMeanOfOthers(joint[p], point.image);
      point.all = logMeanOfAll(point.others, point.own, images);
    }
  }

  /** Log of the mean of all exponentials but one; NaN where there is no other. */
  private static double logMeanOfOthers(double[] logs, int own) {
    double kept = logs[own];
    logs[own] = Double.NEGATIVE_INFINITY;
    double largest = Double.NEGATIVE_INFINITY;
    for (double log : logs) {
      largest = Math.max(largest, log);
    }
    double sum = 0;
    for (double log : logs) {
      if (log > largest - NEGLIGIBLE) {
        sum += Math.exp(log - largest);
      }
    }
    logs[own] = kept;
    return largest + Math.log(sum / (logs.length - 1));
  }

  /** The same with that one. */
  private static double logMeanOfAll(double others, double own, int count) {
    if (count == 1) {
      return own;
    }
    double rest = others + Math.log(count - 1);
    double largest = Math.max(rest, own);
    return largest + Math.log((Math.exp(rest - largest) + Math.exp(own - largest)) / count);
  }
}
