// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Elementary functions on float vectors, made of operations that are exact or correctly rounded, so
 * that they give the same bits interpreted, compiled, and at any vector width.
 *
 * <p>The Vector API's own EXP and LOG1P do not: interpreted they call {@link Math}, compiled they
 * call a vector library that rounds differently, and a run would depend on when the compiler ran.
 * For the same reason no kernel uses {@code reduceLanes} on floats: its order of addition is
 * unspecified.
 */
final class VectorMath {
  /** The widest vectors this processor has. */
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

  /** Floats in a vector. */
  static final int LANES = FLOATS.length();

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  // Constants are vectors made once: made where they are used, they lie so deep in calls that the
  // compiler stops inlining and puts vectors on the heap.

  static final FloatVector ZERO = FloatVector.zero(FLOATS);
  static final FloatVector HALF = broadcast(0.5f);
  static final FloatVector ONE = broadcast(1f);
  private static final FloatVector TWO = broadcast(2f);

  /** 1.5 * 2^23: adding it to a float below 2^22 rounds to an integer, held in the low bits. */
  private static final FloatVector ROUND = broadcast(0x1.8p23f);

  private static final FloatVector LOG2_E = broadcast(1.44269504088896341f);

  // ln 2 in two parts; the high one has few bits, so its product with a small integer is exact.
  private static final FloatVector MINUS_LN2_HIGH = broadcast(-0.693359375f);
  private static final FloatVector MINUS_LN2_LOW = broadcast(2.12194440e-4f);

  /** 127.5 ln 2: above, n would be 128, and 2^128 has no float. */
  private static final FloatVector EXP_OVERFLOW = broadcast(88.37f);

  /** -126 ln 2: below, the result would be subnormal. */
  private static final FloatVector EXP_UNDERFLOW = broadcast(-87.33f);

  private static final FloatVector SQUARE_UNDERFLOW = broadcast(-42.5f);

  private static final FloatVector INFINITY = broadcast(Float.POSITIVE_INFINITY);

  // The minimax polynomial of exp, highest power first.
  private static final FloatVector EXP_7 = broadcast(1.9875691500e-4f);
  private static final FloatVector EXP_6 = broadcast(1.3981999507e-3f);
  private static final FloatVector EXP_5 = broadcast(8.3334519073e-3f);
  private static final FloatVector EXP_4 = broadcast(4.1665795894e-2f);
  private static final FloatVector EXP_3 = broadcast(1.6666665459e-1f);
  private static final FloatVector EXP_2 = broadcast(5.0000001201e-1f);

  // The Taylor series of artanh.
  private static final FloatVector THIRD = broadcast(1f / 3);
  private static final FloatVector FIFTH = broadcast(1f / 5);
  private static final FloatVector SEVENTH = broadcast(1f / 7);
  private static final FloatVector NINTH = broadcast(1f / 9);
  private static final FloatVector ELEVENTH = broadcast(1f / 11);
  private static final FloatVector THIRTEENTH = broadcast(1f / 13);
  private static final FloatVector FIFTEENTH = broadcast(1f / 15);

  private VectorMath() {}

  /** e^x to 2 ulp; infinity above 88.37, 0 below -87.33, NaN for NaN. */
  static FloatVector exp(FloatVector x) {
    FloatVector y = expInRange(x.min(EXP_OVERFLOW).max(EXP_UNDERFLOW));
    y = y.blend(ZERO, x.compare(VectorOperators.LT, EXP_UNDERFLOW));
    return y.blend(INFINITY, x.compare(VectorOperators.GT, EXP_OVERFLOW));
  }

  /**
   * e^x to 2 ulp for -42.5 &lt;= x &lt;= 0; below, 3e-19, which beside 1 is the same as 0 and whose
   * square is not subnormal: subnormal numbers take processors a hundred cycles.
   */
  static FloatVector expOfNonPositive(FloatVector x) {
    return expInRange(x.max(SQUARE_UNDERFLOW));
  }

  /**
   * Cody-Waite reduction x = n ln 2 + r with |r| &lt;= ln(2)/2, then the degree-5 minimax
   * polynomial of the Cephes library's {@code expf} (S. Moshier), then a multiplication by 2^n in
   * the exponent's bits.
   */
  private static FloatVector expInRange(FloatVector x) {
    FloatVector shifted = x.fma(LOG2_E, ROUND);
    FloatVector n = shifted.sub(ROUND);
    FloatVector r = n.fma(MINUS_LN2_LOW, n.fma(MINUS_LN2_HIGH, x));
    FloatVector p = EXP_7.fma(r, EXP_6).fma(r, EXP_5).fma(r, EXP_4).fma(r, EXP_3).fma(r, EXP_2);
    p = p.fma(r.mul(r), r).add(ONE);
    // The shift drops all of ROUND but the integer n in its low bits.
    IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    return p.reinterpretAsInts().add(exponent).reinterpretAsFloats();
  }

  /**
   * log(1 + u) for u in [0, 1], to 2 ulp.
   *
   * <p>log(1 + u) = 2 artanh(s) with s = u / (2 + u) in [0, 1/3], by the Taylor series of artanh to
   * s^15: the first term left out is below 4e-10 of the result.
   */
  static FloatVector log1p(FloatVector u) {
    FloatVector s = u.div(u.add(TWO));
    FloatVector q = s.mul(s);
    FloatVector p = FIFTEENTH.fma(q, THIRTEENTH).fma(q, ELEVENTH).fma(q, NINTH);
    p = p.fma(q, SEVENTH).fma(q, FIFTH).fma(q, THIRD);
    FloatVector twice = s.add(s);
    return p.mul(q).fma(twice, twice);
  }

  /**
   * Zeros to add to. A sum that begins with the constant {@link #ZERO} would be kept on the heap,
   * like the constant.
   */
  static FloatVector zero() {
    return FloatVector.zero(FLOATS);
  }

  /** A vector of one value. */
  static FloatVector broadcast(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }

  /** A vector of floats at a byte offset. */
  static FloatVector load(MemorySegment from, long offset) {
    return FloatVector.fromMemorySegment(FLOATS, from, offset, ORDER);
  }

  /** As {@link #load}, zero and not read where the mask is unset. */
  static FloatVector load(MemorySegment from, long offset, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(FLOATS, from, offset, ORDER, mask);
  }

  /** Writes a vector at a byte offset. */
  static void store(FloatVector vector, MemorySegment to, long offset) {
    vector.intoMemorySegment(to, offset, ORDER);
  }

  /** Writes the lanes whose mask is set. */
  static void store(FloatVector vector, MemorySegment to, long offset, VectorMask<Float> mask) {
    vector.intoMemorySegment(to, offset, ORDER, mask);
  }

  /** The lanes that are left of a row, from a column on. */
  static VectorMask<Float> tail(int column, int columns) {
    return FLOATS.indexInRange(column, columns);
  }
}
