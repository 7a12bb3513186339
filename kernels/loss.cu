// SPDX-License-Identifier: Apache-2.0
//
// The reconstruction loss and the pixels' means from the logits, by the formulas of likelihood.cuh. Each likelihood has
// kernels of its own, which begin with its name: LossLaunches.java finds them by it.

#include "likelihood.cuh"
#include "reduce.cuh"

#define LOSS_THREADS 256

// A row's loss and gradients, by a block; the block shares the scratch.
template <typename Likelihood>
__device__ inline void row_forward_backward(const Likelihood& likelihood,
                                            const float* __restrict__ bias,
                                            const float* __restrict__ x, int inputs,
                                            float* __restrict__ products, float* __restrict__ loss,
                                            float (&scratch)[LOSS_THREADS]) {
  size_t row = (size_t)blockIdx.x * inputs;
  float sum = 0;
  for (int c = threadIdx.x; c < inputs; c += LOSS_THREADS) {
    PixelLoss pixel = likelihood.pixel(products[row + c] + bias[c], x[row + c]);
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
__device__ inline void row_forward(const Likelihood& likelihood, const float* __restrict__ products,
                                   const float* __restrict__ bias, const float* __restrict__ x,
                                   int inputs, int samples, int skipped, float* __restrict__ loss,
                                   float (&scratch)[LOSS_THREADS]) {
  size_t row = (size_t)blockIdx.x * inputs;
  size_t image = (size_t)(((int)blockIdx.x + skipped) / samples) * inputs;
  float sum = 0;
  for (int c = threadIdx.x; c < inputs; c += LOSS_THREADS) {
    sum += likelihood.pixel(products[row + c] + bias[c], x[image + c]).loss;
  }
  float total = block_sum(sum, scratch);
  if (threadIdx.x == 0) {
    loss[blockIdx.x] = total;
  }
}

// A row's means.
template <typename Likelihood>
__device__ inline void row_mean(const Likelihood& likelihood, const float* __restrict__ bias,
                                int inputs, float* __restrict__ products) {
  size_t row = (size_t)blockIdx.x * inputs;
  for (int c = threadIdx.x; c < inputs; c += LOSS_THREADS) {
    products[row + c] = likelihood.mean(products[row + c] + bias[c]);
  }
}

/**
 * Loss, its sum over a row, and its gradient, in one pass over the logits.
 *
 *   l = products[r, c] + bias[c]      loss[r] = sum over c      products[r, c] = dl
 *
 * products (rows, inputs): read, then = the gradient      x (rows, inputs)      bias (inputs)
 * log_sigma (1), of the Gaussian      loss (rows): =
 *
 * Launch: grid (rows), blocks of 256. A block is a row, so that its sum needs no second launch; at a batch of
 *         128 that is 128 blocks for 132 SMs, three pixels a thread.
 * Deterministic: a thread adds every 256th pixel, the block the threads in order.
 */
#define FORWARD_BACKWARD(NAME, LIKELIHOOD)                                                 \
  extern "C" __global__ void __launch_bounds__(LOSS_THREADS)                               \
      NAME##_forward_backward(const float* __restrict__ bias, const float* __restrict__ x, \
                              const float* __restrict__ log_sigma, int inputs,             \
                              float* __restrict__ products, float* __restrict__ loss) {    \
    __shared__ float scratch[LOSS_THREADS];                                                \
    row_forward_backward(LIKELIHOOD(log_sigma), bias, x, inputs, products, loss, scratch); \
  }

FORWARD_BACKWARD(bernoulli, Bernoulli)
FORWARD_BACKWARD(continuous_bernoulli, ContinuousBernoulli)
FORWARD_BACKWARD(gaussian, Gaussian)

/**
 * The loss alone, for inference: row r is scored against image (r + skipped) / samples.
 *
 * products (rows, inputs)      x (images, inputs)      bias (inputs)      log_sigma (1), of the Gaussian
 * loss (rows): =
 *
 * Launch: grid (rows), blocks of 256. Deterministic, as above.
 */
#define FORWARD(NAME, LIKELIHOOD)                                                                  \
  extern "C" __global__ void __launch_bounds__(LOSS_THREADS)                                       \
      NAME##_forward(const float* __restrict__ products, const float* __restrict__ bias,           \
                     const float* __restrict__ x, const float* __restrict__ log_sigma, int inputs, \
                     int samples, int skipped, float* __restrict__ loss) {                         \
    __shared__ float scratch[LOSS_THREADS];                                                        \
    row_forward(LIKELIHOOD(log_sigma), products, bias, x, inputs, samples, skipped, loss,          \
                scratch);                                                                          \
  }

FORWARD(bernoulli, Bernoulli)
FORWARD(continuous_bernoulli, ContinuousBernoulli)
FORWARD(gaussian, Gaussian)

/**
 * The mean of each pixel, for inference.
 *
 *   l = products[r, c] + bias[c]      products[r, c] = mean of l
 *
 * products (rows, inputs): read, then = the mean      bias (inputs)      log_sigma (1), of the Gaussian
 *
 * Launch: grid (rows), blocks of 256; a block is a row. Deterministic: no sums.
 */
#define PIXEL_MEAN(NAME, LIKELIHOOD)                                                               \
  extern "C" __global__ void __launch_bounds__(LOSS_THREADS)                                       \
      NAME##_mean(const float* __restrict__ bias, const float* __restrict__ log_sigma, int inputs, \
                  float* __restrict__ products) {                                                  \
    row_mean(LIKELIHOOD(log_sigma), bias, inputs, products);                                       \
  }

PIXEL_MEAN(bernoulli, Bernoulli)
PIXEL_MEAN(continuous_bernoulli, ContinuousBernoulli)
PIXEL_MEAN(gaussian, Gaussian)

/**
 * The gradient of a batch's Gaussian loss by s = log sigma: a number a pixel, less twice the squared errors' part of the loss.
 *
 *   gradient = n - 2 (sum over r of loss[r] - n (s + log(2 pi) / 2)),      n = rows inputs
 *
 * loss (rows)      log_sigma (1)      gradient (1): =
 *
 * Launch: one block of 256. Deterministic: a thread adds every 256th row, the block the threads in order, in double.
 */
extern "C" __global__ void __launch_bounds__(LOSS_THREADS)
    gaussian_log_sigma(const float* __restrict__ loss, const float* __restrict__ log_sigma,
                       int rows, int inputs, float* __restrict__ gradient) {
  __shared__ double scratch[LOSS_THREADS];
  double sum = 0;
  for (int r = threadIdx.x; r < rows; r += LOSS_THREADS) {
    sum += loss[r];
  }
  double total = block_sum(sum, scratch);
  if (threadIdx.x == 0) {
    double n = (double)rows * inputs;
    *gradient = (float)(n - 2 * (total - n * (*log_sigma + HALF_LOG_TWO_PI)));
  }
}
