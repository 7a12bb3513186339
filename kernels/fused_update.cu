// SPDX-License-Identifier: Apache-2.0
//
// The last launch of a fused step: the gradients by all parameters, and what Adam makes of each while it is
// still in a register. No gradient is stored, and none is read again.

#include "adam.cuh"
#include "gemm.cuh"
#include "reduce.cuh"
#include "step.cuh"
#include "targets.cuh"

/** A block's work; Java writes these (class UpdateTiles). */
struct UpdateTile {
  const float* dy;  // (rows, out)
  const float*
      x;  // (rows, in), or null: the images of the batch, or nothing if the tile is of a bias
  long long first;  // place of the weight, or of the bias, among all parameters
  int out;
  int in;  // 0: of a bias
  int first_out;
  int first_in;
};

/** All parameters and their moments, and where their gradients go if somebody wants to see them, or null. */
struct Trained {
  float* p;
  float* m;
  float* v;
  float* gradients;
};

/** What Adam makes of four parameters side by side, or of as many of them as there are. */
__device__ inline void update_quad(const Trained& trained, long long at, int count, bool vector,
                                   const float (&g)[4], float step_size, float root_scale) {
  if (vector) {
    float4* p = reinterpret_cast<float4*>(trained.p + at);
    float4* m = reinterpret_cast<float4*>(trained.m + at);
    float4* v = reinterpret_cast<float4*>(trained.v + at);
    float4 mean = *m;
    float4 square = *v;
    float4 parameter = *p;
    adam_element(g[0], step_size, root_scale, &mean.x, &square.x, &parameter.x);
    adam_element(g[1], step_size, root_scale, &mean.y, &square.y, &parameter.y);
    adam_element(g[2], step_size, root_scale, &mean.z, &square.z, &parameter.z);
    adam_element(g[3], step_size, root_scale, &mean.w, &square.w, &parameter.w);
    *m = mean;
    *v = square;
    *p = parameter;
  } else {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      if (i < count) {
        adam_element(g[i], step_size, root_scale, trained.m + at + i, trained.v + at + i,
                     trained.p + at + i);
      }
    }
  }
  if (trained.gradients != nullptr) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      if (i < count) {
        trained.gradients[at + i] = g[i];
      }
    }
  }
}

/** A weight's tile: g[o, i] = sum over r of dy[r, o] x[r, i] in ascending r, divided by `scale`. */
template <int M, int N, typename X>
__device__ inline void update_weight(const UpdateTile& tile, const X& x, float scale, int rows,
                                     const Trained& trained, const StepState* state,
                                     typename Tile<M, N>::Stage (&stages)[2]) {
  constexpr int R = Tile<M, N>::R;
  AcrossTerms dy{tile.dy, tile.out};
  float sums[R][4];
  multiply<M, N>(dy, x, tile.first_out, tile.first_in, 0, rows, rows, stages, threadIdx.x, sums);
  int column = tile.first_in + Tile<M, N>::column(threadIdx.x);
  int count = min(tile.in - column, 4);
  bool vector = count == 4 && is_vector(tile.in);
#pragma unroll
  for (int r = 0; r < R; r++) {
    int row = tile.first_out + Tile<M, N>::row(threadIdx.x) + r;
    if (row < tile.out && count > 0) {
      float g[4];
#pragma unroll
      for (int c = 0; c < 4; c++) {
        g[c] = sums[r][c] / scale;
      }
      update_quad(trained, tile.first + (long long)row * tile.in + column, count, vector, g,
                  state->step_size, state->root_scale);
    }
  }
}

/** A bias's tile: g[o] = sum over r of dy[r, o], for 32 o: four parts of the rows, added first to last. */
__device__ inline void update_bias(const UpdateTile& tile, int rows, const Trained& trained,
                                   const StepState* state, float* parts) {
  int output = tile.first_out + threadIdx.x % 32;
  float sum = column_sum<GROUP_THREADS / 32>(tile.dy, rows, tile.out, output, parts);
  if (threadIdx.x < 32 && output < tile.out) {
    float g[4] = {sum, 0, 0, 0};
    update_quad(trained, tile.first + output, 1, false, g, state->step_size, state->root_scale);
  }
}

template <typename Targets, int M, int N>
__device__ inline void update_tile(const UpdateTile* tiles, const unsigned char* pixels,
                                   const int* images, int rows, const StepState* state,
                                   const Trained& trained,
                                   typename Tile<M, N>::Stage (&stages)[2]) {
  UpdateTile tile = tiles[blockIdx.x];
  wait_for_previous_grid();
  let_next_grid_start();
  if (tile.in == 0) {
    update_bias(tile, rows, trained, state, &stages[0].a[0][0]);
  } else if (tile.x == nullptr) {
    ImagesAcrossTerms<Targets> x{pixels, images, tile.in};
    update_weight<M, N>(tile, x, Targets::scale(), rows, trained, state, stages);
  } else {
    AcrossTerms x{tile.x, tile.in};
    update_weight<M, N>(tile, x, 1.0f, rows, trained, state, stages);
  }
}

/**
 * Gradients and one update of all parameters, as adam_update:
 *
 *   dW = dy^T x      db = column sums of dy      m, v, p by Adam
 *
 * tiles (blocks of the grid): which M x N of a weight, or which 32 of a bias, is each block's
 * pixels (images, inputs) bytes, images (rows): what the first layer was given
 * state: Adam's factors
 * m, v, p: += ; gradients: =, or null; each element by one thread
 *
 * Launch: grid (number of tiles), blocks of 128; the tiles of weights are of M x N. Deterministic: rows in
 *         ascending order.
 */
#define FUSED_UPDATE(M, N)                                                                     \
  extern "C" __global__ void __launch_bounds__(GROUP_THREADS) fused_update_grey_##M##_##N(     \
      const UpdateTile* __restrict__ tiles, const unsigned char* __restrict__ pixels,          \
      const int* images, int rows, const StepState* state, float* p, float* m, float* v,       \
      float* gradients) {                                                                      \
    __shared__ Tile<M, N>::Stage stages[2];                                                    \
    update_tile<Grey, M, N>(tiles, pixels, images, rows, state, {p, m, v, gradients}, stages); \
  }

FUSED_UPDATE(32, 32)
FUSED_UPDATE(32, 64)
FUSED_UPDATE(64, 64)
