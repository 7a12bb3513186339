// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

/**
 * What an engine computes on.
 *
 * @param engine {@code cpu} or {@code cuda}
 * @param device the processor's or the GPU's name
 * @param library the matrix library, its version and the kernels it chose
 * @param threads threads of this process that compute or wait
 * @param precision {@code float32} or {@code tf32}
 */
public record EngineInfo(
    String engine, String device, String library, int threads, String precision) {

  /** All that may change the bits, for people: not the number of threads. */
  public String what() {
    return "%s on %s with %s in %s".formatted(engine, device, library, precision);
  }

  /** Whether two processes that compute so give the same bits. */
  public boolean computesLike(EngineInfo other) {
    return what().equals(other.what());
  }
}
