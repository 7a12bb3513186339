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

/**
 * sums[0..rows) += a's columns times b's, for four columns of the result. Compiled for several
 * processors; each gives the same bits, for fmaf rounds once everywhere.
 */
__attribute__((target_clones("avx512f", "arch=haswell", "default"))) void addProducts(
    const float* a, int rows, int k, const float* b, float* sums) {
  for (int term = 0; term < k; term++) {
    const float* column = a + static_cast<std::size_t>(term) * rows;
    const float b0 = b[term];
    const float b1 = b[term + k];
    const float b2 = b[term + 2 * k];
    const float b3 = b[term + 3 * k];
    for (int row = 0; row < rows; row++) {
      const float value = column[row];
      sums[row] = __builtin_fmaf(value, b0, sums[row]);
      sums[row + rows] = __builtin_fmaf(value, b1, sums[row + rows]);
      sums[row + 2 * rows] = __builtin_fmaf(value, b2, sums[row + 2 * rows]);
      sums[row + 3 * rows] = __builtin_fmaf(value, b3, sums[row + 3 * rows]);
    }
  }
}

void computeOne(const Gemm& g, const float* a, const float* b, float* c, float alpha, float beta) {
  constexpr int width = 4;
  std::vector<float> packedA = pack(a, g.lda, g.transposeA, g.m, g.k, g.tf32);
  std::vector<float> packedB = pack(b, g.ldb, g.transposeB, g.k, g.n, g.tf32);
  packedB.resize(static_cast<std::size_t>(g.k) * ((g.n + width - 1) / width * width));
  std::vector<float> sums(static_cast<std::size_t>(g.m) * width);
  for (int first = 0; first < g.n; first += width) {
    std::fill(sums.begin(), sums.end(), 0.0F);
    addProducts(packedA.data(), g.m, g.k, packedB.data() + static_cast<std::size_t>(first) * g.k,
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
