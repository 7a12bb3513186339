// SPDX-License-Identifier: Apache-2.0
//
// All layers of a fused step between the first hidden layer of the encoder and the last one of the decoder,
// in one launch forward and one back. They are small, and their rows do not depend on each other: a cluster
// of blocks takes a few rows through all of them. What a layer gives stays in the blocks' shared memory;
// the blocks share the outputs of a layer out among themselves, and each stores what it has computed to all
// of them, so that every block has whole rows for the next layer.
//
// Every sum has an order that depends on the layer's sizes alone, whatever the rows and the cluster.

#include "device.cuh"
#include "latent.cuh"
#include "philox.cuh"
#include "reduce.cuh"
#include "relu.cuh"
#include "step.cuh"

#define MIDDLE_THREADS 256
#define MIDDLE_WARPS (MIDDLE_THREADS / 32)
// Most layers of the middle: their table is a parameter.
#define MIDDLE_LAYERS 16
// Weights up to which every block of a cluster computes a layer for itself: what one shares costs a barrier.
#define MIDDLE_SHARED_FROM 1025
// Of a sum back: terms of a part, whose weights are on their way at once; parts at most; and floats that the
// parts of all sums of a row take at most.
#define MIDDLE_PART 16
#define MIDDLE_PARTS 32
#define MIDDLE_PARTS_FLOATS 4096

/** A layer; Java writes these (class MiddleLayers). */
struct MiddleLayer {
  const float* weight;  // (out, in)
  const float* bias;    // (out)
  const float* x;       // (rows, in): what goes in
  float* y;             // (rows, out): what comes out
  float* dx;            // (rows, in): the gradient by x
  int in;
  int out;
};

/** The encoder's layers but the first, the last of them giving the heads; the decoder's but the last. */
struct Middle {
  MiddleLayer layers[MIDDLE_LAYERS];
  int encoder;
  int decoder;
};

/** The rows of a cluster. */
template <int ROWS>
struct RowGroup {
  int first;
  int rows;  // of the batch
  unsigned rank;
  unsigned blocks;

  __device__ RowGroup(int rows) : rows(rows), rank(cluster_rank()), blocks(cluster_size()) {
    first = blockIdx.x / blocks * ROWS;
  }

  __device__ bool has(int row) const { return first + row < rows; }

  /** Rows of a matrix to shared memory; past the end, the last one again: computed with, never stored. */
  __device__ void load(const float* from, int width, float* to) const {
    for (int i = threadIdx.x; i < ROWS * width; i += MIDDLE_THREADS) {
      to[i] = from[(size_t)min(first + i / width, rows - 1) * width + i % width];
    }
  }

  /** Whether a layer's outputs are shared out. */
  __device__ bool shares(const MiddleLayer& layer) const {
    return blocks > 1 && (long long)layer.in * layer.out >= MIDDLE_SHARED_FROM;
  }

  __device__ void barrier(bool shared) const {
    if (shared) {
      cluster_barrier();
    } else {
      __syncthreads();
    }
  }

  /** Puts a value where all blocks that need it have it. */
  __device__ void put(float* to, int at, float value, bool shared) const {
    if (shared) {
      for (unsigned block = 0; block < blocks; block++) {
        in_block(to, block)[at] = value;
      }
    } else {
      to[at] = value;
    }
  }
};

/** A block's dynamic shared memory, handed out array by array, in the order in which Java counts them. */
struct SharedFloats {
  float* free;

  __device__ SharedFloats() {
    extern __shared__ float4 memory[];
    free = reinterpret_cast<float*>(memory);
  }

  __device__ float* take(int floats) {
    float* taken = free;
    free += floats;
    return taken;
  }
};

/** This block's outputs of `width`: all, or its share. */
struct Range {
  int begin;
  int end;

  template <int ROWS>
  __device__ Range(const RowGroup<ROWS>& group, int width, bool shared) {
    int length = shared ? (width + group.blocks - 1) / group.blocks : width;
    begin = shared ? min((int)group.rank * length, width) : 0;
    end = min(begin + length, width);
  }
};

/**
 * Sums over a warp, of COUNT values a lane, by the order of warp_sum.
 *
 * @return the sum of value lane / (32 / COUNT)
 */
template <int COUNT>
__device__ inline float warp_sums(float (&values)[COUNT]) {
  static_assert(COUNT <= 32 && (COUNT & (COUNT - 1)) == 0, "lanes are halved");
  int mask = 16;
#pragma unroll
  for (int half = COUNT / 2; half > 0; half /= 2) {
    // Of the sums that two lanes have parts of, each goes on with one half.
    bool upper = (threadIdx.x & mask) != 0;
#pragma unroll
    for (int i = 0; i < half; i++) {
      float other = __shfl_xor_sync(0xffffffffu, upper ? values[i] : values[i + half], mask);
      values[i] = (upper ? values[i + half] : values[i]) + other;
    }
    mask /= 2;
  }
#pragma unroll
  for (; mask > 0; mask /= 2) {
    values[0] += __shfl_xor_sync(0xffffffffu, values[0], mask);
  }
  return values[0];
}

/** A lane's terms of the sums of two outputs, DEPTH of them on their way at once. */
template <int ROWS, int DEPTH>
__device__ inline void add_terms(const float* x, const float* weight0, const float* weight1, int in,
                                 float (&sums)[2 * ROWS]) {
  int lane = threadIdx.x % 32;
  for (int first = lane; first < in; first += 32 * DEPTH) {
    float w[DEPTH][2];
#pragma unroll
    for (int i = 0; i < DEPTH; i++) {
      int k = min(first + 32 * i, in - 1);
      w[i][0] = weight0[k];
      w[i][1] = weight1[k];
    }
#pragma unroll
    for (int i = 0; i < DEPTH; i++) {
      int k = first + 32 * i;
      if (k < in) {
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
          float value = x[r * in + k];
          sums[2 * r] = fmaf(value, w[i][0], sums[2 * r]);
          sums[2 * r + 1] = fmaf(value, w[i][1], sums[2 * r + 1]);
        }
      }
    }
  }
}

/**
 * y = x W^T + b, through a ReLU or not, for the rows of a group.
 *
 * A warp computes two outputs of all rows, its lanes every 32nd term.
 *
 * @param x (ROWS, in), shared
 * @param y (ROWS, out), shared, =; null if no later layer needs it
 */
template <int ROWS>
__device__ inline void middle_forward(const RowGroup<ROWS>& group, const MiddleLayer& layer,
                                      const float* x, bool relu, float* y) {
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  bool shared = group.shares(layer);
  Range outputs(group, layer.out, shared);
  for (int first = outputs.begin + 2 * warp; first < outputs.end; first += 2 * MIDDLE_WARPS) {
    const float* weight0 = layer.weight + (size_t)first * layer.in;
    const float* weight1 = layer.weight + (size_t)min(first + 1, outputs.end - 1) * layer.in;
    float sums[2 * ROWS] = {};
    if (layer.in > 64) {
      add_terms<ROWS, 8>(x, weight0, weight1, layer.in, sums);
    } else {
      add_terms<ROWS, 2>(x, weight0, weight1, layer.in, sums);
    }
    float sum = warp_sums(sums);
    const int lanes = 32 / (2 * ROWS);  // that have the same sum
    int row = lane / lanes / 2;
    int output = first + lane / lanes % 2;
    if (lane % lanes == 0 && output < outputs.end) {
      float value = sum + layer.bias[output];
      value = relu ? rectified(value) : value;
      if (y != nullptr) {
        group.put(y, row * layer.out + output, value, shared);
      }
      if (group.has(row) && (shared || group.rank == 0)) {
        layer.y[(size_t)(group.first + row) * layer.out + output] = value;
      }
    }
  }
  group.barrier(shared && y != nullptr);
}

/** The latent sample and KL divergence of the rows of a group, by every block. */
template <int ROWS>
__device__ inline void middle_sample(const RowGroup<ROWS>& group, int latent, const float* heads,
                                     const float* noise, float* z, float* kls, float* z_out,
                                     float* kl_out) {
  for (int i = threadIdx.x; i < ROWS * latent; i += MIDDLE_THREADS) {
    int row = i / latent;
    int j = i % latent;
    LatentSample point =
        sample(heads[row * 2 * latent + j], heads[row * 2 * latent + latent + j], noise[i]);
    z[i] = point.z;
    kls[i] = point.kl;
    if (group.rank == 0 && group.has(row)) {
      z_out[(size_t)group.first * latent + i] = point.z;
    }
  }
  __syncthreads();
  if (group.rank == 0 && threadIdx.x < ROWS && group.has(threadIdx.x)) {
    float sum = 0;
    for (int j = 0; j < latent; j++) {
      sum += kls[threadIdx.x * latent + j];
    }
    kl_out[group.first + threadIdx.x] = sum;
  }
}

template <int ROWS>
__device__ inline void middle_forward_all(const StepState* state, const Middle& middle, int rows,
                                          int latent, unsigned int seed_low, unsigned int seed_high,
                                          unsigned int stream, float* noise_out, float* kl_out) {
  SharedFloats shared;
  RowGroup<ROWS> group(rows);
  float* x = shared.take(ROWS * middle.layers[0].in);
  float* noise = shared.take(ROWS * latent);
  float* z = shared.take(ROWS * latent);
  float* kls = shared.take(ROWS * latent);
  wait_for_previous_grid();
  let_next_grid_start();
  group.load(middle.layers[0].x, middle.layers[0].in, x);
  // Whoever is stored to has begun.
  cluster_barrier();
  if (threadIdx.x / 32 == MIDDLE_WARPS - 1) {
    // By the last warp, which has the least to do in the layer that comes now.
    int quads = (latent + 3) / 4;
    for (int i = threadIdx.x % 32; i < ROWS * quads; i += 32) {
      noise_quad(seed_low, seed_high, stream, state->step, group.first + i / quads, i % quads,
                 latent, noise + i / quads * latent);
    }
  }
  for (int i = 0; i < middle.encoder; i++) {
    bool gives_heads = i == middle.encoder - 1;
    float* y = shared.take(ROWS * middle.layers[i].out);
    middle_forward(group, middle.layers[i], x, !gives_heads, y);
    x = y;
  }
  const MiddleLayer* decoder = middle.layers + middle.encoder;
  middle_sample(group, latent, x, noise, z, kls, const_cast<float*>(decoder[0].x), kl_out);
  for (int i = threadIdx.x; i < ROWS * latent && group.rank == 0; i += MIDDLE_THREADS) {
    if (group.has(i / latent)) {
      noise_out[(size_t)group.first * latent + i] = noise[i];
    }
  }
  x = z;
  for (int i = 0; i < middle.decoder; i++) {
    float* y = i == middle.decoder - 1 ? nullptr : shared.take(ROWS * decoder[i].out);
    middle_forward(group, decoder[i], x, true, y);
    x = y;
  }
}

// ---- back -------------------------------------------------------------------------------------------

/** Parts of a layer's sums back: many where there are many terms, fewer where many sums need room. */
__device__ inline int backward_parts(const MiddleLayer& layer) {
  int parts = min((layer.out + MIDDLE_PART - 1) / MIDDLE_PART, MIDDLE_PARTS);
  return max(min(parts, MIDDLE_PARTS_FLOATS / layer.in), 1);
}

/**
 * dx = dy W, and 0 where x is not above 0, for the rows of a group.
 *
 * A lane adds one part of a column's sums, for all rows; the parts are added first to last.
 *
 * @param dy (ROWS, out), shared
 * @param x (ROWS, in), shared; null if no ReLU made it
 * @param dx (ROWS, in), shared, =; null if no other layer needs it
 * @param dx_out (rows, in), =; null if no other launch needs it
 * @param scratch ROWS times the parts times the columns of a block
 */
template <int ROWS>
__device__ inline void middle_backward(const RowGroup<ROWS>& group, const MiddleLayer& layer,
                                       const float* dy, const float* x, float* dx, float* dx_out,
                                       float* scratch) {
  bool shared = group.shares(layer);
  Range columns(group, layer.in, shared);
  int width = columns.end - columns.begin;
  int parts = backward_parts(layer);
  // A warp whose columns are few takes several parts at once.
  int lanes = width > 16 ? 32 : width > 8 ? 16 : 8;
  int across = (width + lanes - 1) / lanes;
  int column_of_lane = threadIdx.x % lanes;
  for (int task = threadIdx.x / lanes; task < parts * across; task += MIDDLE_THREADS / lanes) {
    int part = task / across;
    int column = columns.begin + task % across * lanes + column_of_lane;
    if (column >= columns.end) {
      continue;
    }
    int begin = (int)((long long)layer.out * part / parts);
    int end = (int)((long long)layer.out * (part + 1) / parts);
    float sums[ROWS] = {};
    for (int first = begin; first < end; first += MIDDLE_PART) {
      float w[MIDDLE_PART];
#pragma unroll
      for (int i = 0; i < MIDDLE_PART; i++) {
        w[i] = layer.weight[(size_t)min(first + i, end - 1) * layer.in + column];
      }
#pragma unroll
      for (int i = 0; i < MIDDLE_PART; i++) {
        if (first + i < end) {
#pragma unroll
          for (int r = 0; r < ROWS; r++) {
            sums[r] = fmaf(dy[r * layer.out + first + i], w[i], sums[r]);
          }
        }
      }
    }
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      scratch[(part * ROWS + r) * width + column - columns.begin] = sums[r];
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < ROWS * width; i += MIDDLE_THREADS) {
    int row = i / width;
    int column = columns.begin + i % width;
    float sum = 0;
    for (int part = 0; part < parts; part++) {
      sum += scratch[part * ROWS * width + i];
    }
    int at = row * layer.in + column;
    float value = x == nullptr || x[at] > 0.0f ? sum : 0.0f;
    if (dx != nullptr) {
      group.put(dx, at, value, shared);
    }
    if (dx_out != nullptr && group.has(row) && (shared || group.rank == 0)) {
      dx_out[(size_t)(group.first + row) * layer.in + column] = value;
    }
  }
  group.barrier(shared && dx != nullptr);
}

template <int ROWS>
__device__ inline void middle_backward_all(const StepState* state, const Middle& middle,
                                           const float* dy_out, const float* heads_in,
                                           const float* noise_in, int rows, int latent,
                                           float* dheads_out, int scratch_floats) {
  SharedFloats shared;
  RowGroup<ROWS> group(rows);
  const MiddleLayer* decoder = middle.layers + middle.encoder;
  float* scratch = shared.take(scratch_floats);
  float* heads = shared.take(ROWS * 2 * latent);
  float* noise = shared.take(ROWS * latent);
  float* dheads = shared.take(ROWS * 2 * latent);
  float* dy = shared.take(ROWS * decoder[middle.decoder - 1].out);
  wait_for_previous_grid();
  let_next_grid_start();
  // All at once: each of these would otherwise be one more wait for memory on the way.
  group.load(heads_in, 2 * latent, heads);
  group.load(noise_in, latent, noise);
  group.load(dy_out, decoder[middle.decoder - 1].out, dy);
  float* masks = shared.take(0);
  for (int i = middle.decoder - 1; i > 0; i--) {
    group.load(decoder[i].x, decoder[i].in, shared.take(ROWS * decoder[i].in));
  }
  for (int i = middle.encoder - 1; i >= 0; i--) {
    group.load(middle.layers[i].x, middle.layers[i].in, shared.take(ROWS * middle.layers[i].in));
  }
  float beta = state->beta;
  // Whoever is stored to has begun.
  cluster_barrier();
  for (int i = middle.decoder - 1; i >= 0; i--) {
    float* dx = shared.take(ROWS * decoder[i].in);
    // No ReLU made z, and no other launch needs its gradient.
    middle_backward(group, decoder[i], dy, i == 0 ? nullptr : masks, dx,
                    i == 0 ? nullptr : decoder[i].dx, scratch);
    masks += i == 0 ? 0 : ROWS * decoder[i].in;
    dy = dx;
  }
  for (int i = threadIdx.x; i < ROWS * latent; i += MIDDLE_THREADS) {
    int mean = i / latent * 2 * latent + i % latent;
    HeadGradient gradient = head_gradient(heads[mean], heads[mean + latent], noise[i], dy[i], beta);
    dheads[mean] = gradient.mean;
    dheads[mean + latent] = gradient.log_variance;
    if (group.rank == 0 && group.has(i / latent)) {
      dheads_out[(size_t)group.first * 2 * latent + mean] = gradient.mean;
      dheads_out[(size_t)group.first * 2 * latent + mean + latent] = gradient.log_variance;
    }
  }
  __syncthreads();
  dy = dheads;
  for (int i = middle.encoder - 1; i >= 0; i--) {
    float* dx = i == 0 ? nullptr : shared.take(ROWS * middle.layers[i].in);
    middle_backward(group, middle.layers[i], dy, masks, dx, middle.layers[i].dx, scratch);
    masks += ROWS * middle.layers[i].in;
    dy = dx;
  }
}

/**
 * The layers of the middle, forward, with the noise, the latent sample and the KL divergence between:
 *
 *   y = x W^T + b, through a ReLU but for the heads      noise[r, j] = normal number at (seed, stream, step, r, j)
 *   z, kl: see latent.cuh
 *
 * middle: the layers; x of the first is read, z is x of the decoder's first layer, =, y of all: =
 * noise (rows, latent), kl (rows): =
 *
 * Launch: grid cluster * ceil(rows / ROWS), blocks of 256, clusters of up to 8 blocks; dynamic shared memory: see MiddleLayers.java.
 */
#define FUSED_MIDDLE_FORWARD(ROWS)                                                                 \
  extern "C" __global__ void __launch_bounds__(MIDDLE_THREADS, 1) fused_middle_forward_##ROWS(     \
      const StepState* state, const __grid_constant__ Middle middle, int rows, int latent,         \
      unsigned int seed_low, unsigned int seed_high, unsigned int stream, float* noise,            \
      float* kl) {                                                                                 \
    middle_forward_all<ROWS>(state, middle, rows, latent, seed_low, seed_high, stream, noise, kl); \
  }

FUSED_MIDDLE_FORWARD(1)
FUSED_MIDDLE_FORWARD(2)
FUSED_MIDDLE_FORWARD(4)

/**
 * The middle, back, down to the gradient by the first hidden layer:
 *
 *   dx = dy W, and 0 where x is not above 0      dheads by the step's beta: see latent.cuh
 *
 * dy (rows, out of the last layer)      heads (rows, 2 latent), noise (rows, latent): as forward
 * dx of all layers but the decoder's first, dheads (rows, 2 latent): =
 * scratch: floats of the dynamic shared memory that the parts of sums take
 *
 * Launch: as fused_middle_forward, blocks of 256.
 */
#define FUSED_MIDDLE_BACKWARD(ROWS)                                                               \
  extern "C" __global__ void __launch_bounds__(MIDDLE_THREADS, 1) fused_middle_backward_##ROWS(   \
      const StepState* state, const __grid_constant__ Middle middle, const float* dy,             \
      const float* heads, const float* noise, int rows, int latent, int scratch, float* dheads) { \
    middle_backward_all<ROWS>(state, middle, dy, heads, noise, rows, latent, dheads, scratch);    \
  }

FUSED_MIDDLE_BACKWARD(1)
FUSED_MIDDLE_BACKWARD(2)
FUSED_MIDDLE_BACKWARD(4)
