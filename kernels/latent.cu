// SPDX-License-Identifier: Apache-2.0
//
// The middle of the network, by the formulas of latent.cuh.
//
//   heads (rows, 2 latent): means, then log variances      noise, z, dz (rows, latent)      kl (rows)
//
// The weight of a latent dimension's KL divergence in the loss is beta, or made of the batch's KL divergence: see
// KlTerm.java, and the last two kernels. The backward kernels find dimension j's at kl_weights[j * kl_stride]; a stride
// of 0 is one weight for all.

#include "activation.cuh"
#include "latent.cuh"
#include "reduce.cuh"
#include "step.cuh"

// Widest latent space of the fused kernels. Beyond, a block a row would read weights that no longer fit its
// share of the cache, and the products are launches of their own, as any layer's.
#define FUSED_LATENT 16
#define LATENT_THREADS 128
#define KL_WEIGHT_THREADS 256

/** Sum over a warp's lanes of their parts: shared memory of 32 floats a warp, added first to last. */
__device__ inline float sum_of_lanes(const float* parts) {
  float sum = 0;
#pragma unroll
  for (int i = 0; i < 32; i++) {
    sum += parts[i];
  }
  return sum;
}

struct LatentForwardShared {
  float parts[2 * FUSED_LATENT][33];
  float row_heads[2 * FUSED_LATENT];
  float row_z[FUSED_LATENT];
  float row_kl[FUSED_LATENT];
};

// A block's work in latent_forward.
template <typename Activation>
__device__ inline void latent_row_forward(
    const float* __restrict__ h, const float* __restrict__ head_weight,
    const float* __restrict__ head_bias, const float* __restrict__ noise,
    const float* __restrict__ d_weight, const float* __restrict__ d_bias, int h_width, int latent,
    int d_width, float* __restrict__ heads, float* __restrict__ z, float* __restrict__ kl,
    float* __restrict__ d, LatentForwardShared& shared) {
  auto& parts = shared.parts;
  auto& row_heads = shared.row_heads;
  auto& row_z = shared.row_z;
  auto& row_kl = shared.row_kl;
  size_t row = blockIdx.x;
  int thread = threadIdx.x;
  int lane = thread % 32;
  int warp = thread / 32;
  for (int head = warp; head < 2 * latent; head += LATENT_THREADS / 32) {
    float sum = 0;
    for (int k = lane; k < h_width; k += 32) {
      sum = fmaf(h[row * h_width + k], head_weight[(size_t)head * h_width + k], sum);
    }
    parts[head][lane] = sum;
  }
  __syncthreads();
  if (thread < 2 * latent) {
    int head = thread;
    float value = sum_of_lanes(parts[head]) + head_bias[head];
    row_heads[head] = value;
    heads[row * 2 * latent + head] = value;
  }
  __syncthreads();
  if (thread < latent) {
    int j = thread;
    LatentSample point = sample(row_heads[j], row_heads[latent + j], noise[row * latent + j]);
    row_z[j] = point.z;
    row_kl[j] = point.kl;
    z[row * latent + j] = point.z;
  }
  __syncthreads();
  for (int o = thread; o < d_width; o += LATENT_THREADS) {
    float sum = 0;
    for (int j = 0; j < latent; j++) {
      sum = fmaf(row_z[j], d_weight[(size_t)o * latent + j], sum);
    }
    d[row * d_width + o] = Activation::value(sum + d_bias[o]);
  }
  if (thread == 0) {
    float sum = 0;
    for (int j = 0; j < latent; j++) {
      sum += row_kl[j];
    }
    kl[row] = sum;
  }
}

/**
 * Heads, sample, KL divergence and the first decoder layer, of latent spaces up to 16.
 *
 *   heads = h Wh^T + bh      z, kl as above      d = f(z Wd^T + bd), f being the activation
 *
 * h (rows, h_width)      Wh (2 latent, h_width)      Wd (d_width, latent)      noise (rows, latent)
 * heads, z, kl, d (rows, d_width): all =
 *
 * A block is a row: nothing in between leaves the SM, and the four launches are one. Each warp takes every
 * fourth head, its lanes every 32nd term of the sum.
 *
 * Launch: grid (rows), blocks of 128. A batch of 128 is 128 blocks for 132 SMs.
 */
#define LATENT_FORWARD(NAME, ACTIVATION)                                                        \
  extern "C" __global__ void __launch_bounds__(LATENT_THREADS)                                  \
      NAME(const float* __restrict__ h, const float* __restrict__ head_weight,                  \
           const float* __restrict__ head_bias, const float* __restrict__ noise,                \
           const float* __restrict__ d_weight, const float* __restrict__ d_bias, int h_width,   \
           int latent, int d_width, float* __restrict__ heads, float* __restrict__ z,           \
           float* __restrict__ kl, float* __restrict__ d) {                                     \
    __shared__ LatentForwardShared shared;                                                      \
    latent_row_forward<ACTIVATION>(h, head_weight, head_bias, noise, d_weight, d_bias, h_width, \
                                   latent, d_width, heads, z, kl, d, shared);                   \
  }

LATENT_FORWARD(latent_forward, Relu)
LATENT_FORWARD(latent_forward_tanh, Tanh)

struct LatentBackwardShared {
  float parts[FUSED_LATENT][33];
  float row_dheads[2 * FUSED_LATENT];
};

// A block's work in latent_backward.
template <typename Activation>
__device__ inline void latent_row_backward(
    const float* __restrict__ kl_weights, int kl_stride, const float* __restrict__ dd,
    const float* __restrict__ d_weight, const float* __restrict__ heads,
    const float* __restrict__ noise, const float* __restrict__ head_weight,
    const float* __restrict__ h, int h_width, int latent, int d_width, float* __restrict__ dheads,
    float* __restrict__ dh, LatentBackwardShared& shared) {
  auto& parts = shared.parts;
  auto& row_dheads = shared.row_dheads;
  size_t row = blockIdx.x;
  int thread = threadIdx.x;
  int lane = thread % 32;
  int warp = thread / 32;
  for (int j = warp; j < latent; j += LATENT_THREADS / 32) {
    float sum = 0;
    for (int o = lane; o < d_width; o += 32) {
      sum = fmaf(dd[row * d_width + o], d_weight[(size_t)o * latent + j], sum);
    }
    parts[j][lane] = sum;
  }
  __syncthreads();
  if (thread < latent) {
    int j = thread;
    const float* row_heads = heads + row * 2 * latent;
    HeadGradient gradient =
        head_gradient(row_heads[j], row_heads[latent + j], noise[row * latent + j],
                      sum_of_lanes(parts[j]), kl_weights[j * kl_stride]);
    row_dheads[j] = gradient.mean;
    row_dheads[latent + j] = gradient.log_variance;
    dheads[row * 2 * latent + j] = gradient.mean;
    dheads[row * 2 * latent + latent + j] = gradient.log_variance;
  }
  __syncthreads();
  for (int k = thread; k < h_width; k += LATENT_THREADS) {
    float sum = 0;
    for (int head = 0; head < 2 * latent; head++) {
      sum = fmaf(row_dheads[head], head_weight[(size_t)head * h_width + k], sum);
    }
    size_t at = row * h_width + k;
    dh[at] = Activation::gradient(sum, h[at]);
  }
}

/**
 * The backward of latent_forward, down to the encoder's last hidden layer.
 *
 *   dz = dd Wd      dheads as above      dh = (dheads Wh) f'(h)
 *
 * dd (rows, d_width)      heads, noise, h, Wh, Wd: as forward
 * dheads (rows, 2 latent), dh (rows, h_width): =
 *
 * Launch: grid (rows), blocks of 128.
 */
#define LATENT_BACKWARD(NAME, ACTIVATION)                                                          \
  extern "C" __global__ void __launch_bounds__(LATENT_THREADS)                                     \
      NAME(const float* __restrict__ kl_weights, int kl_stride, const float* __restrict__ dd,      \
           const float* __restrict__ d_weight, const float* __restrict__ heads,                    \
           const float* __restrict__ noise, const float* __restrict__ head_weight,                 \
           const float* __restrict__ h, int h_width, int latent, int d_width,                      \
           float* __restrict__ dheads, float* __restrict__ dh) {                                   \
    __shared__ LatentBackwardShared shared;                                                        \
    latent_row_backward<ACTIVATION>(kl_weights, kl_stride, dd, d_weight, heads, noise,             \
                                    head_weight, h, h_width, latent, d_width, dheads, dh, shared); \
  }

LATENT_BACKWARD(latent_backward, Relu)
LATENT_BACKWARD(latent_backward_tanh, Tanh)

/**
 * Sample and KL divergence alone, of any latent space: the heads are there, the decoder comes after.
 *
 * heads (rows, 2 latent), noise (rows, latent)      z (rows, latent), kl (rows): =
 *
 * Launch: grid (rows), blocks of 128. A thread adds every 128th dimension, the block the threads in order.
 */
extern "C" __global__ void __launch_bounds__(LATENT_THREADS)
    latent_sample_forward(const float* __restrict__ heads, const float* __restrict__ noise,
                          int latent, float* __restrict__ z, float* __restrict__ kl) {
  __shared__ float scratch[LATENT_THREADS];
  size_t row = blockIdx.x;
  float sum = 0;
  for (int j = threadIdx.x; j < latent; j += LATENT_THREADS) {
    LatentSample point = sample(heads[row * 2 * latent + j], heads[row * 2 * latent + latent + j],
                                noise[row * latent + j]);
    z[row * latent + j] = point.z;
    sum += point.kl;
  }
  float total = block_sum(sum, scratch);
  if (threadIdx.x == 0) {
    kl[row] = total;
  }
}

/**
 * The backward of latent_sample_forward.
 *
 * heads, dheads (rows, 2 latent)      noise, dz (rows, latent)      dheads: =
 *
 * Launch: grid ceil(rows * latent / 256), blocks of 256. An int holds the count: of the 65,535 rows and the 1,024
 *         dimensions at most it is 2^26.
 */
extern "C" __global__ void __launch_bounds__(256)
    latent_sample_backward(const float* __restrict__ kl_weights, int kl_stride,
                           const float* __restrict__ heads, const float* __restrict__ noise,
                           const float* __restrict__ dz, int count, int latent,
                           float* __restrict__ dheads) {
  int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= count) {
    return;
  }
  int j = i % latent;
  size_t mean = (size_t)(i / latent) * 2 * latent + j;
  HeadGradient gradient =
      head_gradient(heads[mean], heads[mean + latent], noise[i], dz[i], kl_weights[j * kl_stride]);
  dheads[mean] = gradient.mean;
  dheads[mean + latent] = gradient.log_variance;
}

/**
 * The weight of the KL divergence where the loss has gamma |KL - C|, KL being the mean over the rows.
 *
 *   kl_weight = gamma if KL > C, -gamma if KL < C, 0 if they are equal
 *
 * kl (rows); C is the state's beta      kl_weight (1): =
 *
 * Launch: one block of 256, on the host's branch once C and KL are there: beside the decoder.
 * Deterministic: a thread adds every 256th row in double, the block the threads in order. step_end adds so too: this is
 *         the KL that the host is told, to the last bit, so that it knows which weight it was.
 */
extern "C" __global__ void __launch_bounds__(KL_WEIGHT_THREADS, 1)
    latent_distance_weight(const StepState* __restrict__ state, const float* __restrict__ kl,
                           int rows, float gamma, float* __restrict__ kl_weight) {
  __shared__ double scratch[KL_WEIGHT_THREADS];
  double sum = 0;
  for (int r = threadIdx.x; r < rows; r += KL_WEIGHT_THREADS) {
    sum += kl[r];
  }
  double total = block_sum(sum, scratch);
  if (threadIdx.x == 0) {
    float mean = (float)(total / rows);
    float c = state->beta;
    kl_weight[0] = mean > c ? gamma : mean < c ? -gamma : 0.0f;
  }
}

/**
 * The weights of the KL divergence where the loss has beta times the sum over the latent dimensions j of
 * max(lambda, KL_j), KL_j being the mean over the rows.
 *
 *   kl_weights[j] = beta if KL_j > lambda, else 0
 *
 * heads as above      kl_weights (latent): =
 *
 * Launch: grid (latent), blocks of 256, on the host's branch once beta and the heads are there: beside the decoder.
 * Deterministic: a thread adds every 256th row in double, the block the threads in order.
 */
extern "C" __global__ void __launch_bounds__(KL_WEIGHT_THREADS)
    latent_free_bits_weights(const StepState* __restrict__ state, const float* __restrict__ heads,
                             int rows, int latent, float lambda, float* __restrict__ kl_weights) {
  __shared__ double scratch[KL_WEIGHT_THREADS];
  int j = blockIdx.x;
  double sum = 0;
  for (int r = threadIdx.x; r < rows; r += KL_WEIGHT_THREADS) {
    const float* row = heads + (size_t)r * 2 * latent;
    sum += divergence(row[j], row[latent + j]);
  }
  double total = block_sum(sum, scratch);
  if (threadIdx.x == 0) {
    kl_weights[j] = (float)(total / rows) > lambda ? state->beta : 0.0f;
  }
}
