// SPDX-License-Identifier: Apache-2.0
//
// Sixteen floats at a time: as one vector of AVX-512, two of AVX2 or four of NEON.
//
// What is here is all that differs between instruction sets. Every operation is exact or correctly rounded in
// each of them, so that a program made of these gives the same bits on all processors.
#pragma once

#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#include <immintrin.h>
#define CVAE_ISA "x86-64-v4"
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#define CVAE_ISA "x86-64-v3"
#elif defined(__aarch64__)
#include <arm_neon.h>
#define CVAE_ISA "neon"
#else
#error "neither AVX-512, AVX2 with FMA nor NEON"
#endif

// Calls would pass Lanes of several vectors through memory.
#define CVAE_INLINE inline __attribute__((always_inline))

namespace cvae {

#if defined(__AVX512F__) && defined(__AVX512DQ__)

using Vector = __m512;
// A tile of a product, in registers: of 32 vectors 24 for sums, 2 for activations.
constexpr int kTileRows = 12;
constexpr int kTileLanes = 2;

CVAE_INLINE Vector vector_of(float value) { return _mm512_set1_ps(value); }
CVAE_INLINE Vector vector_fma(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
CVAE_INLINE Vector vector_sqrt(Vector a) { return _mm512_sqrt_ps(a); }

CVAE_INLINE void pause() { _mm_pause(); }

#elif defined(__AVX2__) && defined(__FMA__)

using Vector = __m256;
// Of 16 vectors 12 for sums, 2 for activations.
constexpr int kTileRows = 6;
constexpr int kTileLanes = 1;

CVAE_INLINE Vector vector_of(float value) { return _mm256_set1_ps(value); }
CVAE_INLINE Vector vector_fma(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
CVAE_INLINE Vector vector_sqrt(Vector a) { return _mm256_sqrt_ps(a); }

CVAE_INLINE void pause() { _mm_pause(); }

#else

using Vector = float32x4_t;
// Of 32 vectors 24 for sums, 4 for activations.
constexpr int kTileRows = 6;
constexpr int kTileLanes = 1;

CVAE_INLINE Vector vector_of(float value) { return vdupq_n_f32(value); }
CVAE_INLINE Vector vector_fma(Vector a, Vector b, Vector c) { return vfmaq_f32(c, a, b); }
CVAE_INLINE Vector vector_sqrt(Vector a) { return vsqrtq_f32(a); }

CVAE_INLINE void pause() { __asm__ volatile("yield"); }

#endif

/** Floats in a Lanes, on every processor. */
constexpr int kLanes = 16;

constexpr int kParts = kLanes * int(sizeof(float)) / int(sizeof(Vector));

using IntVector = int32_t __attribute__((vector_size(sizeof(Vector))));

using FloatVector = float __attribute__((vector_size(sizeof(Vector))));

/** A vector anywhere among floats. */
using AnyVector = Vector __attribute__((aligned(4), may_alias));

/** A truth for each lane. */
struct Mask {
  IntVector part[kParts];
};

struct Lanes {
  Vector part[kParts];
};

#define EACH_PART _Pragma("GCC unroll 4") for (int i = 0; i < kParts; i++)

CVAE_INLINE Lanes lanes(float value) {
  Lanes y;
  EACH_PART y.part[i] = vector_of(value);
  return y;
}

CVAE_INLINE Lanes load(const float* from) {
  Lanes y;
  EACH_PART y.part[i] = *reinterpret_cast<const AnyVector*>(from + i * (kLanes / kParts));
  return y;
}

CVAE_INLINE void store(float* to, Lanes x) {
  EACH_PART* reinterpret_cast<AnyVector*>(to + i * (kLanes / kParts)) = x.part[i];
}

CVAE_INLINE Lanes operator+(Lanes a, Lanes b) {
  EACH_PART a.part[i] = a.part[i] + b.part[i];
  return a;
}

CVAE_INLINE Lanes operator-(Lanes a, Lanes b) {
  EACH_PART a.part[i] = a.part[i] - b.part[i];
  return a;
}

CVAE_INLINE Lanes operator*(Lanes a, Lanes b) {
  EACH_PART a.part[i] = a.part[i] * b.part[i];
  return a;
}

CVAE_INLINE Lanes operator/(Lanes a, Lanes b) {
  EACH_PART a.part[i] = a.part[i] / b.part[i];
  return a;
}

CVAE_INLINE Lanes operator-(Lanes a) {
  EACH_PART a.part[i] = -a.part[i];
  return a;
}

/** a b + c, rounded once. */
CVAE_INLINE Lanes fma(Lanes a, Lanes b, Lanes c) {
  EACH_PART c.part[i] = vector_fma(a.part[i], b.part[i], c.part[i]);
  return c;
}

CVAE_INLINE Lanes sqrt(Lanes a) {
  EACH_PART a.part[i] = vector_sqrt(a.part[i]);
  return a;
}

CVAE_INLINE Mask operator<(Lanes a, Lanes b) {
  Mask y;
  EACH_PART y.part[i] = (IntVector)(a.part[i] < b.part[i]);
  return y;
}

CVAE_INLINE Mask operator>(Lanes a, Lanes b) { return b < a; }

/** Of each lane `yes` where the mask is true, else `no`. */
CVAE_INLINE Lanes select(Mask mask, Lanes yes, Lanes no) {
  EACH_PART no.part[i] = mask.part[i] ? yes.part[i] : no.part[i];
  return no;
}

// Comparisons with NaN are false: the first argument stays, NaN or not.

/** x, but no less than `least`. */
CVAE_INLINE Lanes at_least(Lanes x, Lanes least) { return select(x < least, least, x); }

/** x, but no more than `most`. */
CVAE_INLINE Lanes at_most(Lanes x, Lanes most) { return select(x > most, most, x); }

/** x without its sign. */
CVAE_INLINE Lanes magnitude(Lanes x) {
  EACH_PART x.part[i] = (Vector)((IntVector)x.part[i] & 0x7fffffff);
  return x;
}

/** x, which has no sign, with the sign of y. */
CVAE_INLINE Lanes with_sign_of(Lanes x, Lanes y) {
  EACH_PART x.part[i] = (Vector)((IntVector)x.part[i] | ((IntVector)y.part[i] & ~0x7fffffff));
  return x;
}

CVAE_INLINE Lanes relu(Lanes x) { return at_least(x, lanes(0)); }

/** x with `shifted`'s bits, moved into the exponent, added to its own: x 2^n for the n in its low bits. */
CVAE_INLINE Lanes add_exponent(Lanes x, Lanes shifted) {
  EACH_PART x.part[i] = (Vector)((IntVector)x.part[i] + ((IntVector)shifted.part[i] << 23));
  return x;
}

/** x = mantissa 2^exponent, with the mantissa from sqrt(1/2) to sqrt(2). */
struct Parts {
  Lanes mantissa;
  Lanes exponent;
};

/** The parts of a normal x above 0; of others something. */
CVAE_INLINE Parts parts_of(Lanes x) {
  Parts y;
  EACH_PART {
    IntVector bits = (IntVector)x.part[i];
    // 0x3f3504f3 is sqrt(1/2).
    IntVector exponent = (bits - 0x3f3504f3) >> 23;
    y.mantissa.part[i] = (Vector)(bits - (exponent << 23));
    y.exponent.part[i] = (Vector) __builtin_convertvector(exponent, FloatVector);
  }
  return y;
}

#undef EACH_PART

}  // namespace cvae
