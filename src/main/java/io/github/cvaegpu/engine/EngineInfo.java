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
 * @param tuning what was chosen of it by timing, or could have been; no bit depends on it
 */
public record EngineInfo(
    String engine, String device, String library, int threads, String precision, String tuning) {

  /** The library of the CPU engine whose bits are the same on every processor. */
  public static final String NATIVE_STEP = "native step";

  /** An engine whose records are from before there was anything to choose has nothing. */
  public EngineInfo {
    tuning = tuning == null ? "" : tuning;
  }

  /** An engine with nothing to choose. */
  public EngineInfo(String engine, String device, String library, int threads, String precision) {
    this(engine, device, library, threads, precision, "");
  }

  /** The same, with more of what may change the bits, and with what was chosen. */
  public EngineInfo with(String more, String chosen) {
    return new EngineInfo(engine, device, more + ", " + library, threads, precision, chosen);
  }

  /** All that may change the bits, for people: neither the number of threads nor the tuning. */
  public String what() {
    return library.equals(NATIVE_STEP)
        ? "%s with the %s in %s".formatted(engine, library, precision)
        : "%s on %s with %s in %s".formatted(engine, device, library, precision);
  }

  /** Whether two processes that compute so give the same bits. */
  public boolean computesLike(EngineInfo other) {
    return what().equals(other.what());
  }
}
