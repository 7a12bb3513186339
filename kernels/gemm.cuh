// SPDX-License-Identifier: Apache-2.0
//
// A tile of a matrix product, by a group of 128 threads; a block has one or more such groups, which cut the
// sum, and so does a cluster of blocks.
//
//   tile[m, n] = sum over k of a[m, k] b[k, n]
//
// The sum has one order whatever the size of the tile, the groups and the cluster: it is cut into chunks,
// whose lengths depend on its own length alone; a chunk is a chain of fused multiplications and additions
// in ascending k; the chunks are added first to last. So all variants of a kernel give the same bits.
//
// What an earlier launch of the step has stored is read through plain pointers: through `const __restrict__`
// nvcc may move a load before wait_for_previous_grid().
#pragma once

#include "device.cuh"

#define GROUP_THREADS 128
// Terms of a sum that are in shared memory at once, twice: while one lot is used the next is on its way.
#define STAGE_TERMS 16
// Floats by which a row of a stage is longer than its columns: keeps rows at 16 bytes, and stores of
// neighbouring terms in other banks.
#define STAGE_PADDING 4

/** First term of a chunk; a multiple of 4, so that four terms in a row can be one access. */
__device__ inline int chunk_begin(int terms, int chunks, int chunk) {
  int length = ((terms + chunks - 1) / chunks + 3) / 4 * 4;
  return (int)min((long long)length * chunk, (long long)terms);
}

/** Whether 4 floats at multiples of 4 of a row can be one access. */
__device__ inline bool is_vector(int stride) { return stride % 4 == 0; }

__device__ inline float4 zeros() { return make_float4(0.0f, 0.0f, 0.0f, 0.0f); }

/** Floats at..at+3 of an array; 0 from `end` on. */
__device__ inline float4 quad_of(const float* array, int at, int end, bool vector) {
  if (vector && at < end) {
    return *reinterpret_cast<const float4*>(array + at);
  }
  float4 quad = zeros();
  if (at < end) quad.x = array[at];
  if (at + 1 < end) quad.y = array[at + 1];
  if (at + 2 < end) quad.z = array[at + 2];
  if (at + 3 < end) quad.w = array[at + 3];
  return quad;
}

/** The numbers of pixels at..at+3; 0 from `end` on. */
template <typename Targets>
__device__ inline float4 pixel_quad(const unsigned char* pixels, int at, int end, bool vector) {
  if (vector && at < end) {
    uchar4 four = *reinterpret_cast<const uchar4*>(pixels + at);
    return make_float4(Targets::number(four.x), Targets::number(four.y), Targets::number(four.z),
                       Targets::number(four.w));
  }
  float4 quad = zeros();
  if (at < end) quad.x = Targets::number(pixels[at]);
  if (at + 1 < end) quad.y = Targets::number(pixels[at + 1]);
  if (at + 2 < end) quad.z = Targets::number(pixels[at + 2]);
  if (at + 3 < end) quad.w = Targets::number(pixels[at + 3]);
  return quad;
}

// ---- factors ----------------------------------------------------------------------------------------

/** A matrix whose rows lie along k: (lines, terms), the lines being m or n of the tile. */
struct AlongTerms {
  static constexpr bool along_terms = true;
  typedef const float* Line;
  const float* data;
  int lines;
  int terms;

  __device__ Line line(int index) const {
    return index < lines ? data + (size_t)index * terms : nullptr;
  }
  __device__ float4 quad(Line line, int k, int end) const {
    return line == nullptr ? zeros() : quad_of(line, k, end, is_vector(terms));
  }
};

/** Images of a batch, as AlongTerms: numbers of their pixels. */
template <typename Targets>
struct ImagesAlongTerms {
  static constexpr bool along_terms = true;
  typedef const unsigned char* Line;
  const unsigned char* pixels;
  const int* images;  // of the batch
  int lines;
  int terms;

  __device__ Line line(int index) const {
    return index < lines ? pixels + (size_t)images[index] * terms : nullptr;
  }
  __device__ float4 quad(Line line, int k, int end) const {
    return line == nullptr ? zeros() : pixel_quad<Targets>(line, k, end, is_vector(terms));
  }
};

/** A matrix whose rows lie across k: (terms, lines). */
struct AcrossTerms {
  static constexpr bool along_terms = false;
  const float* data;
  int lines;

  __device__ float4 quad(int k, int index, int end) const {
    return k < end ? quad_of(data + (size_t)k * lines, index, lines, is_vector(lines)) : zeros();
  }
};

/** Images of a batch, as AcrossTerms: the terms are the images, numbers of their pixels. */
template <typename Targets>
struct ImagesAcrossTerms {
  static constexpr bool along_terms = false;
  const unsigned char* pixels;
  const int* images;  // of the batch
  int lines;

  __device__ float4 quad(int k, int index, int end) const {
    return k < end ? pixel_quad<Targets>(pixels + (size_t)images[k] * lines, index, lines,
                                         is_vector(lines))
                   : zeros();
  }
};

// ---- from memory to a stage -------------------------------------------------------------------------

/**
 * Brings WIDTH lines of a factor, STAGE_TERMS terms at a time, from memory to registers and from there to a
 * stage [term][line].
 */
template <int WIDTH, typename Factor, bool along_terms = Factor::along_terms>
struct Loader;

template <int WIDTH, typename Factor>
struct Loader<WIDTH, Factor, true> {
  static constexpr int QUADS = STAGE_TERMS / 4;
  static constexpr int COUNT = (WIDTH * QUADS + GROUP_THREADS - 1) / GROUP_THREADS;
  typename Factor::Line lines[COUNT];
  float4 quads[COUNT];

  __device__ static bool is_mine(int i, int thread) {
    return WIDTH * QUADS % GROUP_THREADS == 0 || thread + i * GROUP_THREADS < WIDTH * QUADS;
  }
  __device__ void begin(const Factor& factor, int first_line, int thread) {
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
      lines[i] = factor.line(first_line + (thread + i * GROUP_THREADS) / QUADS);
    }
  }
  __device__ void load(const Factor& factor, int, int k, int end, int thread) {
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
      if (is_mine(i, thread)) {
        quads[i] = factor.quad(lines[i], k + thread % QUADS * 4, end);
      }
    }
  }
  __device__ void store(float (&stage)[STAGE_TERMS][WIDTH + STAGE_PADDING], int thread) const {
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
      if (is_mine(i, thread)) {
        int line = (thread + i * GROUP_THREADS) / QUADS;
        int term = thread % QUADS * 4;
        stage[term][line] = quads[i].x;
        stage[term + 1][line] = quads[i].y;
        stage[term + 2][line] = quads[i].z;
        stage[term + 3][line] = quads[i].w;
      }
    }
  }
};

template <int WIDTH, typename Factor>
struct Loader<WIDTH, Factor, false> {
  static constexpr int QUADS = WIDTH / 4;
  static constexpr int COUNT = (STAGE_TERMS * QUADS + GROUP_THREADS - 1) / GROUP_THREADS;
  float4 quads[COUNT];

  __device__ static bool is_mine(int i, int thread) {
    return STAGE_TERMS * QUADS % GROUP_THREADS == 0 ||
           thread + i * GROUP_THREADS < STAGE_TERMS * QUADS;
  }
  __device__ void begin(const Factor&, int, int) {}
  __device__ void load(const Factor& factor, int first_line, int k, int end, int thread) {
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
      if (is_mine(i, thread)) {
        int at = thread + i * GROUP_THREADS;
        quads[i] = factor.quad(k + at / QUADS, first_line + at % QUADS * 4, end);
      }
    }
  }
  __device__ void store(float (&stage)[STAGE_TERMS][WIDTH + STAGE_PADDING], int thread) const {
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
      if (is_mine(i, thread)) {
        int at = thread + i * GROUP_THREADS;
        *reinterpret_cast<float4*>(&stage[at / QUADS][at % QUADS * 4]) = quads[i];
      }
    }
  }
};

// ---- the product ------------------------------------------------------------------------------------

/**
 * A tile of M x N; each thread of a group has R x 4 elements of it: a warp 4 R rows of 32 columns, its
 * lanes in 4 rows of 8.
 */
template <int M, int N>
struct Tile {
  static constexpr int R = M * N / 4 / GROUP_THREADS;
  static_assert(N % 32 == 0 && M % (4 * R) == 0 && M * N == 4 * R * GROUP_THREADS, "whole warps");

  struct Stage {
    float a[STAGE_TERMS][M + STAGE_PADDING];
    float b[STAGE_TERMS][N + STAGE_PADDING];
  };

  /** First row and first column of a thread's elements. */
  __device__ static int row(int thread) {
    return thread / 32 / (N / 32) * 4 * R + thread % 32 / 8 * R;
  }
  __device__ static int column(int thread) { return thread / 32 % (N / 32) * 32 + thread % 8 * 4; }
};

template <int R>
__device__ inline void load_elements(const float* from, float (&to)[R]) {
  if constexpr (R % 4 == 0) {
#pragma unroll
    for (int i = 0; i < R; i += 4) {
      float4 quad = *reinterpret_cast<const float4*>(from + i);
      to[i] = quad.x;
      to[i + 1] = quad.y;
      to[i + 2] = quad.z;
      to[i + 3] = quad.w;
    }
  } else {
#pragma unroll
    for (int i = 0; i < R; i++) {
      to[i] = from[i];
    }
  }
}

/**
 * Terms begin..end-1 of a tile's sums, in ascending order. All threads of the block call it with the same
 * number of stages; a group whose terms end earlier, or that has none, waits for the others.
 *
 * @param stages two of this group
 * @param thread of the group
 * @param most the most terms that any group of the block has
 * @param sums = a thread's elements
 */
template <int M, int N, typename A, typename B>
__device__ inline void multiply(const A& a, const B& b, int first_m, int first_n, int begin,
                                int end, int most, typename Tile<M, N>::Stage (&stages)[2],
                                int thread, float (&sums)[Tile<M, N>::R][4]) {
  constexpr int R = Tile<M, N>::R;
  Loader<M, A> a_loader;
  Loader<N, B> b_loader;
  a_loader.begin(a, first_m, thread);
  b_loader.begin(b, first_n, thread);
#pragma unroll
  for (int r = 0; r < R; r++) {
#pragma unroll
    for (int c = 0; c < 4; c++) {
      sums[r][c] = 0;
    }
  }
  a_loader.load(a, first_m, begin, end, thread);
  b_loader.load(b, first_n, begin, end, thread);
  int row = Tile<M, N>::row(thread);
  int column = Tile<M, N>::column(thread);
  int which = 0;
  for (int done = 0; done < most; done += STAGE_TERMS) {
    typename Tile<M, N>::Stage& stage = stages[which];
    a_loader.store(stage.a, thread);
    b_loader.store(stage.b, thread);
    // One barrier a stage: who stores to the other one now has seen all threads done with it here.
    __syncthreads();
    int k = begin + done;
    if (done + STAGE_TERMS < most) {
      a_loader.load(a, first_m, k + STAGE_TERMS, end, thread);
      b_loader.load(b, first_n, k + STAGE_TERMS, end, thread);
    }
    // Beyond the end are zeros up to the next multiple of 4, and what is beyond that is left out.
    int terms = min(end - k, STAGE_TERMS);
    for (int i = 0; i < terms; i += 4) {
#pragma unroll
      for (int j = 0; j < 4; j++) {
        float m[R];
        float n[4];
        load_elements(&stage.a[i + j][row], m);
        load_elements(&stage.b[i + j][column], n);
#pragma unroll
        for (int r = 0; r < R; r++) {
#pragma unroll
          for (int c = 0; c < 4; c++) {
            sums[r][c] = fmaf(m[r], n[c], sums[r][c]);
          }
        }
      }
    }
    which ^= 1;
  }
}

// ---- a sum cut over groups and cluster --------------------------------------------------------------

// Chunks of a sum that is cut.
#define CHUNKS 8

/** What a block of `GROUPS` groups needs; the parts take the place of the stages, once these are used. */
template <int M, int N, int GROUPS>
union Shared {
  typename Tile<M, N>::Stage stages[GROUPS][2];
  float parts[GROUPS][M][N];
};

/** Puts a thread's elements where others read them. */
template <int M, int N>
__device__ inline void put(const float (&sums)[Tile<M, N>::R][4], float (&part)[M][N], int thread) {
  int row = Tile<M, N>::row(thread);
  int column = Tile<M, N>::column(thread);
#pragma unroll
  for (int r = 0; r < Tile<M, N>::R; r++) {
    *reinterpret_cast<float4*>(&part[row + r][column]) =
        make_float4(sums[r][0], sums[r][1], sums[r][2], sums[r][3]);
  }
}

/**
 * A tile, its sums cut into CHUNKS over the groups of a block and the blocks of a cluster: with 8 / GROUPS
 * blocks, each group has one chunk; with one block, the groups take a lot of chunks after the other.
 * Each element goes to the epilogue once, all lanes of a warp having neighbouring columns of a row:
 *
 *   epilogue(row, column, sum), the places in the whole matrix, perhaps beyond its end
 *
 * Launch: blocks of 128 GROUPS, clusters of 8 / GROUPS blocks or of one.
 */
template <int M, int N, int GROUPS, typename A, typename B, typename Epilogue>
__device__ inline void multiply_cut(const A& a, const B& b, int first_m, int first_n, int terms,
                                    Shared<M, N, GROUPS>& shared, const Epilogue& epilogue) {
  constexpr int R = Tile<M, N>::R;
  constexpr int WARPS = GROUPS * GROUP_THREADS / 32;
  constexpr int UNITS = M * (N / 32);  // a row's 32 columns, which a warp does at once
  constexpr int UNITS_A_WARP = UNITS / WARPS;
  static_assert(UNITS % WARPS == 0 && CHUNKS % GROUPS == 0 && M % (CHUNKS / GROUPS) == 0, "whole");
  int group = threadIdx.x / GROUP_THREADS;
  int thread = threadIdx.x % GROUP_THREADS;
  int warp = threadIdx.x / 32;
  int lane = threadIdx.x % 32;
  int longest = chunk_begin(terms, CHUNKS, 1);
  auto to_parts = [&](int chunk) {
    float sums[R][4];
    multiply<M, N>(a, b, first_m, first_n, chunk_begin(terms, CHUNKS, chunk),
                   chunk_begin(terms, CHUNKS, chunk + 1), longest, shared.stages[group], thread,
                   sums);
    __syncthreads();
    put<M, N>(sums, shared.parts[group], thread);
  };
  if (cluster_size() > 1) {
    to_parts(cluster_rank() * GROUPS + group);
    cluster_barrier();
    int rows = M / (CHUNKS / GROUPS);
    for (int unit = warp; unit < rows * (N / 32); unit += WARPS) {
      int row = cluster_rank() * rows + unit / (N / 32);
      int column = unit % (N / 32) * 32 + lane;
      float parts[CHUNKS];
#pragma unroll
      for (int i = 0; i < CHUNKS; i++) {
        parts[i] = *in_block(&shared.parts[i % GROUPS][row][column], i / GROUPS);
      }
      float sum = 0;
#pragma unroll
      for (int i = 0; i < CHUNKS; i++) {
        sum += parts[i];
      }
      epilogue(first_m + row, first_n + column, sum);
    }
    // No block ends while others may still read its parts.
    cluster_barrier();
    return;
  }
  float totals[UNITS_A_WARP] = {};
  for (int round = 0; round < CHUNKS / GROUPS; round++) {
    to_parts(round * GROUPS + group);
    __syncthreads();
#pragma unroll
    for (int i = 0; i < UNITS_A_WARP; i++) {
      int unit = warp + i * WARPS;
      int row = unit / (N / 32);
      int column = unit % (N / 32) * 32 + lane;
#pragma unroll
      for (int part = 0; part < GROUPS; part++) {
        totals[i] += shared.parts[part][row][column];
      }
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < UNITS_A_WARP; i++) {
    int unit = warp + i * WARPS;
    epilogue(first_m + unit / (N / 32), first_n + unit % (N / 32) * 32 + lane, totals[i]);
  }
}
