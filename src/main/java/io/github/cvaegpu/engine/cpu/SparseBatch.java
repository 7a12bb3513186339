// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static io.github.cvaegpu.engine.cpu.ThreadTeam.LANES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A batch of images, both dense and as lists of the pixels that are not zero.
 *
 * <p>Four fifths of MNIST's pixels are zero. A product with a zero adds nothing, so the first
 * layer's two products run over the others only: the same sums, in the same order, for a fifth of
 * the work. The products forward need each image's pixels (by row); those of the weight gradient
 * need each pixel's images (by column), which are listed a lane of columns at a time.
 */
final class SparseBatch {
  /** v / 255, rounded once, for every pixel value v. */
  private static final float[] INTENSITY = new float[256];

  static {
    for (int v = 0; v < INTENSITY.length; v++) {
      INTENSITY[v] = v / 255f;
    }
  }

  /** (rows, inputs) intensities in [0, 1]. */
  final Matrix dense;

  private final int inputs;

  /** End of each row's entries; a row's begin at row * inputs. */
  private final int[] rowEnd;

  /** Column of each entry, ascending within a row. (rows, inputs), filled to rowEnd. */
  private final int[] column;

  private final ColumnLane[] columnLanes = new ColumnLane[LANES];

  /** The entries of a lane of columns, ordered by column and then by row. */
  private final class ColumnLane {
    private final int first;
    private final int end;

    /** Where each column's entries begin; one more than there are columns. */
    private final int[] start;

    private final int[] row;
    private final int[] fill;

    private ColumnLane(int first, int end, int capacity) {
      this.first = first;
      this.end = end;
      start = new int[end - first + 1];
      fill = new int[end - first];
      row = new int[Math.multiplyExact(end - first, capacity)];
    }

    /** A counting sort of the rows' entries by column; rows ascend because they are visited so. */
    private void list(int rows) {
      Arrays.fill(start, 0);
      for (int r = 0; r < rows; r++) {
        int base = r * inputs;
        for (int e = lowerBound(base, rowEnd[r], first); e < rowEnd[r] && column[e] < end; e++) {
          start[column[e] - first + 1]++;
        }
      }
      for (int c = 1; c < start.length; c++) {
        start[c] += start[c - 1];
      }
      System.arraycopy(start, 0, fill, 0, fill.length);
      for (int r = 0; r < rows; r++) {
        int base = r * inputs;
        for (int e = lowerBound(base, rowEnd[r], first); e < rowEnd[r] && column[e] < end; e++) {
          row[fill[column[e] - first]++] = r;
        }
      }
    }
  }

  /**
   * @param capacity most rows of a batch
   * @param inputs pixels of an image
   */
  SparseBatch(int capacity, int inputs) {
    this.inputs = inputs;
    dense = Matrix.allocate(capacity, inputs);
    rowEnd = new int[capacity];
    column = new int[Math.multiplyExact(capacity, inputs)];
    for (int lane = 0; lane < LANES; lane++) {
      columnLanes[lane] =
          new ColumnLane(inputs * lane / LANES, inputs * (lane + 1) / LANES, capacity);
    }
  }

  /** Reads an image into a row. */
  void gather(int row, byte[] pixels, int image) {
    int from = image * inputs;
    int entry = row * inputs;
    MemorySegment to = dense.data();
    long offset = dense.at(row, 0);
    for (int c = 0; c < inputs; c++) {
      int v = pixels[from + c] & 0xFF;
      to.set(ValueLayout.JAVA_FLOAT, offset + (long) c * Float.BYTES, INTENSITY[v]);
      // Stored always, kept unless the next one overwrites it: no branch to mispredict.
      column[entry] = c;
      entry += v != 0 ? 1 : 0;
    }
    rowEnd[row] = entry;
  }

  /** Lists the entries of a lane of columns, after all rows have been gathered. */
  void listColumns(int lane, int rows) {
    columnLanes[lane].list(rows);
  }

  private int lowerBound(int from, int to, int firstColumn) {
    int low = from;
    int high = to;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (column[middle] < firstColumn) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  int inputs() {
    return inputs;
  }

  /** First entry of a row. */
  int rowStart(int row) {
    return row * inputs;
  }

  /** End of a row's entries. */
  int rowEnd(int row) {
    return rowEnd[row];
  }

  /** Columns of the row entries. */
  int[] columns() {
    return column;
  }

  /** First column of a lane. */
  int firstColumn(int lane) {
    return columnLanes[lane].first;
  }

  /** End of a lane's columns. */
  int endColumn(int lane) {
    return columnLanes[lane].end;
  }

  /** Where the entries of a lane's columns begin, by column less the lane's first. */
  int[] columnStarts(int lane) {
    return columnLanes[lane].start;
  }

  /** Rows of a lane's column entries. */
  int[] rows(int lane) {
    return columnLanes[lane].row;
  }
}
