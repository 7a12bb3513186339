// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

/**
 * Elementary functions that have no branch and no call, so that the compiler makes vectors of a
 * loop over them, and that are made of exactly rounded operations, so that they give the same bits
 * interpreted, compiled, and at any width of a vector. {@link Math#exp} does neither.
 */
final class FloatMath {
  // Beyond these the result is infinite, or beside 1 nothing and not yet subnormal, which takes
  // processors a hundred cycles an operation.
  private static final float MOST = 89;
  private static final float LEAST = -87;

  /** Where tanh rounds to 1. */
  private static final float ALL_BUT_ONE = 10;

  /** How often a power is squared, and 2 to that number. */
  private static final double PARTS = 1024;

  private static final int SQRT_HALF_BITS = Float.floatToRawIntBits((float) Math.sqrt(0.5));
  private static final int MANTISSA_BITS = 23;
  private static final float LN2_HIGH = 0.693359375f;
  private static final float LN2_LOW = -2.12194440e-4f;

  private FloatMath() {}

  /**
   * e^x to 1 ulp from -87 to 88.7; infinity above, 1.6e-38 below, NaN for NaN.
   *
   * <p>In double, e^(x/1024) by its Taylor series, of which what is left out is below 1e-11, and
   * ten times squared.
   */
  static float exp(float x) {
    double r = Math.max(LEAST, Math.min(MOST, x)) / PARTS;
    double y =
        1 + r * (1 + r * (1. / 2 + r * (1. / 6 + r * (1. / 24 + r * (1. / 120 + r * (1. / 720))))));
    y *= y;
    y *= y;
    y *= y;
    y *= y;
    y *= y;
    y *= y;
    y *= y;
    y *= y;
    y *= y;
    y *= y;
    return (float) y;
  }

  /**
   * tanh(x) to 0.51 ulp, NaN for NaN.
   *
   * <p>In double, m / (m + 2) with m = e^2x - 1. That of x/512 by its Taylor series, of which what
   * is left out is below 1e-14 of it; and where e^r - 1 is m, e^2r - 1 is m (m + 2), ten times.
   */
  static float tanh(float x) {
    double r = 2.0 * Math.max(-ALL_BUT_ONE, Math.min(ALL_BUT_ONE, x)) / PARTS;
    double m =
        r * (1 + r * (1. / 2 + r * (1. / 6 + r * (1. / 24 + r * (1. / 120 + r * (1. / 720))))));
    m *= m + 2;
    m *= m + 2;
    m *= m + 2;
    m *= m + 2;
    m *= m + 2;
    m *= m + 2;
    m *= m + 2;
    m *= m + 2;
    m *= m + 2;
    m *= m + 2;
    return (float) (m / (m + 2));
  }

  /**
   * log(x) for a normal x above 0, to 2 ulp; something finite for others.
   *
   * <p>x = m 2^e with m from sqrt(1/2) to sqrt(2), and log m = 2 artanh((m - 1) / (m + 1)).
   */
  static float log(float x) {
    int bits = Float.floatToRawIntBits(x);
    int e = (bits - SQRT_HALF_BITS) >> MANTISSA_BITS;
    float m = Float.intBitsToFloat(bits - (e << MANTISSA_BITS));
    // The high part of ln 2 has few bits, so that its product with an exponent is exact.
    return e * LN2_HIGH + (e * LN2_LOW + twiceArtanh((m - 1) / (m + 1)));
  }

  /** log(1 + u) for u in [0, 1], to 2 ulp: 2 artanh(s) with s = u / (2 + u). */
  static float log1p(float u) {
    return twiceArtanh(u / (2 + u));
  }

  /**
   * 2 artanh(s) for |s| up to 1/3 by the Taylor series to s^15: the first term left out is below
   * 4e-10 of the result.
   */
  private static float twiceArtanh(float s) {
    float q = s * s;
    float p = 1f / 13 + q * (1f / 15);
    p = 1f / 7 + q * (1f / 9 + q * (1f / 11 + q * p));
    p = q * (1f / 3 + q * (1f / 5 + q * p));
    return (s + s) + (s + s) * p;
  }
}
