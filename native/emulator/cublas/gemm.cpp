// SPDX-License-Identifier: Apache-2.0
#include "gemm.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

namespace emulator {
namespace {

/** To nearest, ties away from zero, as a tensor core's conversion does. */
float roundToTf32(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7f800000U) != 0x7f800000U) {
    bits = (bits + 0x1000U) & ~0x1fffU;
  }
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

/** op(X) without gaps, column-major. */
std::vector<float> pack(const float* x, int leadingDimension, bool transpose, int rows, int columns,
                        bool tf32) {
  std::vector<float> packed(static_cast<std::size_t>(rows) * columns);
  for (int column = 0; column < columns; column++) {
    for (int row = 0; row < rows; row++) {
      std::size_t from = transpose ? static_cast<std::size_t>(row) * leadingDimension + column
                                   : static_cast<std::size_t>(column) * leadingDimension + row;
      float value = x[from];
      packed[static_cast<std::size_t>(column) * rows + row] = tf32 ? roundToTf32(value) : value;
    }
  }
  return packed;
}

/** So many columns of the result, and so many terms of their sums, at a time. */
constexpr int width = 4;
constexpr int depth = 4;

/**
 * sums += a's columns times b's, for `width` columns of the result and a number of terms that is a multiple
 * of `depth`. Compiled for several processors, by what they can do and not by their makers' names; each gives
 * the same bits, for fmaf rounds once everywhere.
 */
__attribute__((target_clones("avx512f", "fma", "default"))) void addProducts(
    const float* __restrict__ a, int rows, int k, const float* __restrict__ b,
    float* __restrict__ sums) {
  const auto stride = static_cast<std::size_t>(rows);
  for (int term = 0; term < k; term += depth) {
    const float* a0 = a + static_cast<std::size_t>(term) * stride;
    for (int column = 0; column < width; column++) {
      const float* factors = b + static_cast<std::size_t>(column) * k + term;
      const float b0 = factors[0];
      const float b1 = factors[1];
      const float b2 = factors[2];
      const float b3 = factors[3];
      float* sum = sums + static_cast<std::size_t>(column) * stride;
      for (std::size_t row = 0; row < stride; row++) {
        float value = __builtin_fmaf(a0[row], b0, sum[row]);
        value = __builtin_fmaf(a0[row + stride], b1, value);
        value = __builtin_fmaf(a0[row + 2 * stride], b2, value);
        sum[row] = __builtin_fmaf(a0[row + 3 * stride], b3, value);
      }
    }
  }
}

/** op(B) with columns of k terms, the last of them zeros, and a multiple of `width` columns. */
std::vector<float> packColumns(const Gemm& g, const float* b, int k) {
  std::vector<float> tight = pack(b, g.ldb, g.transposeB, g.k, g.n, g.tf32);
  std::vector<float> padded(static_cast<std::size_t>(k) * ((g.n + width - 1) / width * width));
  for (int column = 0; column < g.n; column++) {
    std::copy_n(tight.begin() + static_cast<std::ptrdiff_t>(column) * g.k, g.k,
                padded.begin() + static_cast<std::ptrdiff_t>(column) * k);
  }
  return padded;
}

void computeOne(const Gemm& g, const float* a, const float* b, float* c, float alpha, float beta) {
  // Terms and columns up to whole blocks are zeros, which leave a sum as it is.
  const int k = (g.k + depth - 1) / depth * depth;
  std::vector<float> packedA = pack(a, g.lda, g.transposeA, g.m, g.k, g.tf32);
  packedA.resize(static_cast<std::size_t>(g.m) * k);
  std::vector<float> packedB = packColumns(g, b, k);
  std::vector<float> sums(static_cast<std::size_t>(g.m) * width);
  for (int first = 0; first < g.n; first += width) {
    std::fill(sums.begin(), sums.end(), 0.0F);
    addProducts(packedA.data(), g.m, k, packedB.data() + static_cast<std::size_t>(first) * k,
                sums.data());
    for (int column = first; column < std::min(first + width, g.n); column++) {
      float* out = c + static_cast<std::size_t>(column) * g.ldc;
      const float* sum = sums.data() + static_cast<std::size_t>(column - first) * g.m;
      for (int row = 0; row < g.m; row++) {
        // With beta = 0 C is not read: it may be a NaN.
        out[row] = beta == 0.0F ? alpha * sum[row] : alpha * sum[row] + beta * out[row];
      }
    }
  }
}

}  // namespace

std::size_t extent(int rows, int columns, int leadingDimension, long long stride, int count) {
  if (rows == 0 || columns == 0 || count == 0) {
    return 0;
  }
  auto last = static_cast<std::size_t>(stride) * (count - 1) +
              static_cast<std::size_t>(leadingDimension) * (columns - 1);
  return (last + rows) * sizeof(float);
}

void compute(const Gemm& g, float alpha, float beta) {
  for (int i = 0; i < g.count; i++) {
    computeOne(g, g.a + i * g.strideA, g.b + i * g.strideB, g.c + i * g.strideC, alpha, beta);
  }
}

}  // namespace emulator
