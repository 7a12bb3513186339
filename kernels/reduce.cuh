// SPDX-License-Identifier: Apache-2.0
//
// Sums over a block in an order that depends on nothing but the block's size: no atomics.
#pragma once

/** Sum over a warp, for all its lanes: in pairs 16 lanes apart, those in pairs 8 apart, and so on. */
template <typename T>
__device__ inline T warp_sum(T value) {
#pragma unroll
  for (int mask = 16; mask > 0; mask /= 2) {
    value += __shfl_xor_sync(0xffffffffu, value, mask);
  }
  return value;
}

/**
 * Sum over the first THREADS threads of a block, for thread 0; others get an unspecified value.
 *
 * First every 32nd value, in ascending order, then those 32 sums in ascending order. Through shared
 * memory, not shuffles: two barriers, and 32 loads that one thread has in flight at once. All threads
 * must call it; a second call with the same scratch needs a barrier between.
 */
template <int THREADS, typename T>
__device__ inline T block_sum(T value, T (&scratch)[THREADS]) {
  static_assert(THREADS % 32 == 0, "whole warps");
  int thread = threadIdx.x;
  if (thread < THREADS) {
    scratch[thread] = value;
  }
  __syncthreads();
  T sum = 0;
  if (thread < 32) {
    for (int i = thread; i < THREADS; i += 32) {
      sum += scratch[i];
    }
    scratch[thread] = sum;  // Slot `thread` is read by this thread alone.
  }
  __syncthreads();
  T total = 0;
  if (thread == 0) {
    for (int i = 0; i < 32; i++) {
      total += scratch[i];
    }
  }
  return total;
}
