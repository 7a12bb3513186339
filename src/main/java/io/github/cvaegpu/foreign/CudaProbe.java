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
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Looks for an NVIDIA driver, its devices and CUDA's libraries. */
public final class CudaProbe {
  private static final int NAME_BYTES = 256;
  private static final int CAPABILITY_MAJOR = 75; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_
  private static final int CAPABILITY_MINOR = 76;
  private static final int NO_DEVICE = 100; // CUDA_ERROR_NO_DEVICE

  private static final Problem NO_GPU_SEEN = noGpuSeen(System.getenv());

  private CudaProbe() {}

  /**
   * Why there is no usable GPU.
   *
   * @param what a sentence without its full stop
   * @param remedy what to do about it, likewise
   */
  public record Problem(String what, String remedy) {}

  /**
   * A GPU.
   *
   * @param name e.g. {@code NVIDIA H200}
   * @param capability compute capability as in {@code sm_90}: 90
   */
  public record Gpu(String name, int capability) {
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%s (sm_%d)", name, capability);
    }
  }

  /**
   * What the driver said.
   *
   * @param version CUDA version that the driver supports, e.g. {@code 13.0}; empty if it did not
   *     say
   * @param devices the GPUs
   * @param problem why there is no usable GPU; empty if there is one
   */
  public record Driver(Optional<String> version, List<Gpu> devices, Optional<Problem> problem) {
    /** The newest CUDA that it supports, e.g. 13010 for 13.1; empty if it did not say. */
    public OptionalInt number() {
      return version
          .map(text -> text.split("\\.", 2))
          .map(parts -> 1000 * Integer.parseInt(parts[0]) + 10 * Integer.parseInt(parts[1]))
          .map(OptionalInt::of)
          .orElseGet(OptionalInt::empty);
    }
  }

  /** Where the variable is set, it is why: a driver takes none for what it cannot read. */
  static Problem noGpuSeen(Map<String, String> environment) {
    String visible = environment.get("CUDA_VISIBLE_DEVICES");
    return new Problem(
        "the NVIDIA driver sees no GPU",
        visible == null
            ? "check that nvidia-smi shows one and, in a container, that it was started with --gpus"
                + " all"
            : ("CUDA_VISIBLE_DEVICES is '%s' and hides them all: unset it, or name one of those"
                    + " that nvidia-smi -L lists, by number or by UUID")
                .formatted(visible));
  }

  /** Something kept the driver from answering. */
  private static final class ProblemException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    ProblemException(Problem problem, Throwable cause) {
      super(problem.what(), cause);
      this.problem = problem;
    }
  }

  /** Asks the driver. */
  public static Driver driver(CudaLibraries libraries) {
    return driver(libraries.driver());
  }

  /**
   * Asks a driver.
   *
   * @param library name or path of the driver's shared library
   */
  static Driver driver(String library) {
    SymbolLookup functions;
    try {
      // For good: an initialised driver has threads of its own, whose code must stay.
      functions = SymbolLookup.libraryLookup(library, Arena.global());
    } catch (IllegalArgumentException e) {
      return new Driver(
          Optional.empty(),
          List.of(),
          Optional.of(
              new Problem(
                  "no NVIDIA driver was found (%s)".formatted(library),
                  "install NVIDIA's driver; in a container, start it with --gpus all")));
    }
    try (Arena arena = Arena.ofConfined()) {
      return new Questions(functions, arena).ask();
    }
  }

  /** One round of questions to a driver. */
  private static final class Questions {
    private final SymbolLookup functions;
    private final Arena arena;
    private Optional<String> version = Optional.empty();

    Questions(SymbolLookup functions, Arena arena) {
      this.functions = functions;
      this.arena = arena;
    }

    Driver ask() {
      try {
        // The one question that a driver answers without a GPU.
        version = Optional.of(version());
        initialize();
        List<Gpu> gpus = gpus();
        return new Driver(
            version, gpus, gpus.isEmpty() ? Optional.of(NO_GPU_SEEN) : Optional.empty());
      } catch (ProblemException e) {
        return new Driver(version, List.of(), Optional.of(e.problem));
      }
    }

    private String version() throws ProblemException {
      int number = number("cuDriverGetVersion", List.of(ADDRESS));
      return number / 1000 + "." + number % 1000 / 10;
    }

    private void initialize() throws ProblemException {
      int code = call("cuInit", List.of(JAVA_INT), 0);
      if (code == NO_DEVICE) {
        throw new ProblemException(NO_GPU_SEEN, null);
      }
      check("cuInit", code);
    }

    private List<Gpu> gpus() throws ProblemException {
      int count = number("cuDeviceGetCount", List.of(ADDRESS));
      List<Gpu> gpus = new ArrayList<>();
      for (int ordinal = 0; ordinal < count; ordinal++) {
        int device = number("cuDeviceGet", List.of(ADDRESS, JAVA_INT), ordinal);
        int capability =
            10 * attribute(CAPABILITY_MAJOR, device) + attribute(CAPABILITY_MINOR, device);
        gpus.add(new Gpu(name(device), capability));
      }
      return List.copyOf(gpus);
    }

    private int attribute(int attribute, int device) throws ProblemException {
      return number(
          "cuDeviceGetAttribute", List.of(ADDRESS, JAVA_INT, JAVA_INT), attribute, device);
    }

    private String name(int device) throws ProblemException {
      MemorySegment name = arena.allocate(NAME_BYTES);
      String function = "cuDeviceGetName";
      check(
          function, call(function, List.of(ADDRESS, JAVA_INT, JAVA_INT), name, NAME_BYTES, device));
      return name.getString(0);
    }

    /** Calls a function whose first argument is where it puts an integer. */
    private int number(String function, List<MemoryLayout> types, Object... others)
        throws ProblemException {
      // Its own memory for each: a function that failed must not be read as another's answer.
      MemorySegment answer = arena.allocate(JAVA_INT);
      List<Object> arguments = new ArrayList<>();
      arguments.add(answer);
      arguments.addAll(List.of(others));
      check(function, call(function, types, arguments.toArray()));
      return answer.get(JAVA_INT, 0);
    }

    private int call(String function, List<MemoryLayout> types, Object... arguments)
        throws ProblemException {
      MemorySegment address =
          functions.find(function).orElseThrow(() -> broken("has no function " + function, null));
      try {
        return (int)
            Linker.nativeLinker()
                .downcallHandle(
                    address, FunctionDescriptor.of(JAVA_INT, types.toArray(MemoryLayout[]::new)))
                .invokeWithArguments(arguments);
      } catch (Throwable e) {
        throw broken("cannot be called (%s: %s)".formatted(function, e), e);
      }
    }
  }

  private static void check(String function, int code) throws ProblemException {
    if (code != 0) {
      throw new ProblemException(
          new Problem(
              String.format(
                  Locale.ROOT,
                  "the NVIDIA driver's function %s failed with code %d",
                  function,
                  code),
              "check that nvidia-smi works; after an update of the driver, restart the machine"),
          null);
    }
  }

  private static ProblemException broken(String phrase, Throwable cause) {
    return new ProblemException(
        new Problem("the NVIDIA driver's library " + phrase, "install NVIDIA's driver again"),
        cause);
  }
}
