// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static io.github.cvaegpu.engine.cpu.ThreadTeam.LANES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * A batch of images, both dense and as lists of the pixels that are not zero.
 *
 * <p>Four fifths of MNIST's pixels are zero. A product with a zero adds nothing, so the first
 * layer's two products run over the others only: the same sums, in the same order, for a fifth of
 * the work. The products forward need each image's pixels (by row); those of the weight gradient
 * need each pixel's images (by column), which are listed a lane of columns at a time.
 */
final class SparseBatch {
  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_PREFERRED;

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

  /** Words of 64 rows that hold the rows of a lane. */
  private final int words;

  /**
   * Which of a lane's rows are not zero in a column: bit r of word {@code column * words + r / 64}
   * stands for the lane's row r. By lane, so that no two threads set bits of one word.
   */
  private final long[][] litRows = new long[LANES][];

  private final ColumnLane[] columnLanes = new ColumnLane[LANES];

  /** The entries of a lane of columns, by column and then by row. */
  private final class ColumnLane {
    private final int first;
    private final int end;

    /** Where each column's entries begin; one more than there are columns. */
    private final int[] start;

    /** Row of each entry. */
    private final int[] row;

    private ColumnLane(int first, int end, int capacity) {
      this.first = first;
      this.end = end;
      start = new int[end - first + 1];
      row = new int[Math.multiplyExact(end - first, capacity)];
    }

    private void list(int rows) {
      // Locals, because fields would be read again after every store.
      int[] listed = row;
      int perColumn = words;
      int n = 0;
      for (int c = first; c < end; c++) {
        start[c - first] = n;
        for (int lane = 0; lane < LANES; lane++) {
          int base = Block.rows(lane, rows, 0).row();
          long[] lit = litRows[lane];
          for (int w = c * perColumn; w < (c + 1) * perColumn; w++) {
            for (long bits = lit[w]; bits != 0; bits &= bits - 1) {
              listed[n++] = base + Long.numberOfTrailingZeros(bits);
            }
            base += Long.SIZE;
          }
        }
      }
      start[end - first] = n;
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
    words = Math.ceilDiv(Math.ceilDiv(capacity, LANES), Long.SIZE);
    for (int lane = 0; lane < LANES; lane++) {
      litRows[lane] = new long[Math.multiplyExact(inputs, words)];
      columnLanes[lane] =
          new ColumnLane(inputs * lane / LANES, inputs * (lane + 1) / LANES, capacity);
    }
  }

  /**
   * Reads a lane's rows.
   *
   * @param rows rows of the whole batch
   * @param pixels of all images
   * @param imageOfRow which image goes to a row
   */
  void gather(int lane, int rows, byte[] pixels, IntUnaryOperator imageOfRow) {
    Block share = Block.rows(lane, rows, 0);
    long[] lit = litRows[lane];
    Arrays.fill(lit, 0);
    for (int r = share.row(); r < share.endRow(); r++) {
      gatherRow(r, r - share.row(), pixels, imageOfRow.applyAsInt(r) * inputs, lit);
    }
  }

  private void gatherRow(int row, int rowOfLane, byte[] pixels, int from, long[] lit) {
    MemorySegment to = dense.data().asSlice(dense.at(row, 0), (long) inputs * Float.BYTES);
    to.fill((byte) 0);
    int[] entries = column;
    int perColumn = words;
    int word = rowOfLane / Long.SIZE;
    long bit = 1L << rowOfLane;
    int entry = row * inputs;
    for (int c = 0; c < inputs; c += BYTES.length()) {
      for (long bits = notZero(pixels, from + c, inputs - c); bits != 0; bits &= bits - 1) {
        int at = c + Long.numberOfTrailingZeros(bits);
        to.setAtIndex(ValueLayout.JAVA_FLOAT, at, INTENSITY[pixels[from + at] & 0xFF]);
        entries[entry++] = at;
        lit[at * perColumn + word] |= bit;
      }
    }
    rowEnd[row] = entry;
  }

  /** A bit for each of a vector of bytes that is not zero, of which {@code count} are looked at. */
  private static long notZero(byte[] pixels, int from, int count) {
    if (count >= BYTES.length()) {
      return ByteVector.fromArray(BYTES, pixels, from)
          .compare(VectorOperators.NE, (byte) 0)
          .toLong();
    }
    VectorMask<Byte> mask = BYTES.indexInRange(0, count);
    return ByteVector.fromArray(BYTES, pixels, from, mask)
        .compare(VectorOperators.NE, (byte) 0, mask)
        .toLong();
  }

  /** Lists the entries of a lane of columns, after all rows have been gathered. */
  void listColumns(int lane, int rows) {
    columnLanes[lane].list(rows);
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
