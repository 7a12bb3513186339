// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static io.github.cvaegpu.engine.cpu.VectorMath.LANES;

/**
 * Losses of rows by column group: entry (group, row) is the loss of the row's pixels in that group;
 * groups apart, so that threads do not write to one cache line.
 */
final class RowLosses {
  private RowLosses() {}

  /**
   * Sets each row's loss to the sum of its lanes.
   *
   * @param loss (column groups, rows)
   * @param block whose rows
   * @param group the block's column group
   * @param lanes (rows of the block, lanes) sums of each lane of vectors
   */
  static void set(double[] loss, Block block, int group, float[] lanes) {
    for (int r = block.row(); r < block.endRow(); r++) {
      loss[at(loss, group, r)] = total(lanes, (r - block.row()) * LANES);
    }
  }

  /** Adds the sum of each row's lanes to its loss; arguments as above. */
  static void add(double[] loss, Block block, int group, float[] lanes) {
    for (int r = block.row(); r < block.endRow(); r++) {
      loss[at(loss, group, r)] += total(lanes, (r - block.row()) * LANES);
    }
  }

  /** The loss of a row, all its column groups added in order. */
  static double ofRow(double[] loss, int row) {
    double sum = 0;
    for (int group = 0; group < Block.COLUMN_GROUPS; group++) {
      sum += loss[at(loss, group, row)];
    }
    return sum;
  }

  private static int at(double[] loss, int group, int row) {
    return group * (loss.length / Block.COLUMN_GROUPS) + row;
  }

  /** The sum of a vector's lanes, first to last. */
  private static double total(float[] lanes, int from) {
    double total = 0;
    for (int i = from; i < from + LANES; i++) {
      total += lanes[i];
    }
    return total;
  }
}
