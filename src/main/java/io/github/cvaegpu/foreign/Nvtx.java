// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.cvaegpu.Program;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Names what the program does for profilers that read NVTX, such as NVIDIA's Nsight tools: ranges
 * and marks of a domain of its own, through the library of native/nvtx.
 *
 * <p>Where no profiler is attached, nothing is loaded and a range costs a comparison; where one is
 * but cannot be told, the program runs as without it and {@link #problem()} says why.
 */
public final class Nvtx {
  /** This program's domain, by which profilers tell its ranges from those of libraries. */
  public static final String DOMAIN = "cvae-gpu";

  /** Set by the profiler: its library. */
  private static final String TOOL_VARIABLE = "NVTX_INJECTION64_PATH";

  private static final String ENTRY = "InitializeInjectionNvtx2";
  private static final BundledLibrary BUNDLE =
      new BundledLibrary(
          "io/github/cvaegpu/foreign/" + BundledLibrary.platform() + "/",
          List.of("libcvae-nvtx.so"));

  private final Map<String, MemorySegment> names = new ConcurrentHashMap<>();
  private final Optional<Domain> domain;
  private final Optional<String> problem;

  /** Of this process: an environment does not change, and a profiler is attached from the start. */
  private static final class OfProcess {
    private static final Nvtx NVTX = ofTool(Optional.ofNullable(System.getenv(TOOL_VARIABLE)));
  }

  /** A domain of an attached profiler, and what can be called for it. */
  private record Domain(
      MemorySegment handle,
      MethodHandle name,
      MethodHandle push,
      MethodHandle pop,
      MethodHandle mark) {}

  private Nvtx(Optional<Domain> domain, Optional<String> problem) {
    this.domain = domain;
    this.problem = problem;
  }

  /** NVTX of this process. */
  public static Nvtx get() {
    return OfProcess.NVTX;
  }

  private static Nvtx ofTool(Optional<String> tool) {
    if (tool.isEmpty()) {
      return new Nvtx(Optional.empty(), Optional.empty());
    }
    if (!isInJar()) {
      return failed("this build has none for " + BundledLibrary.platform());
    }
    try {
      return attach(unpacked(), Path.of(tool.get()));
    } catch (IOException e) {
      return failed(e.getMessage());
    }
  }

  /** Whether the jar has the library for this platform. */
  public static boolean isInJar() {
    return BUNDLE.isInJar();
  }

  /** The jar's library, as a file. */
  static Path unpacked() throws IOException {
    return BUNDLE.unpackedIn("nvtx-" + Program.version()).resolve(BUNDLE.names().getFirst());
  }

  /**
   * Attaches a profiler, which a copy of the library can do once.
   *
   * @param library the library of native/nvtx
   * @param tool the profiler's library
   */
  static Nvtx attach(Path library, Path tool) {
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup functions = SymbolLookup.libraryLookup(library, Arena.global());
      MemorySegment entry =
          SymbolLookup.libraryLookup(tool, Arena.global()).find(ENTRY).orElse(MemorySegment.NULL);
      if (entry.address() == 0) {
        return failed("%s has no function %s".formatted(tool, ENTRY));
      }
      MethodHandle attach =
          function(functions, "attach", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
      var handle = (MemorySegment) attach.invokeExact(entry, arena.allocateFrom(DOMAIN));
      // A profiler that was not told to record NVTX gives no domain.
      return new Nvtx(
          handle.address() == 0 ? Optional.empty() : Optional.of(domain(functions, handle)),
          Optional.empty());
    } catch (IllegalArgumentException e) {
      return failed(e.getMessage());
    } catch (Throwable e) {
      throw new LinkageError("cvae_nvtx_attach", e);
    }
  }

  private static Domain domain(SymbolLookup functions, MemorySegment handle) {
    return new Domain(
        handle,
        function(functions, "name", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS)),
        function(functions, "push", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, JAVA_LONG)),
        function(functions, "pop", FunctionDescriptor.ofVoid(ADDRESS)),
        function(functions, "mark", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, JAVA_LONG)));
  }

  private static MethodHandle function(
      SymbolLookup functions, String name, FunctionDescriptor type) {
    return Linker.nativeLinker().downcallHandle(functions.findOrThrow("cvae_nvtx_" + name), type);
  }

  private static Nvtx failed(String why) {
    return new Nvtx(
        Optional.empty(),
        Optional.of("The profiler gets no NVTX ranges of this program: %s.".formatted(why)));
  }

  /** Whether a profiler records ranges. */
  public boolean isAttached() {
    return domain.isPresent();
  }

  /** Why a profiler that is there gets no ranges, a sentence; empty if nothing failed. */
  public Optional<String> problem() {
    return problem;
  }

  /**
   * Begins a range of this thread, inside those that are open. Must be followed by {@link #pop()},
   * whatever happens in between.
   *
   * @param name what is being done; one of a few, for profilers add up ranges of one name
   * @param number which of its kind, e.g. the step's
   */
  public void push(String name, long number) {
    if (domain.isPresent()) {
      Domain own = domain.get();
      try {
        own.push.invokeExact(own.handle, handle(name), number);
      } catch (Throwable e) {
        throw new LinkageError("cvae_nvtx_push", e);
      }
    }
  }

  /** Ends this thread's innermost range. */
  public void pop() {
    if (domain.isPresent()) {
      Domain own = domain.get();
      try {
        own.pop.invokeExact(own.handle);
      } catch (Throwable e) {
        throw new LinkageError("cvae_nvtx_pop", e);
      }
    }
  }

  /** Does something inside a range. */
  public void range(String name, long number, Runnable work) {
    push(name, number);
    try {
      work.run();
    } finally {
      pop();
    }
  }

  /**
   * Marks a moment.
   *
   * @param name what happens
   * @param number which of its kind
   */
  public void mark(String name, long number) {
    if (domain.isPresent()) {
      Domain own = domain.get();
      try {
        own.mark.invokeExact(own.handle, handle(name), number);
      } catch (Throwable e) {
        throw new LinkageError("cvae_nvtx_mark", e);
      }
    }
  }

  private MemorySegment handle(String name) {
    return names.computeIfAbsent(name, this::register);
  }

  private MemorySegment register(String name) {
    Domain own = domain.orElseThrow();
    try (Arena arena = Arena.ofConfined()) {
      return (MemorySegment) own.name.invokeExact(own.handle, arena.allocateFrom(name));
    } catch (Throwable e) {
      throw new LinkageError("cvae_nvtx_name", e);
    }
  }
}
