// SPDX-License-Identifier: Apache-2.0
//
// Binary cross-entropy of sigmoid outputs, from the logits, and those outputs. With l the logit, x the target intensity and
// u = exp(-|l|), which is in [0, 1],
//
//   loss = max(l, 0) - l x + log(1 + u)
//   dl   = sigmoid(l) - x,      sigmoid(l) = (l >= 0 ? 1 : u) / (1 + u)
//
// No logarithm of 0 and no overflow for any finite logit.

#include "reduce.cuh"

#define LOSS_THREADS 256

struct CrossEntropy {
  float loss;
  float gradient;
};

// u: exp(-|logit|)
__device__ inline float sigmoid(float logit, float u) { return (logit >= 0.0f ? 1.0f : u) / (1.0f + u); }

__device__ inline CrossEntropy cross_entropy(float logit, float target) {
  float u = expf(-fabsf(logit));
  float loss = fmaxf(logit, 0.0f) + log1pf(u) - logit * target;
  return {loss, sigmoid(logit, u) - target};
}

/**
 * Loss, its sum over a row, and its gradient, in one pass over the logits.
 *
 *   l = products[r, c] + bias[c]      loss[r] = sum over c      products[r, c] = dl
 *
 * products (rows, inputs): read, then = the gradient      x (rows, inputs)      bias (inputs)
 * loss (rows): =
 *
 * Launch: grid (rows), blocks of 256. A block is a row, so that its sum needs no second launch; at a batch of
 *         128 that is 128 blocks for 132 SMs, three pixels a thread.
 * Deterministic: a thread adds every 256th pixel, the block the threads in order.
 */
extern "C" __global__ void __launch_bounds__(LOSS_THREADS)
    loss_forward_backward(const float* __restrict__ bias, const float* __restrict__ x, int inputs,
                          float* __restrict__ products, float* __restrict__ loss) {
  __shared__ float scratch[LOSS_THREADS];
  size_t row = (size_t)blockIdx.x * inputs;
  float sum = 0;
  for (int c = threadIdx.x; c < inputs; c += LOSS_THREADS) {
    CrossEntropy entropy = cross_entropy(products[row + c] + bias[c], x[row + c]);
    products[row + c] = entropy.gradient;
    sum += entropy.loss;
  }
  float total = block_sum(sum, scratch);
  if (threadIdx.x == 0) {
    loss[blockIdx.x] = total;
  }
}

/**
 * The loss alone, for inference: row r is scored against image (r + skipped) / samples.
 *
 * products (rows, inputs)      x (images, inputs)      bias (inputs)      loss (rows): =
 *
 * Launch: grid (rows), blocks of 256. Deterministic, as above.
 */
extern "C" __global__ void __launch_bounds__(LOSS_THREADS)
    loss_forward(const float* __restrict__ products, const float* __restrict__ bias,
                 const float* __restrict__ x, int inputs, int samples, int skipped,
                 float* __restrict__ loss) {
  __shared__ float scratch[LOSS_THREADS];
  size_t row = (size_t)blockIdx.x * inputs;
  size_t image = (size_t)(((int)blockIdx.x + skipped) / samples) * inputs;
  float sum = 0;
  for (int c = threadIdx.x; c < inputs; c += LOSS_THREADS) {
    sum += cross_entropy(products[row + c] + bias[c], x[image + c]).loss;
  }
  float total = block_sum(sum, scratch);
  if (threadIdx.x == 0) {
    loss[blockIdx.x] = total;
  }
}

/**
 * The mean of each pixel, for inference.
 *
 *   l = products[r, c] + bias[c]      products[r, c] = sigmoid(l)
 *
 * products (rows, inputs): read, then = the mean      bias (inputs)
 *
 * Launch: grid (rows), blocks of 256; a block is a row. Deterministic: no sums.
 */
extern "C" __global__ void __launch_bounds__(LOSS_THREADS)
    loss_mean(const float* __restrict__ bias, int inputs, float* __restrict__ products) {
  size_t row = (size_t)blockIdx.x * inputs;
  for (int c = threadIdx.x; c < inputs; c += LOSS_THREADS) {
    float logit = products[row + c] + bias[c];
    products[row + c] = sigmoid(logit, expf(-fabsf(logit)));
  }
}
