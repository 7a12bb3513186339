// SPDX-License-Identifier: Apache-2.0
//
// Standard normal noise, by its address: as the classes Philox and GaussianNoise of package random have it, to
// rounding.
#pragma once

#include "functions.h"

namespace cvae {

/** Where the noise of a step lies: key, purpose and step, see RandomPurpose. */
struct NoiseAddress {
  uint64_t seed;
  uint32_t purpose;
  uint32_t step;
};

/** The four words of a Philox block, for sixteen rows. */
struct PhiloxLanes {
  uint32_t word[4][kLanes];
};

/**
 * Philox4x32-10 (J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) at the counters
 * (block, first row + lane, step, purpose).
 */
inline PhiloxLanes philox(const NoiseAddress& address, uint32_t block, uint32_t first_row) {
  PhiloxLanes x;
  for (int i = 0; i < kLanes; i++) {
    x.word[0][i] = block;
    x.word[1][i] = first_row + uint32_t(i);
    x.word[2][i] = address.step;
    x.word[3][i] = address.purpose;
  }
  uint32_t key0 = uint32_t(address.seed);
  uint32_t key1 = uint32_t(address.seed >> 32);
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < kLanes; i++) {
      uint64_t p0 = uint64_t(0xD2511F53u) * x.word[0][i];
      uint64_t p1 = uint64_t(0xCD9E8D57u) * x.word[2][i];
      x.word[0][i] = uint32_t(p1 >> 32) ^ x.word[1][i] ^ key0;
      x.word[1][i] = uint32_t(p1);
      x.word[2][i] = uint32_t(p0 >> 32) ^ x.word[3][i] ^ key1;
      x.word[3][i] = uint32_t(p0);
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return x;
}

/** -log(k 2^-24) for an integer k from 1 to 2^24, to 2 ulp. */
inline Lanes minus_log_of_fraction(const uint32_t* k) {
  // k = m 2^e with m from sqrt(1/2) to sqrt(2), so that log m is small on both sides of 1. An integer below
  // 2^24 is a float.
  float mantissa[kLanes];
  float exponent[kLanes];
  for (int i = 0; i < kLanes; i++) {
    float value = float(k[i]);
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    // 0x3f3504f3 is sqrt(1/2).
    uint32_t e = (bits - 0x3f3504f3u) >> 23;
    uint32_t m = bits - (e << 23);
    memcpy(&mantissa[i], &m, sizeof m);
    exponent[i] = 24.f - float(int32_t(e));
  }
  Lanes m = load(mantissa);
  Lanes e = load(exponent);
  Lanes log_m = twice_artanh((m - lanes(1)) / (m + lanes(1)));
  // ln 2 in two parts; the high one has few bits, so its product with an exponent is exact.
  return fma(e, lanes(0.693359375f), fma(e, lanes(-2.12194440e-4f), -log_m));
}

struct CosineAndSine {
  Lanes cosine;
  Lanes sine;
};

/** Of k 2^-24 turns, k from 0 to 2^24 - 1; to 2 ulp of 1. */
inline CosineAndSine of_turns(const uint32_t* k) {
  // A quarter turn is 2^22: the nearest multiple, and what is left, up to an eighth of a turn either way.
  float rest[kLanes];
  float swap[kLanes];
  float cosine_sign[kLanes];
  float sine_sign[kLanes];
  for (int i = 0; i < kLanes; i++) {
    uint32_t quarter = (k[i] + (1u << 21)) >> 22;
    rest[i] = float(int32_t(k[i] - (quarter << 22)));
    swap[i] = float(quarter & 1);
    cosine_sign[i] = (quarter + 1) & 2 ? -1.f : 1.f;
    sine_sign[i] = quarter & 2 ? -1.f : 1.f;
  }
  // The angle in radians: 2 pi 2^-24 times the rest.
  Lanes a = load(rest) * lanes(3.7450702829238416e-7f);
  Lanes q = a * a;
  // Taylor series: at pi/4 the first terms left out are below 4e-9.
  Lanes s = fma(lanes(1.f / 362880), q, lanes(-1.f / 5040));
  s = fma(s, q, lanes(1.f / 120));
  s = fma(s, q, lanes(-1.f / 6));
  s = fma(s * q, a, a);
  Lanes c = fma(lanes(1.f / 40320), q, lanes(-1.f / 720));
  c = fma(c, q, lanes(1.f / 24));
  c = fma(c, q, lanes(-0.5f));
  c = fma(c, q, lanes(1));
  Mask swapped = load(swap) > lanes(0);
  return {select(swapped, s, c) * load(cosine_sign), select(swapped, c, s) * load(sine_sign)};
}

/**
 * The Box-Muller transform (G. Box, M. Muller, "A note on the generation of random normal deviates", Ann. Math.
 * Stat. 29, 1958) of four words of a block for sixteen rows: the noise of four columns.
 */
inline void normals(const PhiloxLanes& words, Lanes noise[4]) {
  for (int pair = 0; pair < 4; pair += 2) {
    uint32_t above_zero[kLanes];
    uint32_t turns[kLanes];
    for (int i = 0; i < kLanes; i++) {
      above_zero[i] = (words.word[pair][i] >> 8) + 1;
      turns[i] = words.word[pair + 1][i] >> 8;
    }
    Lanes half_square = minus_log_of_fraction(above_zero);
    Lanes radius = sqrt(half_square + half_square);
    CosineAndSine at = of_turns(turns);
    noise[pair] = radius * at.cosine;
    noise[pair + 1] = radius * at.sine;
  }
}

}  // namespace cvae
