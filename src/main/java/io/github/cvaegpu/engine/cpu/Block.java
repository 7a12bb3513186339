// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

/**
 * A rectangle of a matrix.
 *
 * @param row first row
 * @param endRow end of the rows
 * @param column first column
 * @param endColumn end of the columns
 */
record Block(int row, int endRow, int column, int endColumn) {
  /** Column groups of {@link #grid}; the rest of the lanes divides the rows. */
  static final int COLUMN_GROUPS = 4;

  private static final int ROW_GROUPS = ThreadTeam.LANES / COLUMN_GROUPS;

  /**
   * A lane's share of a large matrix: half the rows, a quarter of the columns.
   *
   * @param columnUnit column boundaries are multiples of this many floats
   */
  static Block grid(int lane, int rows, int columns, int columnUnit) {
    int rowGroup = lane / COLUMN_GROUPS;
    int columnGroup = lane % COLUMN_GROUPS;
    return new Block(
        rows * rowGroup / ROW_GROUPS,
        rows * (rowGroup + 1) / ROW_GROUPS,
        boundary(columnGroup, columns, columnUnit),
        boundary(columnGroup + 1, columns, columnUnit));
  }

  /** A lane's share of the rows, with all columns. */
  static Block rows(int lane, int rows, int columns) {
    return new Block(
        (int) ((long) rows * lane / ThreadTeam.LANES),
        (int) ((long) rows * (lane + 1) / ThreadTeam.LANES),
        0,
        columns);
  }

  private static int boundary(int group, int columns, int unit) {
    int units = Math.ceilDiv(columns, unit);
    // Rounded up, so that the first group rather than the last has what does not divide evenly.
    return Math.min(columns, Math.ceilDiv(units * group, COLUMN_GROUPS) * unit);
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
