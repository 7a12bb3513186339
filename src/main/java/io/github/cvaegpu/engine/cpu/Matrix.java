// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A row-major float matrix in native memory, without gaps between rows.
 *
 * @param data the floats, from a 64-byte boundary where allocated here
 * @param rows rows
 * @param columns floats in a row
 */
record Matrix(MemorySegment data, int rows, int columns) {
  private static final int CACHE_LINE = 64;

  /** A zeroed matrix that lives until nobody refers to it. */
  static Matrix allocate(int rows, int columns) {
    return new Matrix(floats((long) rows * columns), rows, columns);
  }

  /** Zeroed floats that live until nobody refers to them. */
  static MemorySegment floats(long count) {
    return Arena.ofAuto().allocate(Math.max(1, count) * Float.BYTES, CACHE_LINE);
  }

  /** Byte offset of an element. */
  long at(int row, int column) {
    return ((long) row * columns + column) * Float.BYTES;
  }

  /** The matrix from an element on. */
  MemorySegment from(int row, int column) {
    return data.asSlice(at(row, column));
  }
}
