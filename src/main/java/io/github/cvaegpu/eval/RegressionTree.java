// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import java.util.Arrays;

/**
 * A tree of {@value #DEPTH} questions, whether a dimension is at most a threshold, that splits
 * images so that a target differs as little as it can within the parts: CART, L. Breiman et al.,
 * "Classification and regression trees" (1984). Of equally good splits it is the first dimension's,
 * and there the one with the smallest threshold.
 */
final class RegressionTree {
  /** Questions on the way to a leaf. */
  static final int DEPTH = 3;

  private static final int NODES = (1 << (DEPTH + 1)) - 1;

  /** Values that are nearer to each other are taken to be the same, as scikit-learn does. */
  private static final float SAME = 1e-7f;

  /** A part whose target varies less than this is not split further. */
  private static final double PURE = Math.ulp(1.0);

  /** Dimension asked at a node, -1 at a leaf; the root is 0, below n are 2n + 1 and 2n + 2. */
  private final int[] dimension = new int[NODES];

  private final double[] threshold = new double[NODES];
  private final double[] leaf = new double[NODES];

  private final double[] importances;

  /**
   * Grows it.
   *
   * @param columns of the images
   * @param target a number for each image
   * @param node receives the leaf that each image ends in
   */
  RegressionTree(Columns columns, double[] target, int[] node) {
    importances = new double[columns.values().length];
    Arrays.fill(dimension, -1);
    Arrays.fill(node, 0);
    for (int depth = 0; depth < DEPTH; depth++) {
      new Level(depth, target, node).split(columns);
    }
  }

  /** The nodes of one depth, while they are split. */
  private final class Level {
    private final int first;
    private final double[] target;
    private final int[] node;
    private final int[] count;
    private final double[] sum;
    private final double[] squares;
    private final double[] bestScore;

    Level(int depth, double[] target, int[] node) {
      this.target = target;
      this.node = node;
      first = (1 << depth) - 1;
      int nodes = 1 << depth;
      count = new int[nodes];
      sum = new double[nodes];
      squares = new double[nodes];
      bestScore = new double[nodes];
      for (int i = 0; i < target.length; i++) {
        int at = node[i] - first;
        if (at >= 0) {
          count[at]++;
          sum[at] += target[i];
          squares[at] += target[i] * target[i];
        }
      }
      for (int at = 0; at < nodes; at++) {
        // What a split that changes nothing comes to; a pure part cannot come to more.
        double mean = sum[at] / count[at];
        boolean pure = count[at] == 0 || squares[at] / count[at] - mean * mean <= PURE;
        bestScore[at] = pure ? Double.POSITIVE_INFINITY : sum[at] * mean;
      }
    }

    void split(Columns columns) {
      for (int j = 0; j < columns.values().length; j++) {
        search(j, columns.values()[j], columns.order()[j]);
      }
      double[] leftSum = new double[count.length];
      int[] leftCount = new int[count.length];
      for (int i = 0; i < node.length; i++) {
        int at = node[i] - first;
        if (at < 0 || dimension[node[i]] < 0) {
          continue;
        }
        if (columns.values()[dimension[node[i]]][i] <= threshold[node[i]]) {
          leftSum[at] += target[i];
          leftCount[at]++;
          node[i] = 2 * node[i] + 1;
        } else {
          node[i] = 2 * node[i] + 2;
        }
      }
      for (int at = 0; at < count.length; at++) {
        if (dimension[first + at] >= 0) {
          int right = count[at] - leftCount[at];
          double apart = leftSum[at] / leftCount[at] - (sum[at] - leftSum[at]) / right;
          importances[dimension[first + at]] +=
              (double) leftCount[at] * right / count[at] * apart * apart;
        }
      }
    }

    /** Tries every threshold of one dimension, at all nodes in one go. */
    private void search(int j, float[] values, int[] order) {
      double[] leftSum = new double[count.length];
      int[] leftCount = new int[count.length];
      float[] last = new float[count.length];
      for (int image : order) {
        int at = node[image] - first;
        if (at < 0) {
          continue;
        }
        float value = values[image];
        if (leftCount[at] > 0 && value > last[at] + SAME) {
          double right = sum[at] - leftSum[at];
          double score =
              leftSum[at] * leftSum[at] / leftCount[at]
                  + right * right / (count[at] - leftCount[at]);
          if (score > bestScore[at]) {
            bestScore[at] = score;
            dimension[first + at] = j;
            threshold[first + at] = last[at] / 2.0 + value / 2.0;
          }
        }
        leftSum[at] += target[image];
        leftCount[at]++;
        last[at] = value;
      }
    }
  }

  /** Gives each leaf its value. */
  void setLeaves(double[] values) {
    System.arraycopy(values, 0, leaf, 0, NODES);
  }

  /** Room for a number for each leaf. */
  static double[] perLeaf() {
    return new double[NODES];
  }

  /** The value of the leaf that an image of any set is in. */
  double value(float[] means) {
    int at = 0;
    while (dimension[at] >= 0) {
      at = means[dimension[at]] <= threshold[at] ? 2 * at + 1 : 2 * at + 2;
    }
    return leaf[at];
  }

  /** By how much the splits at each dimension lowered the sum of squares within the parts. */
  double[] importances() {
    return importances;
  }
}
