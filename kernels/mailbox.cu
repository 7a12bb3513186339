// SPDX-License-Identifier: Apache-2.0
//
// A step's meetings with the host, on a branch of its own.

#include "mailbox.cuh"
#include "reduce.cuh"

#define STEP_END_THREADS 256

/**
 * Sets what depends on the step alone: Adam's factors, and beta, for which it waits.
 *
 *   state.step_size = lr / (1 - 0.9^t)      state.root_scale = 1 / sqrt(1 - 0.999^t)      t = step + 1
 *   lr              = learning_rates[state.batch]
 *   state.beta      = the float at the step's place of the ring, once the host has put it there
 *
 * learning_rates (batches): of each batch of the epoch, as Java has uploaded them with its order
 * betas: ring of ring_mask + 1 words, a power of two; the host stores with release.
 * status: a word of the host's; the step's tag is stored there if no beta came within timeout_ns.
 *
 * Launch: one thread, on a branch of its own beside gather and forward: the host has had a step's time to
 *         answer when beta is needed, in the latent backward.
 */
extern "C" __global__ void __launch_bounds__(1)
    step_begin(StepState* state, const double* __restrict__ learning_rates, const Word* betas,
               int ring_mask, Word timeout_ns, Word* status) {
  unsigned long long step = state->step;
  set_factors(state, step, learning_rates[state->batch]);
  await_beta(state, step, betas, ring_mask, timeout_ns, status);
}

/**
 * Tells the host a step's losses and goes on to the next step.
 *
 *   rls[step] = (sum over rows of loss) / rows      kls[step] = (sum over rows of kl) / rows
 *   state.step, state.batch: += 1
 *
 * loss, kl (rows)      rls, kls: rings as above.
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
    publish(rls, kls, ring_mask, step, (float)(loss_total / rows), (float)(kl_total / rows));
    state->step = step + 1;
    state->batch += 1;
  }
}
