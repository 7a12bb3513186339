// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** CUDA's compiler as a library, for machines whose GPU the jar's kernels do not fit. */
public final class Nvrtc {
  /** What the compiler is told beside the GPU's architecture; as in kernels/build.sh. */
  public static final List<String> OPTIONS = List.of("--std=c++17", "--fmad=false");

  private final CudaLibraries.Library library;
  private String log = "";

  /** The compiler refused, or failed; the message says why, without a full stop. */
  public static final class CompileException extends Exception {
    private static final long serialVersionUID = 1L;

    CompileException(String message) {
      super(message);
    }
  }

  /**
   * @param library as found by {@link CudaLibraries#loadNvrtc}
   */
  public Nvrtc(CudaLibraries.Library library) {
    this.library = library;
  }

  /** The compiler's version, e.g. {@code 13.0}. */
  public String version() throws CompileException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment major = arena.allocate(JAVA_INT);
      MemorySegment minor = arena.allocate(JAVA_INT);
      check("nvrtcVersion", call("nvrtcVersion", List.of(ADDRESS, ADDRESS), major, minor));
      return major.get(JAVA_INT, 0) + "." + minor.get(JAVA_INT, 0);
    }
  }

  /** Compute capabilities of the GPUs that it makes code for, ascending, e.g. 75, 80. */
  public List<Integer> capabilities() throws CompileException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(JAVA_INT);
      String number = "nvrtcGetNumSupportedArchs";
      check(number, call(number, List.of(ADDRESS), count));
      MemorySegment list = arena.allocate(JAVA_INT, count.get(JAVA_INT, 0));
      String function = "nvrtcGetSupportedArchs";
      check(function, call(function, List.of(ADDRESS), list));
      return Arrays.stream(list.toArray(JAVA_INT)).sorted().boxed().toList();
    }
  }

  /**
   * Compiles a program for one GPU: to its own code, or, where the GPU is newer than the compiler,
   * to PTX of the newest that the compiler knows, which the driver compiles.
   *
   * @param name of the main source, for messages
   * @param sources text by file name, the main one and all that it includes
   * @param capability compute capability, e.g. 90
   * @return code that the driver loads
   * @throws CompileException if the GPU is older than all that the compiler knows, or it rejects
   *     the program
   */
  public byte[] compile(String name, Map<String, String> sources, int capability)
      throws CompileException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment program = create(arena, name, sources);
      try {
        return compiled(arena, program.get(ADDRESS, 0), capability);
      } finally {
        check("nvrtcDestroyProgram", call("nvrtcDestroyProgram", List.of(ADDRESS), program));
      }
    }
  }

  /** What the compiler said of the last program that it was given; empty if nothing. */
  public String log() {
    return log;
  }

  private MemorySegment create(Arena arena, String name, Map<String, String> sources)
      throws CompileException {
    MemorySegment program = arena.allocate(ADDRESS);
    List<String> names = List.copyOf(sources.keySet());
    List<String> texts = names.stream().map(sources::get).toList();
    int status =
        call(
            "nvrtcCreateProgram",
            List.of(ADDRESS, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS),
            program,
            arena.allocateFrom(sources.get(name)),
            arena.allocateFrom(name),
            names.size(),
            strings(arena, texts),
            strings(arena, names));
    check("nvrtcCreateProgram", status);
    return program;
  }

  private byte[] compiled(Arena arena, MemorySegment program, int capability)
      throws CompileException {
    List<Integer> known = capabilities();
    boolean isKnown = known.contains(capability);
    int target =
        known.stream()
            .filter(candidate -> candidate <= capability)
            .max(Integer::compare)
            .orElseThrow(() -> tooOld(capability, known));
    List<String> options = new ArrayList<>();
    options.add("--gpu-architecture=" + (isKnown ? "sm_" : "compute_") + target);
    options.addAll(OPTIONS);
    int status =
        call(
            "nvrtcCompileProgram",
            List.of(ADDRESS, JAVA_INT, ADDRESS),
            program,
            options.size(),
            strings(arena, options));
    byte[] said = bytes(arena, "nvrtcGetProgramLogSize", "nvrtcGetProgramLog", program);
    log = MemorySegment.ofArray(said).getString(0).strip();
    if (status != 0) {
      throw new CompileException(
          String.format(
              Locale.ROOT,
              "%s does not compile the kernels for sm_%d: %s, %s",
              library.origin(),
              capability,
              text(status),
              log.replace('\n', ' ')));
    }
    return isKnown
        ? bytes(arena, "nvrtcGetCUBINSize", "nvrtcGetCUBIN", program)
        : bytes(arena, "nvrtcGetPTXSize", "nvrtcGetPTX", program);
  }

  private CompileException tooOld(int capability, List<Integer> known) {
    return new CompileException(
        String.format(
            Locale.ROOT,
            "%s makes code for sm_%d and newer GPUs, and this one is sm_%d, which an older CUDA"
                + " toolkit may know",
            library.origin(),
            known.getFirst(),
            capability));
  }

  private byte[] bytes(Arena arena, String sizeFunction, String function, MemorySegment program)
      throws CompileException {
    MemorySegment size = arena.allocate(JAVA_LONG);
    check(sizeFunction, call(sizeFunction, List.of(ADDRESS, ADDRESS), program, size));
    MemorySegment content = arena.allocate(size.get(JAVA_LONG, 0));
    check(function, call(function, List.of(ADDRESS, ADDRESS), program, content));
    return content.toArray(ValueLayout.JAVA_BYTE);
  }

  private static MemorySegment strings(Arena arena, List<String> texts) {
    MemorySegment array = arena.allocate(ADDRESS, texts.size());
    for (int i = 0; i < texts.size(); i++) {
      array.setAtIndex(ADDRESS, i, arena.allocateFrom(texts.get(i)));
    }
    return array;
  }

  private void check(String function, int status) throws CompileException {
    if (status != 0) {
      throw new CompileException(
          "%s of %s failed: %s".formatted(function, library.origin(), text(status)));
    }
  }

  private String text(int status) {
    try {
      var text =
          (MemorySegment)
              Linker.nativeLinker()
                  .downcallHandle(
                      library.functions().find("nvrtcGetErrorString").orElseThrow(),
                      FunctionDescriptor.of(ADDRESS, JAVA_INT))
                  .invokeExact(status);
      return text.reinterpret(Long.MAX_VALUE).getString(0);
    } catch (Throwable e) {
      throw new LinkageError("nvrtcGetErrorString", e);
    }
  }

  private int call(String function, List<MemoryLayout> types, Object... arguments)
      throws CompileException {
    MemorySegment address =
        library
            .functions()
            .find(function)
            .orElseThrow(
                () ->
                    new CompileException(
                        "%s has no function %s".formatted(library.origin(), function)));
    try {
      return (int)
          Linker.nativeLinker()
              .downcallHandle(
                  address, FunctionDescriptor.of(JAVA_INT, types.toArray(MemoryLayout[]::new)))
              .invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new LinkageError(function, e);
    }
  }
}
