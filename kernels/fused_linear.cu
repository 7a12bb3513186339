// SPDX-License-Identifier: Apache-2.0
//
// The three large products of a fused step that go row by row: into the first hidden layer, from the last
// one to the logits, and back. What is done with each element is done where its sum is at hand; nothing is
// stored that the next launch would only read to change it. The second and third step back are in
// fused_update.cu, the layers between in fused_middle.cu.
//
// Each kernel is there in several variants, which differ in the tile and in how many groups cut its sums
// within a block; gemm.cuh says why their bits are the same. They are named by these, _m_n_groups.

#include "gemm.cuh"
#include "likelihood.cuh"
#include "mailbox.cuh"
#include "reduce.cuh"
#include "relu.cuh"
#include "targets.cuh"

/** The tile of a block: clusters of blocks share one, tiles of a row of tiles follow each other. */
template <int M, int N>
struct Place {
  int first_m;
  int first_n;

  __device__ Place(int columns) {
    int tile = blockIdx.x / cluster_size();
    int across = (columns + N - 1) / N;
    first_m = tile / across * M;
    first_n = tile % across * N;
  }
};

// ---- into the first hidden layer --------------------------------------------------------------------

template <typename Targets, int M, int N, int GROUPS>
__device__ inline void first_forward(const StepState* state, const unsigned char* pixels,
                                     const int* order, int batch_size, const float* weight,
                                     const float* bias, int rows, int inputs, int out, int* images,
                                     float* y, Shared<M, N, GROUPS>& shared) {
  wait_for_previous_grid();
  let_next_grid_start();
  Place<M, N> place(out);
  const int* batch = order + (size_t)state->batch * batch_size;
  if (place.first_n == 0 && cluster_rank() == 0 && threadIdx.x < M) {
    int row = place.first_m + threadIdx.x;
    if (row < rows) {
      images[row] = batch[row];
    }
  }
  ImagesAlongTerms<Targets> x{pixels, batch, rows, inputs};
  AlongTerms w{weight, out, inputs};
  multiply_cut<M, N, GROUPS>(
      x, w, place.first_m, place.first_n, inputs, shared, [=](int row, int column, float sum) {
        if (row < rows && column < out) {
          y[(size_t)row * out + column] = rectified(sum / Targets::scale() + bias[column]);
        }
      });
}

/**
 * The first hidden layer of a batch, from the dataset's bytes:
 *
 *   images[r] = order[batch * batch_size + r]
 *   y[r, o]   = max(sum over c of pixels[images[r], c] / 255 W[o, c] + b[o], 0)
 *
 * W (out, inputs)      b (out)      y (rows, out), images (rows): =
 *
 * images is for later launches of the step, which read the batch's bytes again: that is a quarter of what
 * reading floats would be.
 *
 * Launch: grid cluster * ceil(rows / M) * ceil(out / N), blocks of 128 GROUPS, clusters of 8 / GROUPS blocks
 *         or of one.
 */
#define FUSED_FIRST_FORWARD(M, N, GROUPS)                                                          \
  extern "C" __global__ void __launch_bounds__(GROUP_THREADS* GROUPS, 1)                           \
      fused_first_forward_grey_##M##_##N##_##GROUPS(                                               \
          const StepState* state, const unsigned char* __restrict__ pixels,                        \
          const int* __restrict__ order, int batch_size, const float* weight, const float* bias,   \
          int rows, int inputs, int out, int* images, float* y) {                                  \
    __shared__ Shared<M, N, GROUPS> shared;                                                        \
    first_forward<Grey>(state, pixels, order, batch_size, weight, bias, rows, inputs, out, images, \
                        y, shared);                                                                \
  }

FUSED_FIRST_FORWARD(32, 32, 4)
FUSED_FIRST_FORWARD(32, 64, 1)
FUSED_FIRST_FORWARD(32, 64, 2)
FUSED_FIRST_FORWARD(64, 64, 2)

// ---- to the logits ----------------------------------------------------------------------------------

template <typename Likelihood, typename Targets, int M, int N, int GROUPS>
__device__ inline void output_loss(const float* d, const float* weight, const float* bias,
                                   const unsigned char* pixels, const int* images, int rows, int in,
                                   int inputs, float* dlogits, float* losses,
                                   Shared<M, N, GROUPS>& shared) {
  wait_for_previous_grid();
  let_next_grid_start();
  Place<M, N> place(inputs);
  AlongTerms x{d, rows, in};
  AlongTerms w{weight, inputs, in};
  int parts = (inputs + 31) / 32;
  const Likelihood likelihood(nullptr);
  multiply_cut<M, N, GROUPS>(
      x, w, place.first_m, place.first_n, in, shared, [=](int row, int column, float sum) {
        float loss = 0;
        if (row < rows && column < inputs) {
          float target = Targets::target(pixels[(size_t)images[row] * inputs + column]);
          PixelLoss pixel = likelihood.pixel(sum + bias[column], target);
          dlogits[(size_t)row * inputs + column] = pixel.gradient;
          loss = pixel.loss;
        }
        float total = warp_sum(loss);
        if (threadIdx.x % 32 == 0 && row < rows && column < inputs) {
          losses[(size_t)row * parts + column / 32] = total;
        }
      });
}

/**
 * Logits, reconstruction loss and its gradient:
 *
 *   l = sum over k of d[r, k] W[c, k] + b[c]      x = pixels[images[r], c] / 255
 *   dlogits[r, c] = dl      losses[r, p] = loss summed over columns 32 p .. 32 p + 31
 *
 * d (rows, in)      W (inputs, in)      b (inputs)      images (rows)
 * dlogits (rows, inputs), losses (rows, ceil(inputs / 32)): =
 *
 * Launch: as fused_first_forward, by rows and inputs, blocks of 128 GROUPS. Deterministic: see multiply_cut and warp_sum.
 */
#define FUSED_OUTPUT_LOSS(M, N, GROUPS)                                                      \
  extern "C" __global__ void __launch_bounds__(GROUP_THREADS* GROUPS, 1)                     \
      fused_output_bernoulli_grey_##M##_##N##_##GROUPS(                                      \
          const float* d, const float* weight, const float* bias,                            \
          const unsigned char* __restrict__ pixels, const int* images, int rows, int in,     \
          int inputs, float* dlogits, float* losses) {                                       \
    __shared__ Shared<M, N, GROUPS> shared;                                                  \
    output_loss<Bernoulli, Grey>(d, weight, bias, pixels, images, rows, in, inputs, dlogits, \
                                 losses, shared);                                            \
  }

FUSED_OUTPUT_LOSS(32, 32, 4)
FUSED_OUTPUT_LOSS(32, 64, 1)
FUSED_OUTPUT_LOSS(32, 64, 2)
FUSED_OUTPUT_LOSS(64, 64, 2)

// ---- and back, while the host is met ----------------------------------------------------------------

/** What the last block of fused_output_backward does. */
struct Host {
  StepState* state;
  const float* losses;  // (rows, parts)
  const float* kl;      // (rows)
  Word* rls;
  Word* kls;
  const Word* betas;
  Word* status;
  Word timeout_ns;
  const double* learning_rates;  // (batches) of the epoch
  int parts;
  int ring_mask;
};

/** Tells the step's losses, goes on to the next step, and waits for this step's beta. */
__device__ inline void meet_host(const Host& host, int rows, double (&scratch)[GROUP_THREADS]) {
  double loss_sum = 0;
  double kl_sum = 0;
  if (threadIdx.x < GROUP_THREADS) {
    for (int r = threadIdx.x; r < rows; r += GROUP_THREADS) {
      for (int part = 0; part < host.parts; part++) {
        loss_sum += host.losses[(size_t)r * host.parts + part];
      }
      kl_sum += host.kl[r];
    }
  }
  double loss_total = block_sum(loss_sum, scratch);
  __syncthreads();
  double kl_total = block_sum(kl_sum, scratch);
  unsigned long long step = host.state->step;
  int batch = host.state->batch;
  __syncthreads();
  if (threadIdx.x == 0) {
    publish(host.rls, host.kls, host.ring_mask, step, (float)(loss_total / rows),
            (float)(kl_total / rows));
    // Nothing after this launch asks which step or batch it is.
    host.state->step = step + 1;
    host.state->batch += 1;
    await_beta(host.state, step, host.betas, host.ring_mask, host.timeout_ns, host.status);
  } else if (threadIdx.x == 32) {
    set_factors(host.state, step, host.learning_rates[batch]);
  }
}

template <int M, int N, int GROUPS>
union SharedWithHost {
  Shared<M, N, GROUPS> product;
  double sums[GROUP_THREADS];
};

template <int M, int N, int GROUPS>
__device__ inline void output_backward(const float* dlogits, const float* weight, const float* d,
                                       int rows, int in, int inputs, float* dd, const Host& host,
                                       SharedWithHost<M, N, GROUPS>& shared) {
  wait_for_previous_grid();
  let_next_grid_start();
  Place<M, N> place(in);
  if (place.first_m >= rows) {
    if (cluster_rank() == 0) {
      meet_host(host, rows, shared.sums);
    }
    return;
  }
  AlongTerms dy{dlogits, rows, inputs};
  AcrossTerms w{weight, in};
  multiply_cut<M, N, GROUPS>(dy, w, place.first_m, place.first_n, inputs, shared.product,
                             [=](int row, int column, float sum) {
                               if (row < rows && column < in) {
                                 size_t at = (size_t)row * in + column;
                                 dd[at] = d[at] > 0.0f ? sum : 0.0f;
                               }
                             });
}

/**
 * The gradient by the last hidden layer:
 *
 *   dd[r, k] = sum over c of dlogits[r, c] W[c, k], and 0 where d[r, k] is not above 0
 *
 * dlogits (rows, inputs)      W (inputs, in)      d (rows, in)      dd (rows, in), =
 *
 * Beside it, in blocks of its own: the step's losses, summed over the rows in double, are told to the host,
 * and its answer to those of the step before, this step's beta, is waited for. It has had the time of a whole
 * step by now, and the next launch is the first to need it.
 *
 *   rls[step], kls[step] = mean of losses, of kl      state.step, state.batch: += 1
 *   state.beta, state.step_size, state.root_scale: see mailbox.cuh; the learning rate is that of the batch
 *
 * Launch: as fused_first_forward, by rows and in, and one more cluster; blocks of 128 GROUPS.
 */
#define FUSED_OUTPUT_BACKWARD(M, N, GROUPS)                                                        \
  extern "C" __global__ void __launch_bounds__(GROUP_THREADS* GROUPS, 1)                           \
      fused_output_backward_##M##_##N##_##GROUPS(                                                  \
          const float* dlogits, const float* weight, const float* d, int rows, int in, int inputs, \
          float* dd, StepState* state, const float* losses, const float* kl, Word* rls, Word* kls, \
          const Word* betas, Word* status, Word timeout_ns, const double* learning_rates,          \
          int ring_mask) {                                                                         \
    __shared__ SharedWithHost<M, N, GROUPS> shared;                                                \
    int parts = (inputs + 31) / 32;                                                                \
    Host host{state,      losses,         kl,    rls,      kls, betas, status,                     \
              timeout_ns, learning_rates, parts, ring_mask};                                       \
    output_backward<M, N, GROUPS>(dlogits, weight, d, rows, in, inputs, dd, host, shared);         \
  }

FUSED_OUTPUT_BACKWARD(32, 32, 4)
FUSED_OUTPUT_BACKWARD(32, 64, 1)
FUSED_OUTPUT_BACKWARD(32, 64, 2)
FUSED_OUTPUT_BACKWARD(64, 64, 2)
