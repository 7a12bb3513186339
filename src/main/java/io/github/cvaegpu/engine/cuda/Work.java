// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

/**
 * What a launch has to do, whichever way it does it: the two axes of the roofline.
 *
 * <p>An addition, multiplication, division, comparison, maximum or elementary function of floats is
 * one operation, a fused multiplication and addition two; integers, of which random numbers are
 * made, are not counted, nor are signs. Bytes are the least that has to be moved: every operand
 * read once and every result written once, as if all reuse were in registers.
 *
 * @param flop floating-point operations
 * @param bytes bytes read and written
 */
record Work(long flop, long bytes) {
  /** Of a launch that only waits or tells. */
  static final Work NONE = new Work(0, 0);

  /** Of a launch whose operands and results are floats. */
  static Work onFloats(long flop, long floats) {
    return new Work(flop, Math.multiplyExact(floats, Float.BYTES));
  }

  /** Of a product of an (m, k) and a (k, n) matrix. */
  static Work product(long m, long n, long k) {
    return onFloats(2 * m * n * k, m * k + k * n + m * n);
  }

  Work plus(Work other) {
    return new Work(flop + other.flop, bytes + other.bytes);
  }
}
