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

  /** 1.5 * 2^23: adding it to a float below 2^22 rounds to an integer, held in the low bits. */
  private static final float ROUND = 0x1.8p23f;

  private static final float LOG2_E = 1.44269504088896341f;

  // ln 2 in two parts; the high one has few bits, so its product with a small integer is exact.
  private static final float LN2_HIGH = 0.693359375f;
  private static final float LN2_LOW = -2.12194440e-4f;

  /** exp of anything above is infinite in float. */
  private static final float EXP_OVERFLOW = 88.72284f;

  /** Below, exp is subnormal; it is given as 0, which no sum here could tell apart. */
  private static final float EXP_UNDERFLOW = -87.33654f;

  private VectorMath() {}

  /**
   * e^x to 2 ulp; infinity above 88.72, 0 below -87.33, NaN for NaN.
   *
   * <p>Cody-Waite reduction x = n ln 2 + r with |r| &lt;= ln(2)/2, then the degree-5 minimax
   * polynomial of the Cephes library's {@code expf} (S. Moshier), then a multiplication by 2^n in
   * the exponent's bits.
   */
  static FloatVector exp(FloatVector x) {
    FloatVector clamped = x.min(EXP_OVERFLOW).max(EXP_UNDERFLOW);
    FloatVector shifted = clamped.fma(broadcast(LOG2_E), broadcast(ROUND));
    FloatVector n = shifted.sub(ROUND);
    FloatVector r = n.fma(broadcast(-LN2_HIGH), clamped);
    r = n.fma(broadcast(-LN2_LOW), r);
    FloatVector p = broadcast(1.9875691500e-4f);
    p = p.fma(r, broadcast(1.3981999507e-3f));
    p = p.fma(r, broadcast(8.3334519073e-3f));
    p = p.fma(r, broadcast(4.1665795894e-2f));
    p = p.fma(r, broadcast(1.6666665459e-1f));
    p = p.fma(r, broadcast(5.0000001201e-1f));
    p = p.fma(r.mul(r), r).add(1f);
    // n is up to 128 and 2^128 has no float: scale by 2^(n-1), which has, and then by 2.
    IntVector exponent = shifted.reinterpretAsInts().sub(1).lanewise(VectorOperators.LSHL, 23);
    FloatVector scaled = p.reinterpretAsInts().add(exponent).reinterpretAsFloats().mul(2f);
    scaled = scaled.blend(0f, x.compare(VectorOperators.LT, EXP_UNDERFLOW));
    scaled = scaled.blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, EXP_OVERFLOW));
    return scaled.blend(x, x.test(VectorOperators.IS_NAN));
  }

  /**
   * log(1 + u) for u in [0, 1], to 2 ulp.
   *
   * <p>log(1 + u) = 2 artanh(s) with s = u / (2 + u) in [0, 1/3], by the Taylor series of artanh to
   * s^15: the first term left out is below 4e-10 of the result.
   */
  static FloatVector log1p(FloatVector u) {
    FloatVector s = u.div(u.add(2f));
    FloatVector q = s.mul(s);
    FloatVector p = broadcast(1f / 15);
    p = p.fma(q, broadcast(1f / 13));
    p = p.fma(q, broadcast(1f / 11));
    p = p.fma(q, broadcast(1f / 9));
    p = p.fma(q, broadcast(1f / 7));
    p = p.fma(q, broadcast(1f / 5));
    p = p.fma(q, broadcast(1f / 3));
    FloatVector twice = s.add(s);
    return p.mul(q).fma(twice, twice);
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
