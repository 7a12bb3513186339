// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

/**
 * Weighted sums of rows of floats, several at a time: the inner loop of a matrix product whose
 * second matrix has its rows in arrays of their own. One index goes through all arrays, which is
 * what the compiler makes vector instructions of.
 */
final class RowSums {
  /** Rows that are added at a time: of more, the compiler makes no vectors. */
  static final int STEP = 4;

  private RowSums() {}

  /**
   * Adds a matrix's product with rows: to each row of the result, the weighted sum of all rows.
   *
   * @param result (outputs, points), to add to
   * @param rows (inputs, points)
   * @param weights (outputs, inputs), from {@code first} on in this array
   */
  static void addProduct(float[][] result, float[][] rows, float[] weights, int first) {
    int in = rows.length;
    int evenOut = result.length / 2 * 2;
    int wholeIn = in / STEP * STEP;
    for (int o = 0; o < evenOut; o += 2) {
      int weight = first + o * in;
      for (int i = 0; i < wholeIn; i += STEP) {
        addToTwo(result[o], result[o + 1], rows, i, weights, weight + i, weight + in + i);
      }
    }
    for (int o = 0; o < result.length; o++) {
      for (int i = o < evenOut ? wholeIn : 0; i < in; i++) {
        addOne(result[o], rows[i], weights[first + o * in + i]);
      }
    }
  }

  /**
   * Adds {@value #STEP} rows.
   *
   * @param sum to add to
   * @param rows as long as the sum
   * @param row which they are, from {@code first} on in this array
   * @param weight of each, from {@code first} on in this array
   */
  static void add(float[] sum, float[][] rows, char[] row, float[] weight, int first) {
    float[] a = rows[row[first]];
    float[] b = rows[row[first + 1]];
    float[] c = rows[row[first + 2]];
    float[] d = rows[row[first + 3]];
    float wa = weight[first];
    float wb = weight[first + 1];
    float wc = weight[first + 2];
    float wd = weight[first + 3];
    for (int i = 0; i < sum.length; i++) {
      sum[i] += (wa * a[i] + wb * b[i]) + (wc * c[i] + wd * d[i]);
    }
  }

  /**
   * Adds {@value #STEP} rows to each of two sums: what is read once serves both.
   *
   * @param sum to add to
   * @param other to add to as well
   * @param rows of which those from {@code row} on are added
   * @param weight of each in the one sum, from {@code first} on in this array, and in the other,
   *     from {@code second} on
   */
  static void addToTwo(
      float[] sum, float[] other, float[][] rows, int row, float[] weight, int first, int second) {
    float[] a = rows[row];
    float[] b = rows[row + 1];
    float[] c = rows[row + 2];
    float[] d = rows[row + 3];
    float wa = weight[first];
    float wb = weight[first + 1];
    float wc = weight[first + 2];
    float wd = weight[first + 3];
    float va = weight[second];
    float vb = weight[second + 1];
    float vc = weight[second + 2];
    float vd = weight[second + 3];
    for (int i = 0; i < sum.length; i++) {
      sum[i] += (wa * a[i] + wb * b[i]) + (wc * c[i] + wd * d[i]);
      other[i] += (va * a[i] + vb * b[i]) + (vc * c[i] + vd * d[i]);
    }
  }

  /** Adds one row. */
  static void addOne(float[] sum, float[] row, float weight) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += weight * row[i];
    }
  }
}
