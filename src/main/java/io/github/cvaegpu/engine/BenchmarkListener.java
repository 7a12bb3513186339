// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

/** Told of a benchmark's progress. */
@FunctionalInterface
public interface BenchmarkListener {
  /**
   * An epoch begins.
   *
   * @param epoch from 1, the warm-up's among them
   * @param epochs of the benchmark
   */
  void begins(int epoch, int epochs);
}
