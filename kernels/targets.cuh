// SPDX-License-Identifier: Apache-2.0
//
// What a byte of the dataset stands for. A struct for each kind of targets, with the formulas that
// Targets.java has under the same name.
#pragma once

/** A pixel's grey, from 0 to 1. */
struct Grey {
  /** A division, rounded once, as in the CPU engine's table. */
  __device__ static inline float target(unsigned char pixel) { return number(pixel) / scale(); }

  // target = number / scale. A number is exact in any format of floats, so that a sum over pixels may add
  // products with these, and divide once.
  __device__ static inline float number(unsigned char pixel) { return pixel; }
  __device__ static inline float scale() { return 255.0f; }
};
