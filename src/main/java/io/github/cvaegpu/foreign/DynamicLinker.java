// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.Optional;

/** What the dynamic linker says of a library, where Java says only that it was not loaded. */
final class DynamicLinker {
  private static final int RTLD_NOW = 2;

  private DynamicLinker() {}

  /**
   * Why a library is not loaded, e.g. {@code libcublasLt.so.13: cannot open shared object file}.
   *
   * @param nameOrPath as for dlopen
   * @return empty if it is loaded, or if the linker does not tell
   */
  static Optional<String> complaint(String nameOrPath) {
    SymbolLookup functions = Linker.nativeLinker().defaultLookup();
    Optional<MemorySegment> open = functions.find("dlopen");
    Optional<MemorySegment> error = functions.find("dlerror");
    if (open.isEmpty() || error.isEmpty()) {
      return Optional.empty();
    }
    Linker linker = Linker.nativeLinker();
    try (Arena arena = Arena.ofConfined()) {
      var opened =
          (MemorySegment)
              linker
                  .downcallHandle(open.get(), FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT))
                  .invokeExact(arena.allocateFrom(nameOrPath), RTLD_NOW);
      if (opened.address() != 0) {
        return Optional.empty();
      }
      var text =
          (MemorySegment)
              linker.downcallHandle(error.get(), FunctionDescriptor.of(ADDRESS)).invokeExact();
      return text.address() == 0
          ? Optional.empty()
          : Optional.of(text.reinterpret(Long.MAX_VALUE).getString(0).strip());
    } catch (Throwable e) {
      throw new LinkageError("dlopen", e);
    }
  }
}
