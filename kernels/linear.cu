// SPDX-License-Identifier: Apache-2.0
//
// A linear layer, y = x W^T + b, and the activation after it. Products with many operations go to cuBLAS and use
// only the epilogues here; the small ones, for which a library picks a handful of blocks, are whole here:
// they cut the sum as well as the output, so that a batch of 128 keeps about as many SMs busy as there are.
//
//   x (rows, in)      W (out, in), row-major as PyTorch has it      b (out)      y (rows, out)
//
// Every sum has an order that depends on its length alone, and no launch writes an element twice.
//
// Where an activation is in a kernel, there is one for each (activation.cuh), by macros.

#include "activation.cuh"
#include "reduce.cuh"

// Each warp of linear_forward computes a tile of this many rows and outputs.
#define FORWARD_ROWS 4
#define FORWARD_OUTPUTS 4
#define FORWARD_WARPS 4

// A warp's lanes' parts of its sums. 33: sums of neighbours lie in other banks.
using ForwardParts = float[FORWARD_WARPS][FORWARD_ROWS * FORWARD_OUTPUTS][33];

// A block's work in linear_forward.
template <typename Activation>
__device__ inline void forward_tile(const float* __restrict__ x, const float* __restrict__ weight,
                                    const float* __restrict__ bias, int rows, int in, int out,
                                    int is_hidden, float* __restrict__ y, ForwardParts& parts) {
  const int tile = FORWARD_ROWS * FORWARD_OUTPUTS;
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  int first_row = blockIdx.y * FORWARD_ROWS;
  int first_output = (blockIdx.x * FORWARD_WARPS + warp) * FORWARD_OUTPUTS;

  const float* x_row[FORWARD_ROWS];
  const float* w_row[FORWARD_OUTPUTS];
#pragma unroll
  for (int i = 0; i < FORWARD_ROWS; i++) {
    // Past the end, the last row again: read, never stored.
    x_row[i] = x + (size_t)min(first_row + i, rows - 1) * in;
  }
#pragma unroll
  for (int i = 0; i < FORWARD_OUTPUTS; i++) {
    w_row[i] = weight + (size_t)min(first_output + i, out - 1) * in;
  }
  float sums[FORWARD_ROWS][FORWARD_OUTPUTS] = {};
  for (int k = lane; k < in; k += 32) {
    float w[FORWARD_OUTPUTS];
#pragma unroll
    for (int o = 0; o < FORWARD_OUTPUTS; o++) {
      w[o] = w_row[o][k];
    }
#pragma unroll
    for (int r = 0; r < FORWARD_ROWS; r++) {
      float value = x_row[r][k];
#pragma unroll
      for (int o = 0; o < FORWARD_OUTPUTS; o++) {
        sums[r][o] = fmaf(value, w[o], sums[r][o]);
      }
    }
  }
#pragma unroll
  for (int i = 0; i < tile; i++) {
    parts[warp][i][lane] = sums[i / FORWARD_OUTPUTS][i % FORWARD_OUTPUTS];
  }
  __syncthreads();

  int row = first_row + lane / FORWARD_OUTPUTS;
  int output = first_output + lane % FORWARD_OUTPUTS;
  if (lane < tile && row < rows && output < out) {
    float sum = 0;
#pragma unroll
    for (int i = 0; i < 32; i++) {
      sum += parts[warp][lane][i];
    }
    if (bias != nullptr) {
      sum += bias[output];
    }
    y[(size_t)row * out + output] = is_hidden ? Activation::value(sum) : sum;
  }
}

/**
 * y = x W^T + b, through the activation if is_hidden != 0.
 *
 * b (out), or null for none: who adds it then reads y anyway      y (rows, out), =
 *
 * A warp computes 4 x 4 outputs, its lanes every 32nd term of the 16 sums: x and W are both read along
 * their rows, a line at a time, and 8 loads feed 16 multiplications. The lanes' parts meet in shared
 * memory and are added first to last, then the bias.
 *
 * Launch: grid (ceil(ceil(out / 4) / 4), ceil(rows / 4)), blocks of 128. 400 -> 50 at a batch of 128 is
 *         128 blocks for 132 SMs, 13 terms a lane.
 */
#define LINEAR_FORWARD(NAME, ACTIVATION)                                             \
  extern "C" __global__ void __launch_bounds__(32 * FORWARD_WARPS)                   \
      NAME(const float* __restrict__ x, const float* __restrict__ weight,            \
           const float* __restrict__ bias, int rows, int in, int out, int is_hidden, \
           float* __restrict__ y) {                                                  \
    __shared__ ForwardParts parts;                                                   \
    forward_tile<ACTIVATION>(x, weight, bias, rows, in, out, is_hidden, y, parts);   \
  }

LINEAR_FORWARD(linear_forward, Relu)
LINEAR_FORWARD(linear_forward_tanh, Tanh)

/**
 * What is left of linear_forward after cuBLAS: y = y + b, through the activation if is_hidden != 0, in place.
 *
 * Launch: grid ceil(rows * out / 256), blocks of 256: 200 blocks for 128 x 400.
 */
#define LINEAR_BIAS(NAME, ACTIVATION)                                            \
  extern "C" __global__ void __launch_bounds__(256)                              \
      NAME(const float* __restrict__ bias, size_t count, int out, int is_hidden, \
           float* __restrict__ y) {                                              \
    size_t i = (size_t)blockIdx.x * 256 + threadIdx.x;                           \
    if (i < count) {                                                             \
      float sum = y[i] + bias[i % out];                                          \
      y[i] = is_hidden ? ACTIVATION::value(sum) : sum;                           \
    }                                                                            \
  }

LINEAR_BIAS(linear_bias, Relu)
LINEAR_BIAS(linear_bias_tanh, Tanh)

// Each block of linear_backward_input computes a tile of this many rows and 32 columns.
#define BACKWARD_ROWS 4
#define BACKWARD_WARPS 16
// Terms whose weights a lane has on their way at once: with the rows, a factor of dy a lane.
#define BACKWARD_TERMS 8

struct BackwardShared {
  float parts[BACKWARD_WARPS][BACKWARD_ROWS][32];
  float factors[BACKWARD_WARPS][32];
};

// A block's work in linear_backward_input.
template <typename Activation>
__device__ inline void backward_tile(const float* __restrict__ dy, const float* __restrict__ weight,
                                     const float* __restrict__ x, int rows, int in, int out,
                                     float* __restrict__ dx, BackwardShared& shared) {
  static_assert(BACKWARD_ROWS * BACKWARD_TERMS == 32, "a factor a lane");
  auto& parts = shared.parts;
  auto& factors = shared.factors;
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  int first_row = blockIdx.y * BACKWARD_ROWS;
  int column = min((int)blockIdx.x * 32 + lane, in - 1);

  const float* factor_row = dy + (size_t)min(first_row + lane / BACKWARD_TERMS, rows - 1) * out;
  float sums[BACKWARD_ROWS] = {};
  int first = (int)((long long)out * warp / BACKWARD_WARPS);
  int end = (int)((long long)out * (warp + 1) / BACKWARD_WARPS);
  for (int group = first; group < end; group += BACKWARD_TERMS) {
    float w[BACKWARD_TERMS];
#pragma unroll
    for (int i = 0; i < BACKWARD_TERMS; i++) {
      // Past the end, the last term again: read, never added.
      w[i] = weight[(size_t)min(group + i, end - 1) * in + column];
    }
    factors[warp][lane] = factor_row[min(group + lane % BACKWARD_TERMS, end - 1)];
    __syncwarp();
#pragma unroll
    for (int i = 0; i < BACKWARD_TERMS; i++) {
      if (group + i < end) {
#pragma unroll
        for (int r = 0; r < BACKWARD_ROWS; r++) {
          sums[r] = fmaf(factors[warp][r * BACKWARD_TERMS + i], w[i], sums[r]);
        }
      }
    }
    __syncwarp();
  }
#pragma unroll
  for (int r = 0; r < BACKWARD_ROWS; r++) {
    parts[warp][r][lane] = sums[r];
  }
  __syncthreads();

  int row = first_row + warp;
  column = blockIdx.x * 32 + lane;
  if (warp < BACKWARD_ROWS && row < rows && column < in) {
    float sum = 0;
#pragma unroll
    for (int i = 0; i < BACKWARD_WARPS; i++) {
      sum += parts[i][warp][lane];
    }
    size_t at = (size_t)row * in + column;
    dx[at] = x == nullptr ? sum : Activation::gradient(sum, x[at]);
  }
}

/**
 * dx = dy W, and through the activation that made x: the gradient by what that was given.
 *
 * dx (rows, in), =      dy (rows, out)      x (rows, in), or null if no hidden layer made it
 *
 * A block computes 4 rows of 32 columns. Its 16 warps each take a sixteenth of the outputs, in a row; a lane
 * is a column, so W is read a line at a time. The sixteenths are added first to last.
 *
 * Few blocks have much to read one after the other here, so a lane asks for 8 weights before it uses the
 * first, and each lane for one of the 32 factors that go with them, which it shares through the block's
 * memory: a sum of 25 terms waits for memory four times.
 *
 * Launch: grid (ceil(in / 32), ceil(rows / 4)), blocks of 512. 50 <- 400 at a batch of 128 is 64 blocks,
 *         25 terms a warp; 400 <- 50 is 416 blocks.
 */
#define LINEAR_BACKWARD_INPUT(NAME, ACTIVATION)                                              \
  extern "C" __global__ void __launch_bounds__(32 * BACKWARD_WARPS)                          \
      NAME(const float* __restrict__ dy, const float* __restrict__ weight,                   \
           const float* __restrict__ x, int rows, int in, int out, float* __restrict__ dx) { \
    __shared__ BackwardShared shared;                                                        \
    backward_tile<ACTIVATION>(dy, weight, x, rows, in, out, dx, shared);                     \
  }

LINEAR_BACKWARD_INPUT(linear_backward_input, Relu)
LINEAR_BACKWARD_INPUT(linear_backward_input_tanh, Tanh)

/**
 * What is left of linear_backward_input after cuBLAS: dx = 0 where x is not above 0, in place.
 *
 * Launch: grid ceil(rows * in / 256), blocks of 256.
 */
extern "C" __global__ void __launch_bounds__(256)
    linear_relu_mask(const float* __restrict__ x, size_t count, float* __restrict__ dx) {
  size_t i = (size_t)blockIdx.x * 256 + threadIdx.x;
  if (i < count && !(x[i] > 0.0f)) {
    dx[i] = 0.0f;
  }
}

/**
 * The same where the layer has tanh: dx = dx (1 - x^2), in place.
 *
 * Launch: grid ceil(rows * in / 256), blocks of 256.
 */
extern "C" __global__ void __launch_bounds__(256)
    linear_tanh_slope(const float* __restrict__ x, size_t count, float* __restrict__ dx) {
  size_t i = (size_t)blockIdx.x * 256 + threadIdx.x;
  if (i < count) {
    dx[i] = Tanh::gradient(dx[i], x[i]);
  }
}

/**
 * A block's work in linear_backward_parameters. Java writes these (class GradientTiles).
 */
struct GradientTile {
  const float* dy;  // (rows, out)
  const float* x;   // (rows, in), or null: then the tile is one of the bias
  float* gradient;  // (out, in), or (out)
  int out;
  int in;
  int first_out;
  int first_in;
};

#define TILE 32
#define TILE_THREADS 256

/** gradient[o, i] = sum over r of dy[r, o] x[r, i], for 32 x 32 (o, i). */
__device__ inline void weight_tile(const GradientTile& tile, int rows, float (&dy)[TILE][TILE + 1],
                                   float (&x)[TILE][TILE + 1]) {
  const int warps = TILE_THREADS / 32;
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  float sums[TILE / warps] = {};
  for (int first = 0; first < rows; first += TILE) {
    for (int r = warp; r < TILE; r += warps) {
      size_t row = first + r;
      bool inside = first + r < rows;
      int o = tile.first_out + lane;
      int i = tile.first_in + lane;
      dy[r][lane] = inside && o < tile.out ? tile.dy[row * tile.out + o] : 0.0f;
      x[r][lane] = inside && i < tile.in ? tile.x[row * tile.in + i] : 0.0f;
    }
    __syncthreads();
#pragma unroll 8
    for (int r = 0; r < TILE; r++) {
#pragma unroll
      for (int o = 0; o < TILE / warps; o++) {
        sums[o] = fmaf(dy[r][warp + o * warps], x[r][lane], sums[o]);
      }
    }
    __syncthreads();
  }
#pragma unroll
  for (int o = 0; o < TILE / warps; o++) {
    int output = tile.first_out + warp + o * warps;
    int input = tile.first_in + lane;
    if (output < tile.out && input < tile.in) {
      tile.gradient[(size_t)output * tile.in + input] = sums[o];
    }
  }
}

/** gradient[o] = sum over r of dy[r, o], for 32 o: eight parts of the rows, added first to last. */
__device__ inline void bias_tile(const GradientTile& tile, int rows, float* parts) {
  int output = tile.first_out + threadIdx.x % 32;
  float sum = column_sum<TILE_THREADS / 32>(tile.dy, rows, tile.out, output, parts);
  if (threadIdx.x < 32 && output < tile.out) {
    tile.gradient[output] = sum;
  }
}

/**
 * The gradients by the parameters, of all layers that cuBLAS does not do, in one launch:
 *
 *   dW = dy^T x      db = column sums of dy
 *
 * tiles (blocks of the grid): which 32 x 32 of a weight, or which 32 of a bias, is each block's.
 * Gradients: =, every element by one block, the rows in a fixed order.
 *
 * One launch, because six layers have twelve such products and a launch costs more than most of them. The
 * study's network has 54 weight tiles in its small layers and 56 bias tiles: fewer than 132 SMs.
 *
 * Launch: grid (number of tiles), blocks of 256.
 */
extern "C" __global__ void __launch_bounds__(TILE_THREADS)
    linear_backward_parameters(const GradientTile* __restrict__ tiles, int rows) {
  __shared__ float a[TILE][TILE + 1];
  __shared__ float b[TILE][TILE + 1];
  GradientTile tile = tiles[blockIdx.x];
  if (tile.x != nullptr) {
    weight_tile(tile, rows, a, b);
  } else {
    bias_tile(tile, rows, &a[0][0]);
  }
}
