// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a library that is loaded as cuBLAS sees of the environment. */
class CublasEnvironmentTest {
  /** Looks when it is loaded, which is as early as cuBLAS can. */
  private static final String CUBLAS =
      """
      #include <stdlib.h>
      static int seen;
      __attribute__((constructor)) static void look(void) {
        seen = (getenv("NVIDIA_TF32_OVERRIDE") != 0) + 2 * (getenv("CUBLAS_EMULATION_STRATEGY") != 0)
             + 4 * (getenv("CUBLAS_EMULATE_SINGLE_PRECISION") != 0) + 8 * (getenv("OTHER") != 0);
      }
      int seenOfTheEnvironment(void) { return seen; }
      """;

  @TempDir private Path folder;

  /** Prints what cuBLAS saw, then what Java still sees. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws Throwable {
      CudaLibraries.Library cublas =
          StubLibraries.libraries(Path.of(arguments[0])).loadCublas(12).orElseThrow();
      int seen =
          (int)
              Linker.nativeLinker()
                  .downcallHandle(
                      cublas.functions().find("seenOfTheEnvironment").orElseThrow(),
                      FunctionDescriptor.of(JAVA_INT))
                  .invokeExact();
      System.out.println(seen);
      CublasEnvironment.ignored().forEach(System.out::println);
    }
  }

  @Test
  void cublasDoesNotSeeWhatWouldChangeFloat32() throws Exception {
    Path toolkit = Files.createDirectories(folder.resolve("lib64"));
    StubLibraries.build(toolkit.resolve("libcublas.so.12"), CUBLAS, List.of());
    ProcessBuilder builder = NvidiaWheels.java(Child.class, folder.toString());
    CublasEnvironment.VARIABLES.forEach(name -> builder.environment().put(name, "1"));
    builder.environment().put("OTHER", "1");
    Process process = builder.start();
    try (var output = process.getInputStream()) {
      List<String> lines =
          new String(output.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
      assertEquals(0, process.waitFor(), lines.toString());
      assertEquals(
          List.of(
              "8",
              "NVIDIA_TF32_OVERRIDE=1",
              "CUBLAS_EMULATE_SINGLE_PRECISION=1",
              "CUBLAS_EMULATION_STRATEGY=1"),
          lines);
    } finally {
      process.destroyForcibly();
    }
  }
}
