// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Tells an image's label by linear functions of its posterior mean: whether straight cuts through
 * the latent space keep the labels apart.
 *
 * <p>Multinomial logistic regression, all labels at once, with an L2 penalty on all weights: the
 * least of
 *
 * <pre>
 * 1/2 |W|^2 + COST sum_i (log sum_k exp(w_k x_i) - w_(label i) x_i)
 * </pre>
 *
 * <p>where x is the posterior mean, brought to mean 0 and to the identity as its covariance over
 * the training set, with a 1 behind it. So the figure does not change when the latent space is
 * rotated, or stretched. One label against the rest would be something else: a label in the midst
 * of others cannot be cut off by one line, but may well be told from each of them.
 *
 * <p>The loss is convex and is minimised by Newton's method with conjugate gradients (J. Nocedal,
 * S. Wright, "Numerical Optimization", 2006, section 7.1). No random numbers are drawn. It is this
 * program's own because LIBLINEAR has one label against the rest only, and Tribuo's solver goes by
 * a random order.
 */
final class LinearProbe {
  /** Weight of the loss against the penalty. */
  static final double COST = 1;

  /** The gradient's length where it stops, as a part of that at W = 0. */
  private static final double TOLERANCE = 1e-4;

  private static final int NEWTON_STEPS = 100;
  private static final int GRADIENT_STEPS = 250;
  private static final double FORCING = 0.1;
  private static final double SUFFICIENT_DECREASE = 1e-4;
  private static final double LEAST_PART = 1e-10;

  /** Of a dimension's variance, what is left of it by the dimensions before counts as nothing. */
  private static final double NOTHING = 1e-12;

  private final double[] mean;
  private final double[][] factor; // lower triangular; its product with its transpose: covariance
  private final int[] labels;
  private final double[][] weights; // (label, feature)

  /** Fits the probe. */
  LinearProbe(Posterior train) {
    int latent = train.latent();
    mean = new double[latent];
    for (int j = 0; j < latent; j++) {
      mean[j] = DimensionStatistics.of(train, j).mean();
    }
    factor = cholesky(covariance(train));
    labels =
        IntStream.range(0, train.size()).map(train.images()::label).distinct().sorted().toArray();
    weights = new Fit(train).minimise();
  }

  private double[][] covariance(Posterior train) {
    int latent = mean.length;
    double[][] covariance = new double[latent][latent];
    for (int i = 0; i < train.size(); i++) {
      for (int j = 0; j < latent; j++) {
        double distance = train.mean(i, j) - mean[j];
        for (int k = 0; k <= j; k++) {
          covariance[j][k] += distance * (train.mean(i, k) - mean[k]) / train.size();
        }
      }
    }
    return covariance;
  }

  /** In place; a dimension that the ones before it leave nothing of gets a diagonal of 0. */
  private static double[][] cholesky(double[][] a) {
    for (int j = 0; j < a.length; j++) {
      double variance = a[j][j];
      for (int k = 0; k < j; k++) {
        double sum = a[j][k];
        for (int l = 0; l < k; l++) {
          sum -= a[j][l] * a[k][l];
        }
        a[j][k] = a[k][k] > 0 ? sum / a[k][k] : 0;
        a[j][j] -= a[j][k] * a[j][k];
      }
      a[j][j] = a[j][j] > NOTHING * variance ? Math.sqrt(a[j][j]) : 0;
    }
    return a;
  }

  private double[] features(Posterior posterior, int image) {
    double[] features = new double[mean.length + 1];
    for (int j = 0; j < mean.length; j++) {
      double rest = posterior.mean(image, j) - mean[j];
      for (int k = 0; k < j; k++) {
        rest -= factor[j][k] * features[k];
      }
      features[j] = factor[j][j] > 0 ? rest / factor[j][j] : 0;
    }
    features[mean.length] = 1;
    return features;
  }

  /** Share of a test set's images whose label is told right. */
  double accuracy(Posterior test) {
    int right = 0;
    for (int i = 0; i < test.size(); i++) {
      double[] x = features(test, i);
      int best = 0;
      for (int k = 1; k < labels.length; k++) {
        if (dot(weights[k], x) > dot(weights[best], x)) {
          best = k;
        }
      }
      right += labels[best] == test.images().label(i) ? 1 : 0;
    }
    return (double) right / test.size();
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double dot(double[][] a, double[][] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += dot(a[k], b[k]);
    }
    return sum;
  }

  private static double[][] copy(double[][] a) {
    return Arrays.stream(a).map(double[]::clone).toArray(double[][]::new);
  }

  /** a + factor b. */
  private static double[][] plus(double[][] a, double factor, double[][] b) {
    double[][] sum = copy(a);
    for (int k = 0; k < a.length; k++) {
      for (int j = 0; j < sum[k].length; j++) {
        sum[k][j] += factor * b[k][j];
      }
    }
    return sum;
  }

  /** The loss over a training set. */
  private final class Fit {
    private final double[][] x;
    private final int[] label; // index of each image's
    private final double[][] probability; // (image, label), at the weights last asked for

    Fit(Posterior train) {
      x = new double[train.size()][];
      label = new int[train.size()];
      for (int i = 0; i < x.length; i++) {
        x[i] = features(train, i);
        label[i] = Arrays.binarySearch(labels, train.images().label(i));
      }
      probability = new double[x.length][labels.length];
    }

    double[][] minimise() {
      double[][] at = new double[labels.length][mean.length + 1];
      double loss = loss(at);
      double[][] gradient = gradient(at);
      double stop = TOLERANCE * Math.sqrt(dot(gradient, gradient));
      for (int step = 0; step < NEWTON_STEPS; step++) {
        double length = Math.sqrt(dot(gradient, gradient));
        if (length <= stop) {
          break;
        }
        double[][] direction = newtonDirection(gradient, FORCING * length);
        double slope = dot(gradient, direction);
        double part = 1;
        double[][] there = plus(at, part, direction);
        double lossThere = loss(there);
        while (lossThere > loss + SUFFICIENT_DECREASE * part * slope && part > LEAST_PART) {
          part /= 2;
          there = plus(at, part, direction);
          lossThere = loss(there);
        }
        if (lossThere > loss) {
          break; // As low as rounding lets it come.
        }
        at = there;
        loss = lossThere;
        gradient = gradient(at);
      }
      return at;
    }

    /** Sets the probabilities, too. */
    private double loss(double[][] at) {
      double sum = 0;
      for (int i = 0; i < x.length; i++) {
        double[] p = probability[i];
        double largest = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < p.length; k++) {
          p[k] = dot(at[k], x[i]);
          largest = Math.max(largest, p[k]);
        }
        double ofRight = p[label[i]];
        double total = 0;
        for (int k = 0; k < p.length; k++) {
          p[k] = StrictMath.exp(p[k] - largest);
          total += p[k];
        }
        for (int k = 0; k < p.length; k++) {
          p[k] /= total;
        }
        sum += largest + StrictMath.log(total) - ofRight;
      }
      return 0.5 * dot(at, at) + COST * sum;
    }

    /** At the weights that the loss was last asked for. */
    private double[][] gradient(double[][] at) {
      double[][] gradient = copy(at);
      for (int i = 0; i < x.length; i++) {
        for (int k = 0; k < labels.length; k++) {
          add(COST * (probability[i][k] - (k == label[i] ? 1 : 0)), x[i], gradient[k]);
        }
      }
      return gradient;
    }

    /** The second derivative's product with a direction. */
    private double[][] curved(double[][] direction) {
      double[][] product = copy(direction);
      double[] along = new double[labels.length];
      for (int i = 0; i < x.length; i++) {
        double[] p = probability[i];
        double meanAlong = 0;
        for (int k = 0; k < along.length; k++) {
          along[k] = dot(direction[k], x[i]);
          meanAlong += p[k] * along[k];
        }
        for (int k = 0; k < along.length; k++) {
          add(COST * p[k] * (along[k] - meanAlong), x[i], product[k]);
        }
      }
      return product;
    }

    private static void add(double factor, double[] what, double[] to) {
      for (int j = 0; j < to.length; j++) {
        to[j] += factor * what[j];
      }
    }

    /** Solves H d = -g as far as the residual allows. */
    private double[][] newtonDirection(double[][] gradient, double residual) {
      double[][] direction = new double[labels.length][mean.length + 1];
      double[][] rest = plus(direction, -1, gradient);
      double[][] conjugate = rest;
      double squares = dot(rest, rest);
      for (int i = 0; i < GRADIENT_STEPS && Math.sqrt(squares) > residual; i++) {
        double[][] product = curved(conjugate);
        double step = squares / dot(conjugate, product);
        direction = plus(direction, step, conjugate);
        rest = plus(rest, -step, product);
        double after = dot(rest, rest);
        conjugate = plus(rest, after / squares, conjugate);
        squares = after;
      }
      return direction;
    }
  }
}
