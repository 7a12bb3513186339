// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import java.lang.foreign.MemorySegment;

/**
 * A row-major single-precision matrix product. The engine's is OpenBLAS; the benchmark's also
 * writes the calls down, to time them alone.
 */
@FunctionalInterface
interface Gemm {
  /** As {@link io.github.cvaegpu.foreign.OpenBlas#sgemm}: C = op(A) op(B). */
  void sgemm(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      MemorySegment a,
      int lda,
      MemorySegment b,
      int ldb,
      MemorySegment c,
      int ldc);
}
