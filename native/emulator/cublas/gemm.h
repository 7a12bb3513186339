// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace emulator {

/** C = alpha op(A) op(B) + beta C, column-major, `count` times at the strides' distance. */
struct Gemm {
  bool transposeA;
  bool transposeB;
  int m;
  int n;
  int k;
  const float* a;
  int lda;
  long long strideA;
  const float* b;
  int ldb;
  long long strideB;
  float* c;
  int ldc;
  long long strideC;
  int count;
  /** Operands rounded to TF32 first: 10 bits of mantissa. */
  bool tf32;

  // Columns and rows as they lie in memory.
  int columnsOfA() const { return transposeA ? m : k; }
  int rowsOfA() const { return transposeA ? k : m; }
  int columnsOfB() const { return transposeB ? k : n; }
  int rowsOfB() const { return transposeB ? n : k; }
};

/** Bytes from a matrix's first element to the end of its last. */
std::size_t extent(int rows, int columns, int leadingDimension, long long stride, int count);

/** Sums run over k in ascending order, one fused multiplication and addition a term. */
void compute(const Gemm& gemm, float alpha, float beta);

}  // namespace emulator
