// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.engine.cuda.CudaRuntime.Link;
import io.github.cvaegpu.foreign.CublasBridge;
import io.github.cvaegpu.foreign.CudaLibraries;
import io.github.cvaegpu.foreign.CudaLibraries.Library;
import io.github.cvaegpu.foreign.CudaProbe;
import io.github.cvaegpu.foreign.CudaVersions;
import io.github.cvaegpu.foreign.JCudaNatives;
import io.github.cvaegpu.foreign.Nvrtc;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/** Looks at the links between this program and a GPU, one after the other. */
final class CudaChain {
  static final String DRIVER = "driver";
  static final String DEVICE = "device";

  private final CudaLibraries libraries;
  private final Optional<byte[]> code;
  private final boolean examines;
  private final CudaProbe.Driver driver;
  private Optional<Library> cublas = Optional.empty();
  private final List<Link> links = new ArrayList<>();

  /**
   * Looks.
   *
   * @param libraries where to look for CUDA's libraries
   * @param code the kernels that nvcc compiled into the jar, if it did
   * @param examines whether to look behind a missing link too, for whoever has to install something
   *     wants to know of all of it, and to have NVRTC compile a kernel, which takes a second
   */
  CudaChain(CudaLibraries libraries, Optional<byte[]> code, boolean examines) {
    this.libraries = libraries;
    this.code = code;
    this.examines = examines;
    driver = CudaProbe.driver(libraries);
    for (Runnable step :
        List.<Runnable>of(this::addDriver, this::addJcuda, this::addKernels, this::addCublas)) {
      if (examines || fault().isEmpty()) {
        step.run();
      }
    }
  }

  /** The links, in order. */
  List<Link> links() {
    return List.copyOf(links);
  }

  /** The first link that is at fault. */
  Optional<Link> fault() {
    return links.stream().filter(link -> link.fault().isPresent()).findFirst();
  }

  /** cuBLAS, if there is one for the driver. */
  Optional<Library> cublas() {
    return cublas;
  }

  /** Without a driver to ask, any library is as good as another. */
  private int driverMajor() {
    OptionalInt number = driver.number();
    return number.isPresent() ? number.getAsInt() / 1000 : Integer.MAX_VALUE;
  }

  private void addDriver() {
    driver.version().ifPresent(version -> links.add(Link.found(DRIVER, "for CUDA " + version)));
    if (driver.problem().isPresent()) {
      CudaProbe.Problem problem = driver.problem().get();
      String name = driver.version().isPresent() ? DEVICE : DRIVER;
      links.add(Link.missing(name, sentence(problem.what() + ": " + problem.remedy())));
      if (driver.version().isEmpty()) {
        links.add(Link.found(DEVICE, "not known without a driver"));
      }
      return;
    }
    List<String> devices = driver.devices().stream().map(CudaProbe.Gpu::toString).toList();
    links.add(Link.found(DEVICE, String.join(", ", devices)));
  }

  private void addJcuda() {
    links.add(
        new JCudaNatives(CudaRuntime.JCUDA_VERSION).areInJar()
            ? Link.found("JCuda", CudaRuntime.JCUDA_VERSION)
            : Link.missing(
                "JCuda",
                "JCuda, through which the program uses CUDA, has no build for this system: it runs"
                    + " on Linux on x86-64."));
  }

  // ---- kernels ---------------------------------------------------------------------------------

  private void addKernels() {
    if (libraries.isEmulator()) {
      links.add(Link.found("kernels", "the emulator's"));
      return;
    }
    Optional<FatBinary> fatBinary = code.flatMap(FatBinary::read);
    Optional<String> refusal = fatBinary.flatMap(this::refusal);
    boolean needsNvrtc = code.isEmpty() || refusal.isPresent();
    if (!needsNvrtc && !examines) {
      links.add(Link.found("kernels", "in the jar"));
      return;
    }
    Optional<Library> nvrtc = libraries.loadNvrtc(driverMajor());
    Optional<String> failure = Optional.empty();
    String compiler = "none was found";
    if (nvrtc.isPresent()) {
      try {
        compiler = nvrtc.get().origin() + (examines ? tried(new Nvrtc(nvrtc.get())) : "");
      } catch (Nvrtc.CompileException e) {
        failure = Optional.of(e.getMessage());
        compiler = nvrtc.get().origin() + ", which fails: " + e.getMessage();
      }
    } else if (libraries.complaint("nvrtc").isPresent()) {
      compiler = "cannot be loaded (%s)".formatted(libraries.complaint("nvrtc").get());
    }
    boolean canCompile = nvrtc.isPresent() && failure.isEmpty();
    String why =
        refusal.orElse(
            code.isEmpty()
                ? "the jar has no compiled kernels, for it was built without nvcc"
                : "in the jar");
    links.add(
        needsNvrtc && !canCompile
            ? Link.missing("kernels", sentence(why + "; " + noCompiler(failure)))
            : Link.found(
                "kernels",
                needsNvrtc
                    ? why + "; NVRTC compiles them"
                    : "in the jar" + fatBinary.map(this::contents).orElse("")));
    links.add(Link.found("NVRTC", compiler + (needsNvrtc ? "" : "; not needed")));
  }

  /** Why the driver takes nothing of the jar's, as far as that can be told. */
  private Optional<String> refusal(FatBinary fatBinary) {
    OptionalInt number = driver.number();
    if (number.isEmpty()) {
      return Optional.empty();
    }
    int cuda = number.getAsInt();
    if (fatBinary.oldestDriver() > cuda) {
      return Optional.of(
          "the jar's kernels need a driver for CUDA %s, and this one is for CUDA %s"
              .formatted(
                  CudaVersions.text(fatBinary.oldestDriver()), driver.version().orElseThrow()));
    }
    return driver.devices().stream()
        .findFirst()
        .filter(gpu -> fatBinary.partFor(gpu.capability(), cuda).isEmpty())
        .map(gpu -> "the jar's kernels (%s) are none for %s".formatted(fatBinary, gpu));
  }

  /** Which code in the jar is for this machine, or all that there is. */
  private String contents(FatBinary fatBinary) {
    OptionalInt number = driver.number();
    return number.isPresent() && !driver.devices().isEmpty()
        ? ": "
            + fatBinary
                .partFor(driver.devices().getFirst().capability(), number.getAsInt())
                .orElseThrow()
        : ": %s; for drivers for CUDA %s or newer"
            .formatted(fatBinary, CudaVersions.text(fatBinary.oldestDriver()));
  }

  /** Compiles for the GPU that there is, or for the newest. */
  private String tried(Nvrtc compiler) throws Nvrtc.CompileException {
    int capability =
        driver.devices().isEmpty()
            ? compiler.capabilities().getLast()
            : driver.devices().getFirst().capability();
    compiler.compile(KernelSources.SMALL, KernelSources.texts(), capability);
    return String.format(
        Locale.ROOT, ", version %s, compiles for sm_%d", compiler.version(), capability);
  }

  private String noCompiler(Optional<String> failure) {
    if (failure.isPresent()) {
      return "NVRTC fails: " + failure.get();
    }
    return driver.number().isPresent()
        ? CudaVersions.noNvrtc(driverMajor())
        : "no NVRTC, which could compile them, was found: install NVIDIA's CUDA toolkit, or pip's"
            + " nvidia-cuda-nvrtc";
  }

  // ---- cuBLAS ----------------------------------------------------------------------------------

  private void addCublas() {
    cublas = libraries.loadCublas(driverMajor());
    if (cublas.isEmpty()) {
      links.add(Link.missing("cuBLAS", noCublas()));
      return;
    }
    Library library = cublas.get();
    if (CudaRuntime.needsBridge(library) && !CublasBridge.isInJar()) {
      links.add(
          Link.missing(
              "cuBLAS",
              ("Only %s was found, and the jar was built without a C compiler and so without the"
                      + " bridge from JCuda to it: install cuBLAS 12, or pip's nvidia-cublas-cu12.")
                  .formatted(library.origin())));
      return;
    }
    links.add(Link.found("cuBLAS", library.origin() + CudaVersions.ofCublas(library)));
    libraries
        .cublasLt(library)
        .ifPresent(
            lt -> links.add(Link.found("cublasLt", lt.origin() + CudaVersions.ofCublasLt(lt))));
  }

  private String noCublas() {
    Optional<String> complaint = libraries.complaint("cublas");
    if (complaint.isPresent()) {
      return "cuBLAS is there but cannot be loaded (%s): install it again, with all that came with it."
          .formatted(complaint.get());
    }
    Optional<Library> newer = libraries.loadCublas(Integer.MAX_VALUE);
    if (newer.isPresent()) {
      return String.format(
          Locale.ROOT,
          "%s needs a driver for CUDA %d, and this one is for CUDA %s: install %sa newer driver.",
          newer.get().origin(),
          newer.get().major(),
          driver.version().orElseThrow(),
          driverMajor() == 12 ? "pip's nvidia-cublas-cu12, or " : "");
    }
    return "cuBLAS was not found: install NVIDIA's CUDA toolkit 12 or 13, or pip's "
        + (driverMajor() == 12 ? "nvidia-cublas-cu12" : "nvidia-cublas")
        + ", or set CUDA_HOME to where it is.";
  }

  private static String sentence(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".";
  }
}
