// SPDX-License-Identifier: Apache-2.0
//
// Elementary functions of lanes, in operations that are exact or correctly rounded, in one order.
#pragma once

#include "lanes.h"

namespace cvae {

/** e^x = (1 + less_one) 2^n, where less_one is at most sqrt(2) - 1 and at least 1 / sqrt(2) - 1. */
struct PartsOfExp {
  Lanes less_one;
  /** n in its low bits, as add_exponent takes it. */
  Lanes shifted;
};

/**
 * The parts of e^x, for |x| below 2^21.
 *
 * Cody-Waite reduction x = n ln 2 + r with |r| <= ln(2)/2, then the degree-5 minimax polynomial of the Cephes
 * library's expf (S. Moshier).
 */
CVAE_INLINE PartsOfExp parts_of_exp(Lanes x) {
  // Adding it to a float below 2^22 rounds to an integer, held in the low bits.
  const Lanes round = lanes(0x1.8p23f);
  Lanes shifted = fma(x, lanes(1.44269504088896341f), round);
  Lanes n = shifted - round;
  // ln 2 in two parts; the high one has few bits, so its product with a small integer is exact.
  Lanes r = fma(n, lanes(2.12194440e-4f), fma(n, lanes(-0.693359375f), x));
  Lanes p = fma(lanes(1.9875691500e-4f), r, lanes(1.3981999507e-3f));
  p = fma(p, r, lanes(8.3334519073e-3f));
  p = fma(p, r, lanes(4.1665795894e-2f));
  p = fma(p, r, lanes(1.6666665459e-1f));
  p = fma(p, r, lanes(5.0000001201e-1f));
  return {fma(p, r * r, r), shifted};
}

/** e^x to 2 ulp for x from -87.33 to 88.37, where neither it nor the power of two in it leaves the floats. */
CVAE_INLINE Lanes exp_in_range(Lanes x) {
  PartsOfExp parts = parts_of_exp(x);
  return add_exponent(parts.less_one + lanes(1), parts.shifted);
}

/** e^x to 2 ulp; infinity above 88.37, 0 below -87.33, NaN for NaN. */
CVAE_INLINE Lanes exp(Lanes x) {
  const Lanes most = lanes(88.37f);
  const Lanes least = lanes(-87.33f);
  Lanes y = exp_in_range(at_least(at_most(x, most), least));
  y = select(x < least, lanes(0), y);
  return select(x > most, lanes(__builtin_inff()), y);
}

/**
 * e^x to 2 ulp for x from -42.5 to 0; below, 3e-19, which beside 1 is the same as 0 and whose square is not
 * subnormal: subnormal numbers take processors a hundred cycles.
 */
CVAE_INLINE Lanes exp_of_non_positive(Lanes x) { return exp_in_range(at_least(x, lanes(-42.5f))); }

/** 2 artanh(s) for |s| <= 1/3, to 2 ulp: the Taylor series to s^15, of whose rest the first term is below 4e-10. */
CVAE_INLINE Lanes twice_artanh(Lanes s) {
  Lanes q = s * s;
  Lanes p = fma(lanes(1.f / 15), q, lanes(1.f / 13));
  p = fma(p, q, lanes(1.f / 11));
  p = fma(p, q, lanes(1.f / 9));
  p = fma(p, q, lanes(1.f / 7));
  p = fma(p, q, lanes(1.f / 5));
  p = fma(p, q, lanes(1.f / 3));
  Lanes twice = s + s;
  return fma(p * q, twice, twice);
}

/**
 * tanh(x) to 3 ulp, NaN for NaN: -m / (m + 2) with the sign of x, where m = e^(-2|x|) - 1 from the parts of the power,
 * whose digits are those of x where x is small. From 10 on it is 1.
 */
CVAE_INLINE Lanes tanh(Lanes x) {
  PartsOfExp parts = parts_of_exp(at_most(magnitude(x), lanes(10)) * lanes(-2));
  Lanes power = add_exponent(lanes(1), parts.shifted);
  Lanes m = fma(power, parts.less_one, power - lanes(1));
  return with_sign_of(magnitude(m) / (m + lanes(2)), x);
}

/** log x for a normal x above 0, to 2 ulp; something finite for others. */
CVAE_INLINE Lanes log(Lanes x) {
  Parts parts = parts_of(x);
  Lanes log_mantissa = twice_artanh((parts.mantissa - lanes(1)) / (parts.mantissa + lanes(1)));
  // ln 2 in two parts; the high one has few bits, so its product with an exponent is exact.
  return fma(parts.exponent, lanes(0.693359375f),
             fma(parts.exponent, lanes(-2.12194440e-4f), log_mantissa));
}

/** log(1 + u) for u from 0 to 1, to 2 ulp: 2 artanh(u / (2 + u)). */
CVAE_INLINE Lanes log1p(Lanes u) { return twice_artanh(u / (u + lanes(2))); }

}  // namespace cvae
