// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import java.util.Optional;

/** Versions of CUDA and its libraries, and which go together. */
public final class CudaVersions {
  private CudaVersions() {}

  /** {@code 13.0} for 13000, as drivers number CUDA. */
  public static String text(int number) {
    return String.format(Locale.ROOT, "%d.%d", number / 1000, number % 1000 / 10);
  }

  /**
   * What is missing without an NVRTC whose code a driver takes, and what to do about it.
   *
   * @param driverMajor major version of the newest CUDA that the driver supports
   */
  public static String noNvrtc(int driverMajor) {
    return String.format(
        Locale.ROOT,
        "no NVRTC of CUDA %d or older, which could compile them for this driver, was found: install"
            + " %s",
        driverMajor,
        driverMajor < 12
            ? "a newer driver"
            : driverMajor == 12
                ? "a newer driver, NVIDIA's CUDA toolkit 12, or pip's nvidia-cuda-nvrtc-cu12"
                : "NVIDIA's CUDA toolkit, or pip's nvidia-cuda-nvrtc");
  }

  /** {@code , version 13.1.1} of a cuBLAS; needs no GPU. Empty if it does not tell. */
  public static String ofCublas(CudaLibraries.Library cublas) {
    Optional<MemorySegment> function = cublas.functions().find("cublasGetProperty");
    if (function.isEmpty()) {
      return "";
    }
    var type = FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS);
    int[] version = new int[3];
    try (Arena arena = Arena.ofConfined()) {
      var handle = Linker.nativeLinker().downcallHandle(function.get(), type);
      for (int part = 0; part < version.length; part++) {
        MemorySegment value = arena.allocate(JAVA_INT);
        if ((int) handle.invokeExact(part, value) != 0) {
          return "";
        }
        version[part] = value.get(JAVA_INT, 0);
      }
    } catch (Throwable e) {
      throw new LinkageError("cublasGetProperty", e);
    }
    return String.format(Locale.ROOT, ", version %d.%d.%d", version[0], version[1], version[2]);
  }

  /** {@code , version 13.1.1} of a cublasLt; needs no GPU. Empty if it does not tell. */
  public static String ofCublasLt(CudaLibraries.Library cublasLt) {
    Optional<MemorySegment> function = cublasLt.functions().find("cublasLtGetVersion");
    if (function.isEmpty()) {
      return "";
    }
    long number;
    try {
      number =
          (long)
              Linker.nativeLinker()
                  .downcallHandle(function.get(), FunctionDescriptor.of(JAVA_LONG))
                  .invokeExact();
    } catch (Throwable e) {
      throw new LinkageError("cublasLtGetVersion", e);
    }
    return String.format(
        Locale.ROOT, ", version %d.%d.%d", number / 10_000, number % 10_000 / 100, number % 100);
  }
}
