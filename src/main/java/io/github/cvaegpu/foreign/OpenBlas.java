// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.github.cvaegpu.InputException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * OpenBLAS, bound through the Foreign Function &amp; Memory API. It is told to use one thread a
 * call: callers bring their own threads, and a call's result does not depend on how many there are.
 *
 * <p>The library is, in this order, the file that the environment variable {@value #OVERRIDE}
 * names, the one carried in the jar for this platform, or one installed on the machine.
 */
public final class OpenBlas {
  /** Environment variable that names a library file to use instead of the one in the jar. */
  public static final String OVERRIDE = "CVAE_GPU_OPENBLAS";

  private static final int ROW_MAJOR = 101;
  private static final int NO_TRANSPOSE = 111;
  private static final int TRANSPOSE = 112;

  private final String origin;
  private final String configuration;
  private final String coreName;
  private final MethodHandle sgemm;

  private static final class Holder {
    // An outcome, for a static initialiser that throws does so once and is an error ever after.
    private static final OpenBlasSearch.Outcome OUTCOME =
        new OpenBlasSearch().run(Optional.ofNullable(System.getenv(OVERRIDE)));
  }

  /**
   * Binds a loaded library.
   *
   * @param library where its functions are found
   * @param origin the file's name
   * @throws LinkageError if it is no OpenBLAS
   */
  OpenBlas(SymbolLookup library, String origin) {
    this.origin = origin;
    Linker linker = Linker.nativeLinker();
    sgemm =
        linker.downcallHandle(
            find(library, "cblas_sgemm"),
            FunctionDescriptor.ofVoid(
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_FLOAT,
                ADDRESS,
                JAVA_INT,
                ADDRESS,
                JAVA_INT,
                JAVA_FLOAT,
                ADDRESS,
                JAVA_INT));
    try {
      linker
          .downcallHandle(
              find(library, "openblas_set_num_threads"), FunctionDescriptor.ofVoid(JAVA_INT))
          .invokeExact(1);
      configuration = text(linker, library, "openblas_get_config");
      coreName = text(linker, library, "openblas_get_corename");
    } catch (Throwable e) {
      throw new LinkageError("OpenBLAS at " + origin + " could not be asked about itself", e);
    }
  }

  /**
   * The process's OpenBLAS, loaded when first asked for.
   *
   * @throws InputException if there is none that can be loaded; the same one sentence in every call
   */
  public static OpenBlas get() {
    return Holder.OUTCOME.orThrow();
  }

  private static MemorySegment find(SymbolLookup library, String symbol) {
    return library
        .find(symbol)
        .orElseThrow(() -> new UnsatisfiedLinkError("the library has no function " + symbol));
  }

  private static String text(Linker linker, SymbolLookup library, String function)
      throws Throwable {
    var result =
        (MemorySegment)
            linker
                .downcallHandle(find(library, function), FunctionDescriptor.of(ADDRESS))
                .invokeExact();
    return result.reinterpret(Long.MAX_VALUE).getString(0).strip();
  }

  /** The file that was loaded. */
  public String origin() {
    return origin;
  }

  /** Name and version only, e.g. {@code OpenBLAS 0.3.28}. */
  public String version() {
    String[] words = configuration.split(" ", 3);
    return words.length < 2 ? configuration : words[0] + " " + words[1];
  }

  /** The processor family whose kernels OpenBLAS chose, e.g. {@code SkylakeX}. */
  public String coreName() {
    return coreName;
  }

  /** Computes a product on the calling thread. */
  public void sgemm(Sgemm product) {
    try {
      sgemm.invokeExact(
          ROW_MAJOR,
          product.transposeA() ? TRANSPOSE : NO_TRANSPOSE,
          product.transposeB() ? TRANSPOSE : NO_TRANSPOSE,
          product.m(),
          product.n(),
          product.k(),
          1f,
          product.a(),
          product.lda(),
          product.b(),
          product.ldb(),
          0f,
          product.c(),
          product.ldc());
    } catch (Throwable e) {
      throw new LinkageError("cblas_sgemm of " + product, e);
    }
  }
}
