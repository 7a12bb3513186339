// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/**
 * Environment variables that have cuBLAS multiply otherwise than it is told: with TF32 where
 * float32 was asked for, or float32 put together from products of bfloat16. cuBLAS reads them from
 * the process's environment, and no setting of a handle's is documented to come before them; so
 * they are taken out of it before cuBLAS is loaded.
 */
public final class CublasEnvironment {
  static final List<String> VARIABLES =
      List.of(
          "NVIDIA_TF32_OVERRIDE", "CUBLAS_EMULATE_SINGLE_PRECISION", "CUBLAS_EMULATION_STRATEGY");

  private CublasEnvironment() {}

  /** Those that this process was started with and that cuBLAS does not see: {@code NAME=VALUE}. */
  public static List<String> ignored() {
    Map<String, String> environment = System.getenv();
    return VARIABLES.stream()
        .filter(environment::containsKey)
        .map(name -> name + "=" + environment.get(name))
        .toList();
  }

  /** Takes them out of the environment that native code sees; Java's own view of it stays. */
  static void clear() {
    for (String name : VARIABLES) {
      if (System.getenv(name) != null) {
        unset(name);
      }
    }
  }

  private static void unset(String name) {
    Linker linker = Linker.nativeLinker();
    MemorySegment unsetenv = linker.defaultLookup().find("unsetenv").orElseThrow();
    int failed;
    try (Arena arena = Arena.ofConfined()) {
      failed =
          (int)
              linker
                  .downcallHandle(unsetenv, FunctionDescriptor.of(JAVA_INT, ADDRESS))
                  .invokeExact(arena.allocateFrom(name));
    } catch (Throwable e) {
      throw new LinkageError("unsetenv", e);
    }
    if (failed != 0) {
      throw new IllegalStateException("unsetenv(%s) failed".formatted(name));
    }
  }
}
