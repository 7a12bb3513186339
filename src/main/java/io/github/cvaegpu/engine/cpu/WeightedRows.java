// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

/**
 * Sums of a matrix's rows, each with a weight: what every product of the step is made of. One
 * thread's, as it has lists of what is to be added.
 *
 * <p>Rows with the weight zero are skipped, which are four fifths of them where the weights are an
 * image of MNIST, and half of them behind a ReLU. The others are added in ascending order, whatever
 * they are, so the bits depend on nothing else.
 *
 * <p>Not {@link Math#fma}: where a processor lacks that, it computes with decimal numbers on the
 * heap, and such processors are one reason for this step to be there.
 */
final class WeightedRows {
  /** Rows added at a time, so that a sum is read and written once for as many. */
  private static final int BUNDLE = 8;

  private final float[] weights;
  private final int[] rows;

  /**
   * @param most rows of a matrix
   */
  WeightedRows(int most) {
    weights = new float[most + BUNDLE];
    rows = new int[most + BUNDLE];
  }

  /** sum += by[0] of[0] + by[1] of[1] + ... */
  void add(float[] by, float[][] of, float[] sum) {
    int n = 0;
    for (int i = 0; i < by.length; i++) {
      n = list(n, i, by[i]);
    }
    addListed(n, of, sum);
  }

  /** sum += by[0][column] of[0] + by[1][column] of[1] + ..., so many rows of them. */
  void addByColumn(float[][] by, int column, int count, float[][] of, float[] sum) {
    int n = 0;
    for (int i = 0; i < count; i++) {
      n = list(n, i, by[i][column]);
    }
    addListed(n, of, sum);
  }

  /** sum += of[0] + of[1] + ..., so many rows of them. */
  void addAll(int count, float[][] of, float[] sum) {
    for (int i = 0; i < count; i++) {
      list(i, i, 1);
    }
    addListed(count, of, sum);
  }

  /** Lists a row, over which the next one goes where its weight is zero: without a branch. */
  private int list(int n, int row, float weight) {
    rows[n] = row;
    weights[n] = weight;
    return n + (weight == 0 ? 0 : 1);
  }

  private void addListed(int count, float[][] of, float[] sum) {
    if (count == 0) {
      return;
    }
    // The last bundle is filled up with zeros times a row that is added anyway.
    for (int i = count; i < count + BUNDLE - 1; i++) {
      rows[i] = rows[count - 1];
      weights[i] = 0;
    }
    for (int i = 0; i < count; i += BUNDLE) {
      addBundle(i, of, sum);
    }
  }

  /** Every array is read at the loop's own index: with offsets, the compiler makes no vectors. */
  private void addBundle(int i, float[][] of, float[] sum) {
    float w0 = weights[i];
    float w1 = weights[i + 1];
    float w2 = weights[i + 2];
    float w3 = weights[i + 3];
    float w4 = weights[i + 4];
    float w5 = weights[i + 5];
    float w6 = weights[i + 6];
    float w7 = weights[i + 7];
    float[] r0 = of[rows[i]];
    float[] r1 = of[rows[i + 1]];
    float[] r2 = of[rows[i + 2]];
    float[] r3 = of[rows[i + 3]];
    float[] r4 = of[rows[i + 4]];
    float[] r5 = of[rows[i + 5]];
    float[] r6 = of[rows[i + 6]];
    float[] r7 = of[rows[i + 7]];
    for (int c = 0; c < sum.length; c++) {
      float four = sum[c] + w0 * r0[c] + w1 * r1[c] + w2 * r2[c] + w3 * r3[c];
      sum[c] = four + w4 * r4[c] + w5 * r5[c] + w6 * r6[c] + w7 * r7[c];
    }
  }
}
