// SPDX-License-Identifier: Apache-2.0
//
// From the dataset's bytes, which stay on the device, to a batch of floats.

#include "philox.cuh"
#include "step.cuh"
#include "targets.cuh"

/**
 * The batch and the noise of a training step.
 *
 *   x[r, c]     = pixels[order[batch * batch_size + r], c] / 255
 *   noise[r, j] = normal number at (seed, stream, step, r, j)
 *
 * x      (rows, inputs), =      pixels (images, inputs) bytes      order (images)
 * noise  (rows, latent), =      seed_low, seed_high: the two words of the run's seed
 *
 * Launch: grid (pixel_blocks + ceil(ceil(latent / 4) / 256), rows), pixel_blocks = ceil(inputs / 256);
 *         blocks of 256. At 784 pixels and a batch of 128 that is 640 blocks, a few for each of 132 SMs.
 *         The last blocks of a row make its noise: nobody needs it before latent_forward, and a launch
 *         of its own would cost as much as this one.
 * Deterministic: every element is written by one thread, from its own address.
 */
extern "C" __global__ void __launch_bounds__(256)
    gather_batch(const StepState* state, const unsigned char* pixels, const int* order,
                 int batch_size, int inputs, int pixel_blocks, unsigned int seed_low,
                 unsigned int seed_high, unsigned int stream, int latent, float* x, float* noise) {
  int row = blockIdx.y;
  if ((int)blockIdx.x < pixel_blocks) {
    int column = blockIdx.x * 256 + threadIdx.x;
    if (column < inputs) {
      size_t image = order[(size_t)state->batch * batch_size + row];
      x[(size_t)row * inputs + column] = Grey::target(pixels[image * inputs + column]);
    }
    return;
  }
  int block = ((int)blockIdx.x - pixel_blocks) * 256 + threadIdx.x;
  if (4 * block < latent) {
    noise_quad(seed_low, seed_high, stream, state->step, row, block, latent,
               noise + (size_t)row * latent);
  }
}

/**
 * Images in their own order, for inference.
 *
 *   x[i] = pixels[i] / 255       i in 0 .. count-1
 *
 * x (count), =      pixels (count) bytes
 *
 * Launch: grid ceil(count / 256), blocks of 256. Deterministic.
 */
extern "C" __global__ void __launch_bounds__(256)
    gather_images(const unsigned char* pixels, size_t count, float* x) {
  size_t i = (size_t)blockIdx.x * 256 + threadIdx.x;
  if (i < count) {
    x[i] = Grey::target(pixels[i]);
  }
}
