// SPDX-License-Identifier: Apache-2.0
// CUDA's vector types, with its alignments: a misaligned access faults here as it does there.
#pragma once

#include "runtime.h"

#define CVAE_VECTOR2(T, NAME, ALIGNMENT)         \
  struct alignas(ALIGNMENT) NAME##2 { T x, y; }; \
  inline NAME##2 make_##NAME##2(T x, T y) { return {x, y}; }

#define CVAE_VECTOR4(T, NAME, ALIGNMENT)               \
  struct alignas(ALIGNMENT) NAME##4 { T x, y, z, w; }; \
  inline NAME##4 make_##NAME##4(T x, T y, T z, T w) { return {x, y, z, w}; }

CVAE_VECTOR2(float, float, 8)
CVAE_VECTOR4(float, float, 16)
CVAE_VECTOR2(double, double, 16)
CVAE_VECTOR2(int, int, 8)
CVAE_VECTOR4(int, int, 16)
CVAE_VECTOR2(unsigned int, uint, 8)
CVAE_VECTOR4(unsigned int, uint, 16)
CVAE_VECTOR2(unsigned char, uchar, 2)
CVAE_VECTOR4(unsigned char, uchar, 4)
CVAE_VECTOR2(unsigned long long, ulonglong, 16)

#undef CVAE_VECTOR2
#undef CVAE_VECTOR4

struct float3 {
  float x, y, z;
};
struct int3 {
  int x, y, z;
};
inline float3 make_float3(float x, float y, float z) { return {x, y, z}; }
inline int3 make_int3(int x, int y, int z) { return {x, y, z}; }
inline uint3 make_uint3(unsigned int x, unsigned int y, unsigned int z) { return {x, y, z}; }
