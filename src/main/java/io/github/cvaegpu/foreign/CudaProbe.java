// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Looks for an NVIDIA driver, its devices and CUDA's libraries, without keeping any of them. */
public final class CudaProbe {
  private static final int NAME_BYTES = 256;

  private CudaProbe() {}

  /**
   * What the driver said.
   *
   * @param version CUDA version that the driver supports, e.g. {@code 13.0}; empty without a driver
   * @param devices names of the GPUs
   * @param problem why there is no usable GPU, a sentence without its full stop; empty if there is
   */
  public record Driver(Optional<String> version, List<String> devices, Optional<String> problem) {}

  /** Asks the driver. */
  public static Driver driver() {
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup driver = SymbolLookup.libraryLookup("libcuda.so.1", arena);
      return ask(driver, arena);
    } catch (IllegalArgumentException e) {
      return new Driver(
          Optional.empty(),
          List.of(),
          Optional.of("the NVIDIA driver's library libcuda.so.1 is not on this machine"));
    }
  }

  private static Driver ask(SymbolLookup driver, Arena arena) {
    int initialized = call(driver, "cuInit", List.of(JAVA_INT), 0);
    if (initialized != 0) {
      return new Driver(
          Optional.empty(),
          List.of(),
          Optional.of("the NVIDIA driver is there but cuInit failed with code " + initialized));
    }
    MemorySegment number = arena.allocate(JAVA_INT);
    call(driver, "cuDriverGetVersion", List.of(ADDRESS), number);
    int version = number.get(JAVA_INT, 0);
    call(driver, "cuDeviceGetCount", List.of(ADDRESS), number);
    int count = number.get(JAVA_INT, 0);
    List<String> names = new ArrayList<>();
    for (int device = 0; device < count; device++) {
      MemorySegment name = arena.allocate(NAME_BYTES);
      call(
          driver,
          "cuDeviceGetName",
          List.of(ADDRESS, JAVA_INT, JAVA_INT),
          name,
          NAME_BYTES,
          device);
      names.add(name.getString(0));
    }
    return new Driver(
        Optional.of(version / 1000 + "." + version % 1000 / 10),
        names,
        names.isEmpty() ? Optional.of("the NVIDIA driver sees no GPU") : Optional.empty());
  }

  private static int call(
      SymbolLookup library, String function, List<MemoryLayout> types, Object... arguments) {
    try {
      return (int)
          Linker.nativeLinker()
              .downcallHandle(
                  library.find(function).orElseThrow(() -> new UnsatisfiedLinkError(function)),
                  FunctionDescriptor.of(JAVA_INT, types.toArray(MemoryLayout[]::new)))
              .invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new LinkageError(function, e);
    }
  }

  /** The first of the named libraries that the dynamic linker finds. */
  public static Optional<String> library(List<String> names) {
    for (String name : names) {
      try (Arena arena = Arena.ofConfined()) {
        SymbolLookup.libraryLookup(name, arena);
        return Optional.of(name);
      } catch (IllegalArgumentException e) {
        // Not this one.
      }
    }
    return Optional.empty();
  }
}
