// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static io.github.cvaegpu.engine.cpu.ThreadTeam.LANES;

/**
 * A rectangle of a matrix.
 *
 * @param row first row
 * @param endRow end of the rows
 * @param column first column
 * @param endColumn end of the columns
 */
record Block(int row, int endRow, int column, int endColumn) {
  /** Column groups of {@link #grid}. */
  static final int COLUMN_GROUPS = 4;

  /** Lanes that share a column group; they divide the rows. */
  static final int LANES_PER_GROUP = LANES / COLUMN_GROUPS;

  /** Column boundaries fall on cache lines, so that no two threads write to one. */
  private static final int CACHE_LINE_FLOATS = 16;

  /**
   * Columns from which a matrix is cut into column groups and not into rows alone: below, the
   * groups would be too uneven.
   */
  static final int WIDE = LANES * CACHE_LINE_FLOATS;

  /** The column group of a lane in {@link #grid}. Threads, which run adjacent lanes, share none. */
  static int columnGroup(int lane) {
    return lane / LANES_PER_GROUP;
  }

  /** A lane's share of a matrix: a quarter of the columns, half the rows. */
  static Block grid(int lane, int rows, int columns) {
    int part = lane % LANES_PER_GROUP;
    int group = columnGroup(lane);
    return new Block(
        rows * part / LANES_PER_GROUP,
        rows * (part + 1) / LANES_PER_GROUP,
        boundary(group, COLUMN_GROUPS, columns),
        boundary(group + 1, COLUMN_GROUPS, columns));
  }

  /** A lane's share of the rows, with all columns. */
  static Block rows(int lane, int rows, int columns) {
    return new Block(
        (int) ((long) rows * lane / LANES), (int) ((long) rows * (lane + 1) / LANES), 0, columns);
  }

  /**
   * First column of a part of the columns, or the end of the last part's. Boundaries of twice as
   * many parts include these.
   */
  static int boundary(int part, int parts, int columns) {
    int lines = Math.ceilDiv(columns, CACHE_LINE_FLOATS);
    // Rounded up, so that the first part rather than the last has what does not divide evenly.
    return Math.min(columns, Math.ceilDiv(lines * part, parts) * CACHE_LINE_FLOATS);
  }

  int rowCount() {
    return endRow - row;
  }

  int columnCount() {
    return endColumn - column;
  }

  boolean isEmpty() {
    return rowCount() == 0 || columnCount() == 0;
  }
}
