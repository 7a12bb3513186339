// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.github.cvaegpu.foreign.CudaLibraries;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Runs a test class on a GPU: with {@code -Dcvaegpu.gpu=real} on the machine's own, which then has
 * to be there; else on the emulator of native/emulator, built by {@code make -C native} or in the
 * folder that {@code -Dcvaegpu.emulator} names. Without an emulator the class is skipped, and says
 * so.
 */
public final class OnGpu implements BeforeAllCallback, AfterAllCallback {
  private static final Path EMULATOR =
      Path.of(System.getProperty("cvaegpu.emulator", "native/build/emulator"));

  /** Whether tests run on the machine's own GPU. */
  static boolean isReal() {
    return System.getProperty("cvaegpu.gpu", "emulator").equals("real");
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    if (!isReal()) {
      if (!Files.exists(EMULATOR.resolve("libcuda.so.1"))) {
        abort("there is no emulator in %s: make -C native builds it".formatted(EMULATOR));
      }
      CudaLibraries.useEmulator(Optional.of(EMULATOR));
    }
    CudaRuntime.problem().ifPresent(problem -> fail(problem));
  }

  @Override
  public void afterAll(ExtensionContext context) {
    CudaLibraries.useEmulator(Optional.empty());
  }
}
