// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What an engine computes on.
 *
 * @param engine {@code cpu} or {@code cuda}
 * @param device the processor's or the GPU's name
 * @param library what computes: of a CPU the kind of step; of a GPU the driver, cuBLAS and where
 *     the kernels came from, with the kind of step before them where one is trained
 * @param threads threads of this process that compute or wait
 * @param precision {@code float32} or {@code tf32}
 * @param tuning what was chosen of it, or could have been, and no bit depends on: on a CPU the
 *     instruction set, on a GPU how launches are cut
 */
public record EngineInfo(
    String engine, String device, String library, int threads, String precision, String tuning) {
  /** Why a kind of step was taken, as {@link #with} has it. */
  private static final Pattern REASON = Pattern.compile("(?<=^[^:,]{1,40} step): [^,]*");

  /** What the CPU engine has for a library; the bits of each are the same on every processor. */
  public static final String NATIVE_STEP = "native step";

  /** The other one, where the native step cannot be. */
  public static final String JAVA_STEP = "Java step";

  /** An engine whose records are from before there was anything to choose has nothing. */
  public EngineInfo {
    tuning = tuning == null ? "" : tuning;
  }

  /** An engine with nothing to choose. */
  public EngineInfo(String engine, String device, String library, int threads, String precision) {
    this(engine, device, library, threads, precision, "");
  }

  /**
   * The same, with which kind of step it trains by.
   *
   * @param step the kind
   * @param why it was taken, for people; empty if it goes without saying
   * @param chosen the tuning
   */
  public EngineInfo with(String step, Optional<String> why, String chosen) {
    String all = step + why.map(reason -> ": " + reason).orElse("") + ", " + library;
    return new EngineInfo(engine, device, all, threads, precision, chosen);
  }

  /**
   * All that may change the bits, for people: neither the number of threads, nor the tuning, nor
   * why a kind of step was taken.
   */
  public String what() {
    return library.equals(NATIVE_STEP) || library.equals(JAVA_STEP)
        ? "%s with the %s in %s".formatted(engine, library, precision)
        : "%s on %s with %s in %s"
            .formatted(engine, device, REASON.matcher(library).replaceFirst(""), precision);
  }

  /** Whether two processes that compute so give the same bits. */
  public boolean computesLike(EngineInfo other) {
    return what().equals(other.what());
  }
}
