// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static io.github.cvaegpu.engine.cpu.ThreadTeam.LANES;

import io.github.cvaegpu.model.Targets;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * A batch of images, as lists of the pixels that are not zero.
 *
 * <p>Four fifths of MNIST's pixels are zero. A product with a zero adds nothing, so the first
 * layer's two products run over the others only: the same sums, in the same order, for a fifth of
 * the work. The products forward need each image's pixels (by row); those of the weight gradient
 * need each pixel's images (by column), which are listed a lane of columns at a time. An entry is
 * the index in its high bits and the pixel's value in the low eight.
 *
 * <p>The loss needs all pixels. They are spread a block at a time, by the lane that reads them.
 */
final class SparseBatch {
  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_PREFERRED;

  private static final int VALUE_BITS = 8;
  private static final int VALUE_MASK = (1 << VALUE_BITS) - 1;

  /** The target of every pixel value, rounded once. */
  private static final float[] INTENSITY = new float[Targets.LEVELS];

  static {
    for (int v = 0; v < INTENSITY.length; v++) {
      INTENSITY[v] = (float) Targets.GREY.of(v);
    }
  }

  /** (rows, inputs) intensities in [0, 1], where they have been spread. */
  final Matrix dense;

  private final int inputs;

  /** The images, and where each row's begins among them. */
  private byte[] pixels = {};

  private final int[] image;

  /** End of each row's entries; a row's begin at row * inputs. */
  private final int[] rowEnd;

  /** Entries by row, columns ascending. (rows, inputs), filled to rowEnd. */
  private final int[] rowEntries;

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

    private final int[] entries;

    private ColumnLane(int first, int end, int capacity) {
      this.first = first;
      this.end = end;
      start = new int[end - first + 1];
      entries = new int[Math.multiplyExact(end - first, capacity)];
    }

    private void list(int rows) {
      // Locals, because fields would be read again after every store.
      int[] listed = entries;
      byte[] values = pixels;
      int[] from = image;
      int perColumn = words;
      int n = 0;
      for (int c = first; c < end; c++) {
        start[c - first] = n;
        for (int lane = 0; lane < LANES; lane++) {
          int base = Block.rows(lane, rows, 0).row();
          long[] lit = litRows[lane];
          for (int w = c * perColumn; w < (c + 1) * perColumn; w++) {
            for (long bits = lit[w]; bits != 0; bits &= bits - 1) {
              int row = base + Long.numberOfTrailingZeros(bits);
              listed[n++] = entry(row, values[from[row] + c]);
            }
            base += Long.SIZE;
          }
        }
      }
      start[end - first] = n;
    }
  }

  /** A batch of what pixels stand for under some targets. */
  static SparseBatch of(Targets targets, int capacity, int inputs) {
    return switch (targets) {
      case GREY -> new SparseBatch(capacity, inputs);
    };
  }

  /**
   * @param capacity most rows of a batch, below 2^23
   * @param inputs pixels of an image, below 2^23
   */
  private SparseBatch(int capacity, int inputs) {
    this.inputs = inputs;
    dense = Matrix.allocate(capacity, inputs);
    image = new int[capacity];
    rowEnd = new int[capacity];
    rowEntries = new int[Math.multiplyExact(capacity, inputs)];
    words = Math.ceilDiv(Math.ceilDiv(capacity, LANES), Long.SIZE);
    for (int lane = 0; lane < LANES; lane++) {
      litRows[lane] = new long[Math.multiplyExact(inputs, words)];
      columnLanes[lane] =
          new ColumnLane(inputs * lane / LANES, inputs * (lane + 1) / LANES, capacity);
    }
  }

  /**
   * Lists a lane's rows.
   *
   * @param rows rows of the whole batch
   * @param images pixels of all images
   * @param imageOfRow which image goes to a row
   */
  void gather(int lane, int rows, byte[] images, IntUnaryOperator imageOfRow) {
    pixels = images;
    Block share = Block.rows(lane, rows, 0);
    long[] lit = litRows[lane];
    Arrays.fill(lit, 0);
    for (int r = share.row(); r < share.endRow(); r++) {
      image[r] = imageOfRow.applyAsInt(r) * inputs;
      gatherRow(r, r - share.row(), images, image[r], lit);
    }
  }

  private void gatherRow(int row, int rowOfLane, byte[] values, int from, long[] lit) {
    int[] entries = rowEntries;
    int perColumn = words;
    int word = rowOfLane / Long.SIZE;
    long bit = 1L << rowOfLane;
    int entry = row * inputs;
    for (int c = 0; c < inputs; c += BYTES.length()) {
      for (long bits = notZero(values, from + c, inputs - c); bits != 0; bits &= bits - 1) {
        int at = c + Long.numberOfTrailingZeros(bits);
        entries[entry++] = entry(at, values[from + at]);
        lit[at * perColumn + word] |= bit;
      }
    }
    rowEnd[row] = entry;
  }

  /** A bit for each of a vector of bytes that is not zero, of which {@code count} are looked at. */
  private static long notZero(byte[] values, int from, int count) {
    if (count >= BYTES.length()) {
      return ByteVector.fromArray(BYTES, values, from)
          .compare(VectorOperators.NE, (byte) 0)
          .toLong();
    }
    VectorMask<Byte> mask = BYTES.indexInRange(0, count);
    return ByteVector.fromArray(BYTES, values, from, mask)
        .compare(VectorOperators.NE, (byte) 0, mask)
        .toLong();
  }

  /** Lists the entries of a lane of columns, after all rows have been gathered. */
  void listColumns(int lane, int rows) {
    columnLanes[lane].list(rows);
  }

  /** Spreads a block of the gathered images over {@link #dense}. */
  void spread(Block block) {
    int first = block.column();
    int count = block.columnCount();
    for (int r = block.row(); r < block.endRow(); r++) {
      MemorySegment to = dense.from(r, first).asSlice(0, (long) count * Float.BYTES);
      to.fill((byte) 0);
      spreadRow(to, image[r] + first, count);
    }
  }

  private void spreadRow(MemorySegment to, int from, int count) {
    byte[] values = pixels;
    for (int c = 0; c < count; c += BYTES.length()) {
      for (long bits = notZero(values, from + c, count - c); bits != 0; bits &= bits - 1) {
        int at = c + Long.numberOfTrailingZeros(bits);
        to.setAtIndex(ValueLayout.JAVA_FLOAT, at, intensity(values[from + at]));
      }
    }
  }

  /** First entry of a row. */
  int rowStart(int row) {
    return row * inputs;
  }

  /** End of a row's entries. */
  int rowEnd(int row) {
    return rowEnd[row];
  }

  /** Entries by row: their index is the column. */
  int[] rowEntries() {
    return rowEntries;
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

  /** Entries of a lane's columns: their index is the row. */
  int[] columnEntries(int lane) {
    return columnLanes[lane].entries;
  }

  private static int entry(int index, byte value) {
    return (index << VALUE_BITS) | (value & VALUE_MASK);
  }

  /** The column, or row, of an entry. */
  static int index(int entry) {
    return entry >>> VALUE_BITS;
  }

  /** The intensity of an entry, or of a pixel. */
  static float intensity(int entry) {
    return INTENSITY[entry & VALUE_MASK];
  }
}
