// SPDX-License-Identifier: Apache-2.0
//
// Where a step meets the host: it is told beta, and tells its losses. Both lie in host memory that is mapped
// into the device, a ring of 64-bit words each, and both sides do no more than load and store:
//
//   word = (step + 1) mod 2^32 << 32 | bits of a float
//
// One aligned word is one access: never torn, and its upper half says whether it is the one waited for, so a
// word of an earlier lap of the ring, or the zeros at the beginning, cannot be taken for it.

#include "reduce.cuh"
#include "step.cuh"

#define STEP_END_THREADS 256

__device__ inline unsigned int tag_of(unsigned long long step) { return (unsigned int)(step + 1); }

__device__ inline void publish(Word* ring, int ring_mask, unsigned long long step, float value) {
  Word word = (Word)tag_of(step) << 32 | (unsigned int)__float_as_int(value);
  store_release_system(ring + ((unsigned int)step & ring_mask), word);
}

/**
 * Sets what depends on the step alone: Adam's factors, and beta, for which it waits.
 *
 *   state.step_size = lr / (1 - 0.9^t)      state.root_scale = 1 / sqrt(1 - 0.999^t)      t = step + 1
 *   state.beta      = the float at the step's place of the ring, once the host has put it there
 *
 * betas: ring of ring_mask + 1 words, a power of two; the host stores with release.
 * status: a word of the host's; the step's tag is stored there if no beta came within timeout_ns. From then
 *         on nothing is waited for, so that what is under way drains, and beta is 0.
 *
 * Launch: one thread, on a branch of its own beside gather and forward: the host has had a step's time to
 *         answer when beta is needed, in the latent backward.
 */
extern "C" __global__ void __launch_bounds__(1)
    step_begin(StepState* state, double learning_rate, const Word* betas, int ring_mask,
               Word timeout_ns, Word* status) {
  unsigned long long step = state->step;
  double t = (double)(step + 1);
  state->step_size = (float)(learning_rate / (1.0 - pow(0.9, t)));
  state->root_scale = (float)(1.0 / sqrt(1.0 - pow(0.999, t)));

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

/**
 * Tells the host a step's losses and goes on to the next step.
 *
 *   rls[step] = (sum over rows of loss) / rows      kls[step] = (sum over rows of kl) / rows
 *   state.step, state.batch: += 1
 *
 * loss, kl (rows)      rls, kls: rings as above; the host loads with acquire, RL being there when KL is.
 *
 * Launch: one block of 256, on a branch beside the weight gradients, after everything that reads state.step.
 * Deterministic: a thread adds every 256th row in double, the block the threads in order.
 */
extern "C" __global__ void __launch_bounds__(STEP_END_THREADS, 1)
    step_end(StepState* state, const float* __restrict__ loss, const float* __restrict__ kl,
             int rows, Word* rls, Word* kls, int ring_mask) {
  __shared__ double scratch[STEP_END_THREADS];
  double loss_sum = 0;
  double kl_sum = 0;
  for (int r = threadIdx.x; r < rows; r += STEP_END_THREADS) {
    loss_sum += loss[r];
    kl_sum += kl[r];
  }
  double loss_total = block_sum(loss_sum, scratch);
  __syncthreads();
  double kl_total = block_sum(kl_sum, scratch);
  if (threadIdx.x == 0) {
    unsigned long long step = state->step;
    publish(rls, ring_mask, step, (float)(loss_total / rows));
    publish(kls, ring_mask, step, (float)(kl_total / rows));
    state->step = step + 1;
    state->batch += 1;
  }
}
