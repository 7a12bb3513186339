// SPDX-License-Identifier: Apache-2.0
//
// What the step on a GPU rests on, alone, to be timed by Foundations.java.

#include "device.cuh"

/** A launch that does nothing: what a node of a graph costs. */
extern "C" __global__ void foundation_nothing() {}

/**
 * Barriers over the whole grid, as a persistent kernel would have them: each block's first thread adds one to
 * a counter and waits until all have.
 *
 * counter: 0 before      Launch: cooperative, every block resident.
 */
extern "C" __global__ void foundation_barriers(unsigned int* counter, int rounds) {
  unsigned int target = 0;
  for (int i = 0; i < rounds; i++) {
    target += gridDim.x;
    __syncthreads();
    if (threadIdx.x == 0) {
      __threadfence();
      atomicAdd(counter, 1u);
      while (*(volatile unsigned int*)counter < target) {
      }
      __threadfence();
    }
    __syncthreads();
  }
}

/**
 * Asks the host and waits for its answer, again and again: the way of a KL divergence and a beta.
 *
 * question, answer: words of mapped host memory, 0 before      Launch: one thread.
 */
extern "C" __global__ void foundation_mailbox(Word* question, const Word* answer, int rounds) {
  for (int i = 1; i <= rounds; i++) {
    store_release_system(question, i);
    while (load_acquire_system(answer) != (Word)i) {
    }
  }
}
