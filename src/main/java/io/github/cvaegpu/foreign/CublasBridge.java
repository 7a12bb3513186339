// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.List;

/**
 * Lets JCublas2, which asks for libcublas.so.12, use libcublas.so.13: a small library of that name,
 * in the jar, whose functions are those of the other. It has to be loaded before JCublas2, for the
 * dynamic linker then takes it for what JCublas2 asks for. See native/cublas-bridge.
 */
public final class CublasBridge {
  private static final BundledLibrary BRIDGE =
      new BundledLibrary(
          "io/github/cvaegpu/foreign/" + BundledLibrary.platform() + "/",
          List.of("libcublas.so.12"));

  private CublasBridge() {}

  /** Whether the jar has it. */
  public static boolean isInJar() {
    return BRIDGE.isInJar();
  }

  /**
   * Loads the bridge for good.
   *
   * @param cublas where its functions lead
   * @throws IOException if there is no place to unpack it to
   */
  public static void load(CudaLibraries.Library cublas) throws IOException {
    Path folder = BRIDGE.unpackedIn("cublas-bridge-" + BundledLibrary.platform());
    SymbolLookup bridge =
        SymbolLookup.libraryLookup(folder.resolve(BRIDGE.names().getFirst()), Arena.global());
    try {
      connect(bridge, cublas);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new LinkageError("the bridge to " + cublas.origin(), e);
    }
  }

  private static void connect(SymbolLookup bridge, CudaLibraries.Library cublas) throws Throwable {
    MethodHandle name =
        handle(bridge, "cvae_bridge_name", FunctionDescriptor.of(ADDRESS, JAVA_LONG));
    MethodHandle forward =
        handle(bridge, "cvae_bridge_forward", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    for (long i = 0; ; i++) {
      var text = (MemorySegment) name.invokeExact(i);
      if (text.address() == 0) {
        return;
      }
      String function = text.reinterpret(Long.MAX_VALUE).getString(0);
      MemorySegment target =
          cublas
              .functions()
              .find(function)
              .orElseThrow(() -> new UnsatisfiedLinkError(cublas.origin() + " has no " + function));
      int known = (int) forward.invokeExact(text, target);
      if (known == 0) {
        throw new UnsatisfiedLinkError("the bridge does not forward " + function);
      }
    }
  }

  private static MethodHandle handle(
      SymbolLookup library, String function, FunctionDescriptor type) {
    return Linker.nativeLinker()
        .downcallHandle(
            library
                .find(function)
                .orElseThrow(() -> new UnsatisfiedLinkError("the bridge has no " + function)),
            type);
  }
}
