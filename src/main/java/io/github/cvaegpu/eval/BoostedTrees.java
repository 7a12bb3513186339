// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * Tells one of several values by gradient boosted trees: J. Friedman, "Greedy function
 * approximation: a gradient boosting machine", Ann. Statist. 29 (2001), algorithm 6. {@value
 * #ROUNDS} rounds of one tree a value, each a tenth of a Newton step from there; these are the
 * defaults of scikit-learn's {@code GradientBoostingClassifier}, whose importances and predictions
 * the tests have.
 *
 * <p>Exponentials are {@link StrictMath}'s: a bit more or less could turn a split into another, and
 * all after it.
 */
final class BoostedTrees {
  static final int ROUNDS = 100;
  static final double RATE = 0.1;

  /** A sum of p (1 - p) that is smaller has nothing left to learn from. */
  private static final double NOTHING = 1e-150;

  /** Log of the share of each value; negative infinity for one that no image has. */
  private final double[] prior;

  private final double[] importances;
  private final List<List<RegressionTree>> rounds = new ArrayList<>();

  /**
   * Fits the trees.
   *
   * @param columns of the images
   * @param value of each image, below {@code values}
   */
  BoostedTrees(Columns columns, IntUnaryOperator value, int values) {
    int images = columns.images();
    prior = new double[values];
    for (int i = 0; i < images; i++) {
      prior[value.applyAsInt(i)]++;
    }
    long present = Arrays.stream(prior).filter(count -> count > 0).count();
    double step = RATE * (present - 1) / present;
    double[][] scores = new double[values][images];
    for (int v = 0; v < values; v++) {
      prior[v] = StrictMath.log(prior[v] / images);
      Arrays.fill(scores[v], prior[v]);
    }
    for (int round = 0; round < ROUNDS; round++) {
      double[][] shares = shares(scores);
      rounds.add(
          IntStream.range(0, values)
              .parallel()
              .mapToObj(
                  v -> grow(columns, i -> value.applyAsInt(i) == v, shares[v], step, scores[v]))
              .toList());
    }
    importances = new double[columns.values().length];
    for (List<RegressionTree> round : rounds) {
      for (RegressionTree tree : round) {
        for (int j = 0; j < importances.length; j++) {
          importances[j] += tree.importances()[j];
        }
      }
    }
    double sum = Arrays.stream(importances).sum();
    for (int j = 0; j < importances.length; j++) {
      importances[j] = sum > 0 ? importances[j] / sum : 0;
    }
  }

  /** The probability of each value for each image: exponentials of scores that add up to 1. */
  private static double[][] shares(double[][] scores) {
    int images = scores[0].length;
    double[][] shares = new double[scores.length][images];
    IntStream.range(0, images)
        .parallel()
        .forEach(
            i -> {
              double largest = Double.NEGATIVE_INFINITY;
              for (double[] score : scores) {
                largest = Math.max(largest, score[i]);
              }
              double sum = 0;
              for (int v = 0; v < scores.length; v++) {
                shares[v][i] = StrictMath.exp(scores[v][i] - largest);
                sum += shares[v][i];
              }
              for (double[] share : shares) {
                share[i] /= sum;
              }
            });
    return shares;
  }

  /** One value's tree of a round; adds what it gives to the images' scores. */
  private static RegressionTree grow(
      Columns columns, IntPredicate member, double[] shares, double step, double[] scores) {
    double[] residuals = new double[shares.length];
    for (int i = 0; i < residuals.length; i++) {
      residuals[i] = (member.test(i) ? 1 : 0) - shares[i];
    }
    int[] leafOf = new int[residuals.length];
    var tree = new RegressionTree(columns, residuals, leafOf);
    double[] slopes = RegressionTree.perLeaf();
    double[] curvatures = RegressionTree.perLeaf();
    for (int i = 0; i < residuals.length; i++) {
      slopes[leafOf[i]] += residuals[i];
      curvatures[leafOf[i]] += shares[i] * (1 - shares[i]);
    }
    for (int leaf = 0; leaf < slopes.length; leaf++) {
      slopes[leaf] = curvatures[leaf] < NOTHING ? 0 : step * slopes[leaf] / curvatures[leaf];
    }
    tree.setLeaves(slopes);
    for (int i = 0; i < scores.length; i++) {
      scores[i] += slopes[leafOf[i]];
    }
    return tree;
  }

  /** The share of each dimension in what was told; they add up to 1, or all are 0. */
  double[] importances() {
    return importances;
  }

  /** Log probability of each value of an image with these means, but for the same summand. */
  double[] scores(float[] means) {
    double[] scores = prior.clone();
    for (List<RegressionTree> round : rounds) {
      for (int v = 0; v < scores.length; v++) {
        scores[v] += round.get(v).value(means);
      }
    }
    return scores;
  }

  /** The most probable value of an image with these means; of equals the first. */
  int predict(float[] means) {
    double[] scores = scores(means);
    int best = 0;
    for (int v = 1; v < scores.length; v++) {
      best = scores[v] > scores[best] ? v : best;
    }
    return best;
  }
}
