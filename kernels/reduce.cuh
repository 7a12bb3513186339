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

/**
 * Sum over the rows of a column, by a block of WARPS warps: each warp takes a part of the rows, and the parts
 * are added first to last. All threads must call it.
 *
 * @param column that of the calling lane; not below `columns` for none
 * @param parts shared, 32 a warp
 * @return the sum, in the first warp
 */
template <int WARPS>
__device__ inline float column_sum(const float* matrix, int rows, int columns, int column,
                                   float* parts) {
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  float sum = 0;
  if (column < columns) {
    int end = (int)((long long)rows * (warp + 1) / WARPS);
#pragma unroll 4
    for (int r = (int)((long long)rows * warp / WARPS); r < end; r++) {
      sum += matrix[(size_t)r * columns + column];
    }
  }
  parts[threadIdx.x] = sum;
  __syncthreads();
  float total = 0;
  if (warp == 0) {
#pragma unroll
    for (int i = 0; i < WARPS; i++) {
      total += parts[32 * i + lane];
    }
  }
  return total;
}
