// SPDX-License-Identifier: Apache-2.0
//
// The one loop in which all dense products are computed.
//
//   sum[r][lane] += the sum over terms t of a[r][t] * b[t][lane]
//
// in ascending t, each a fused multiplication and addition: the same chain whatever the tile's size, so that
// its bits depend neither on the size nor on who computes what.
#pragma once

#include "activations.h"

namespace cvae {

/** A number that templates can be told. */
template <int kValue>
struct Number {
  static constexpr int value = kValue;
};

/** Sums of a unit of work: up to kChunk rows of up to kPanel columns. */
struct Sums {
  alignas(64) float at[kChunk][kPanel];
};

/**
 * The factor whose elements are one float for all lanes.
 *
 * Its terms come in runs, as a feature's images come in panels.
 */
struct Scalars {
  const float* data;
  int64_t row_stride;
  int64_t term_stride;
  int64_t run;
  int64_t run_stride;
};

/** The factor whose elements are vectors. */
struct Vectors {
  const float* data;
  int64_t term_stride;
};

/** Which factor's terms lie so far apart that no processor foresees them, as those in a column of a matrix do. */
enum class Far { kNone, kScalars, kVectors };

/** How many terms ahead of their use such a factor's are asked for: as long as the third cache takes. */
constexpr int kTermsAhead = 16;

/**
 * One tile, its sums in registers.
 *
 * @param sums its first, in rows of kPanel
 */
template <int kRows, int kColumns, Far kFar>
__attribute__((noinline)) void tile(float* sums, Scalars a, Vectors b, int64_t terms) {
  Lanes sum[kRows][kColumns];
#pragma GCC unroll 12
  for (int r = 0; r < kRows; r++) {
#pragma GCC unroll 2
    for (int c = 0; c < kColumns; c++) {
      sum[r][c] = load(sums + r * kPanel + c * kLanes);
    }
  }
  while (terms > 0) {
    // Rows in fours, at distances that an address can hold: fewer pointers than rows.
    const float* four[3] = {a.data, a.data + 4 * a.row_stride, a.data + 8 * a.row_stride};
    for (int64_t t = smaller(terms, a.run); t > 0; t--) {
      Lanes x[kColumns];
#pragma GCC unroll 2
      for (int c = 0; c < kColumns; c++) {
        x[c] = load(b.data + c * kLanes);
      }
#pragma GCC unroll 12
      for (int r = 0; r < kRows; r++) {
        Lanes w = lanes(four[r / 4][(r % 4) * a.row_stride]);
#pragma GCC unroll 2
        for (int c = 0; c < kColumns; c++) {
          sum[r][c] = fma(w, x[c], sum[r][c]);
        }
      }
      if constexpr (kFar == Far::kScalars) {
        __builtin_prefetch(four[0] + kTermsAhead * a.term_stride);
      }
      if constexpr (kFar == Far::kVectors) {
#pragma GCC unroll 2
        for (int c = 0; c < kColumns; c++) {
          __builtin_prefetch(b.data + kTermsAhead * b.term_stride + c * kLanes);
        }
      }
      b.data += b.term_stride;
#pragma GCC unroll 3
      for (int i = 0; i < (kRows + 3) / 4; i++) {
        four[i] += a.term_stride;
      }
    }
    terms -= a.run;
    a.data += a.run_stride;
  }
#pragma GCC unroll 12
  for (int r = 0; r < kRows; r++) {
#pragma GCC unroll 2
    for (int c = 0; c < kColumns; c++) {
      store(sums + r * kPanel + c * kLanes, sum[r][c]);
    }
  }
}

/** Rows of tiles, the largest that there are first. */
template <int kColumns, Far kFar>
void tiles(float* sums, int rows, Scalars a, Vectors b, int64_t terms) {
  auto all_of = [&](auto height) {
    constexpr int kRows = decltype(height)::value;
    for (; rows >= kRows; rows -= kRows) {
      tile<kRows, kColumns, kFar>(sums, a, b, terms);
      sums += kRows * kPanel;
      a.data += kRows * a.row_stride;
    }
  };
  all_of(Number<kTileRows>());
  if constexpr (kTileRows > 8) {
    all_of(Number<8>());
  }
  all_of(Number<4>());
  all_of(Number<2>());
  all_of(Number<1>());
}

template <Far kFar>
void add_product(Sums& sums, int rows, int columns, Scalars a, Vectors b, int64_t terms) {
  if (columns == kTileLanes) {
    tiles<kTileLanes, kFar>(sums.at[0], rows, a, b, terms);
    return;
  }
  for (int c = 0; c < columns; c++) {
    tiles<1, kFar>(sums.at[0] + c * kLanes, rows, a, {b.data + c * kLanes, b.term_stride}, terms);
  }
}

/**
 * Adds the product's terms to the sums.
 *
 * @param rows from 1 to kChunk
 * @param columns in Lanes, 1 or 2
 */
inline void add_product(Sums& sums, int rows, int columns, Scalars a, Vectors b, int64_t terms) {
  if (a.row_stride == 1) {
    add_product<Far::kScalars>(sums, rows, columns, a, b, terms);
  } else if (b.term_stride > kPanel) {
    add_product<Far::kVectors>(sums, rows, columns, a, b, terms);
  } else {
    add_product<Far::kNone>(sums, rows, columns, a, b, terms);
  }
}

}  // namespace cvae
