// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.github.cvaegpu.foreign.CudaLibraries;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Runs a test class on a GPU: with {@code -Dcvaegpu.gpu=real} on the machine's own, which then has
 * to be there; else on the emulator that the build makes. Where it could not make one, the class is
 * skipped, with the reason.
 */
public class OnGpu implements BeforeAllCallback, AfterAllCallback {
  private static final Path NATIVE = Path.of(System.getProperty("cvaegpu.native", "target/native"));

  /** Folder of the emulator. */
  public static final Path EMULATOR = NATIVE.resolve("emulator");

  private final String emulator;

  /** On the emulator, kernels are as fast as it has them. */
  public OnGpu() {
    this("emulator");
  }

  private OnGpu(String emulator) {
    this.emulator = System.getProperty("cvaegpu.emulator", emulator);
  }

  /**
   * The same, but on the emulator with kernels that tell of each access to memory, so that a race
   * or an access beyond an array fails the test whatever came of it ({@code native/README.md}). A
   * system property, {@code cvaegpu.emulator}, has all tests run with these ({@code checked}) or
   * with the others ({@code emulator}).
   */
  public static final class Checked extends OnGpu {
    /** For JUnit. */
    public Checked() {
      super("checked");
    }
  }

  /** Whether tests run on the machine's own GPU. */
  public static boolean isReal() {
    return System.getProperty("cvaegpu.gpu", "emulator").equals("real");
  }

  /** Skips the test, with the reason, where the build could not make the emulator. */
  public static void requireEmulator() {
    if (Files.exists(EMULATOR.resolve("libcuda.so.1"))) {
      return;
    }
    Path reason = NATIVE.resolve("not-built.txt");
    try {
      abort(
          Files.exists(reason)
              ? Files.readString(reason).strip()
              : "there is no emulator in %s: mvn generate-resources makes it".formatted(EMULATOR));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    if (!isReal()) {
      requireEmulator();
      CudaLibraries.useEmulator(Optional.of(NATIVE.resolve(emulator)));
    }
    CudaRuntime.problem().ifPresent(problem -> fail(problem));
  }

  @Override
  public void afterAll(ExtensionContext context) {
    CudaLibraries.useEmulator(Optional.empty());
  }
}
