// SPDX-License-Identifier: Apache-2.0
//
// The reconstruction loss and the pixels' means from the logits, by the formulas of likelihood.cuh. Each likelihood has
// kernels of its own, which begin with its name: LossLaunches.java finds them by it.

#include "likelihood.cuh"
#include "reduce.cuh"

#define LOSS_THREADS 256

// A row's loss and gradients, by a block; the block shares the scratch.
template <typename Likelihood>
__device__ inline void row_forward_backward(const float* __restrict__ bias,
                                            const float* __restrict__ x, int inputs,
                                            float* __restrict__ products, float* __restrict__ loss,
                                            float (&scratch)[LOSS_THREADS]) {
  size_t row = (size_t)blockIdx.x * inputs;
  float sum = 0;
  for (int c = threadIdx.x; c < inputs; c += LOSS_THREADS) {
    PixelLoss pixel = Likelihood::pixel(products[row + c] + bias[c], x[row + c]);
    products[row + c] = pixel.gradient;
    sum += pixel.loss;
  }
  float total = block_sum(sum, scratch);
  if (threadIdx.x == 0) {
    loss[blockIdx.x] = total;
  }
}

// A row's loss alone, as above.
template <typename Likelihood>
__device__ inline void row_forward(const float* __restrict__ products,
                                   const float* __restrict__ bias, const float* __restrict__ x,
                                   int inputs, int samples, int skipped, float* __restrict__ loss,
                                   float (&scratch)[LOSS_THREADS]) {
  size_t row = (size_t)blockIdx.x * inputs;
  size_t image = (size_t)(((int)blockIdx.x + skipped) / samples) * inputs;
  float sum = 0;
  for (int c = threadIdx.x; c < inputs; c += LOSS_THREADS) {
    sum += Likelihood::pixel(products[row + c] + bias[c], x[image + c]).loss;
  }
  float total = block_sum(sum, scratch);
  if (threadIdx.x == 0) {
    loss[blockIdx.x] = total;
  }
}

// A row's means.
template <typename Likelihood>
__device__ inline void row_mean(const float* __restrict__ bias, int inputs,
                                float* __restrict__ products) {
  size_t row = (size_t)blockIdx.x * inputs;
  for (int c = threadIdx.x; c < inputs; c += LOSS_THREADS) {
    products[row + c] = Likelihood::mean(products[row + c] + bias[c]);
  }
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
    bernoulli_forward_backward(const float* __restrict__ bias, const float* __restrict__ x,
                               int inputs, float* __restrict__ products, float* __restrict__ loss) {
  __shared__ float scratch[LOSS_THREADS];
  row_forward_backward<Bernoulli>(bias, x, inputs, products, loss, scratch);
}

/**
 * The loss alone, for inference: row r is scored against image (r + skipped) / samples.
 *
 * products (rows, inputs)      x (images, inputs)      bias (inputs)      loss (rows): =
 *
 * Launch: grid (rows), blocks of 256. Deterministic, as above.
 */
extern "C" __global__ void __launch_bounds__(LOSS_THREADS)
    bernoulli_forward(const float* __restrict__ products, const float* __restrict__ bias,
                      const float* __restrict__ x, int inputs, int samples, int skipped,
                      float* __restrict__ loss) {
  __shared__ float scratch[LOSS_THREADS];
  row_forward<Bernoulli>(products, bias, x, inputs, samples, skipped, loss, scratch);
}

/**
 * The mean of each pixel, for inference.
 *
 *   l = products[r, c] + bias[c]      products[r, c] = mean of l
 *
 * products (rows, inputs): read, then = the mean      bias (inputs)
 *
 * Launch: grid (rows), blocks of 256; a block is a row. Deterministic: no sums.
 */
extern "C" __global__ void __launch_bounds__(LOSS_THREADS)
    bernoulli_mean(const float* __restrict__ bias, int inputs, float* __restrict__ products) {
  row_mean<Bernoulli>(bias, inputs, products);
}
