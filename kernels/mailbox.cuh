// SPDX-License-Identifier: Apache-2.0
//
// Where a step meets the host: it is told beta, and tells its losses. Both lie in host memory that is mapped
// into the device, a ring of 64-bit words each, and both sides do no more than load and store:
//
//   word = (step + 1) mod 2^32 << 32 | bits of a float
//
// One aligned word is one access: never torn, and its upper half says whether it is the one waited for, so a
// word of an earlier lap of the ring, or the zeros at the beginning, cannot be taken for it.
#pragma once

#include "step.cuh"

__device__ inline unsigned int tag_of(unsigned long long step) { return (unsigned int)(step + 1); }

__device__ inline Word word_of(unsigned long long step, float value) {
  return (Word)tag_of(step) << 32 | (unsigned int)__float_as_int(value);
}

/**
 * Tells the host a step's losses. The host loads KL's word with acquire, and RL's is there when it is: so
 * one of them is stored with release.
 */
__device__ inline void publish(Word* rls, Word* kls, int ring_mask, unsigned long long step,
                               float rl, float kl) {
  int place = (unsigned int)step & ring_mask;
  store_system(rls + place, word_of(step, rl));
  store_release_system(kls + place, word_of(step, kl));
}

/** Adam's factors that depend on the step, t = step + 1. */
__device__ inline void set_factors(StepState* state, unsigned long long step,
                                   double learning_rate) {
  double t = (double)(step + 1);
  state->step_size = (float)(learning_rate / (1.0 - pow(0.9, t)));
  state->root_scale = (float)(1.0 / sqrt(1.0 - pow(0.999, t)));
}

/**
 * Waits for a step's beta, and sets it.
 *
 * If none comes within timeout_ns, stores the step's tag in `status`. From then on nothing is waited for, so
 * that what is under way drains, and beta is 0.
 */
__device__ inline void await_beta(StepState* state, unsigned long long step, const Word* betas,
                                  int ring_mask, Word timeout_ns, Word* status) {
  const Word* address = betas + ((unsigned int)step & ring_mask);
  unsigned int tag = tag_of(step);
  Word start = clock_nanoseconds();
  Word word = 0;
  bool came = false;
  while (!came && !state->failed) {
    word = load_acquire_system(address);
    came = (unsigned int)(word >> 32) == tag;
    if (!came) {
      if (clock_nanoseconds() - start > timeout_ns) {
        state->failed = 1;
        store_release_system(status, tag);
      } else {
        __nanosleep(200);
      }
    }
  }
  state->beta = came ? __int_as_float((int)(unsigned int)word) : 0.0f;
}
