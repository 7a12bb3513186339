// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.foreign.Sgemm;

/**
 * Computes matrix products. The engine's is OpenBLAS; the benchmark's also writes them down, to
 * time them alone.
 */
@FunctionalInterface
interface Gemm {
  void multiply(Sgemm product);
}
