// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static io.github.cvaegpu.engine.cpu.ThreadTeam.LANES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
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
  private static final VarHandle EIGHT_BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

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
      int[] entries = column;
      int[] starts = start;
      Arrays.fill(starts, 0);
      for (int r = 0; r < rows; r++) {
        int stop = lowerBound(r, end);
        for (int e = lowerBound(r, first); e < stop; e++) {
          starts[entries[e] - first + 1]++;
        }
      }
      for (int c = 1; c < starts.length; c++) {
        starts[c] += starts[c - 1];
      }
      int[] next = fill;
      int[] listed = row;
      System.arraycopy(starts, 0, next, 0, next.length);
      for (int r = 0; r < rows; r++) {
        int stop = lowerBound(r, end);
        for (int e = lowerBound(r, first); e < stop; e++) {
          listed[next[entries[e] - first]++] = r;
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
    // Locals, because fields would be read again after every store.
    MemorySegment to = dense.data().asSlice(dense.at(row, 0), (long) inputs * Float.BYTES);
    int[] entries = column;
    int width = inputs;
    int from = image * width;
    int entry = row * width;
    to.fill((byte) 0);
    int c = 0;
    // Eight pixels at a time, as most eights are all zero.
    for (; c <= width - Long.BYTES; c += Long.BYTES) {
      long eight = (long) EIGHT_BYTES.get(pixels, from + c);
      while (eight != 0) {
        int shift = Long.numberOfTrailingZeros(eight) & -Byte.SIZE;
        int at = c + shift / Byte.SIZE;
        to.setAtIndex(ValueLayout.JAVA_FLOAT, at, INTENSITY[(int) (eight >>> shift) & 0xFF]);
        entries[entry++] = at;
        eight &= ~(0xFFL << shift);
      }
    }
    for (; c < width; c++) {
      if (pixels[from + c] != 0) {
        to.setAtIndex(ValueLayout.JAVA_FLOAT, c, INTENSITY[pixels[from + c] & 0xFF]);
        entries[entry++] = c;
      }
    }
    rowEnd[row] = entry;
  }

  /** Lists the entries of a lane of columns, after all rows have been gathered. */
  void listColumns(int lane, int rows) {
    columnLanes[lane].list(rows);
  }

  /** The first entry of a row whose column is not below a given one. */
  private int lowerBound(int row, int firstColumn) {
    int low = row * inputs;
    int high = rowEnd[row];
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
