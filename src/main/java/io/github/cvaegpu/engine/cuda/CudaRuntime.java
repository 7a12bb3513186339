// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.foreign.CublasBridge;
import io.github.cvaegpu.foreign.CudaLibraries;
import io.github.cvaegpu.foreign.CudaProbe;
import io.github.cvaegpu.foreign.JCudaNatives;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;

/**
 * The chain from this program to a GPU: driver, device, cuBLAS, JCuda, kernels. Every link is
 * looked at before it is used, for JCuda, on a machine without, could only fail at length.
 */
public final class CudaRuntime {
  /** As in the pom: it is in the names of the libraries that JCuda comes with. */
  static final String JCUDA_VERSION = "12.6.0";

  /** The driver that JCuda was bound to, which is so for good. */
  private static String boundTo;

  private CudaRuntime() {}

  /**
   * A link of the chain.
   *
   * @param name e.g. {@code cuBLAS}
   * @param found what there is; empty if the link is missing
   * @param problem why it is missing and what to do about it, a sentence; empty if it is there
   */
  public record Link(String name, Optional<String> found, Optional<String> problem) {
    private static Link found(String name, String what) {
      return new Link(name, Optional.of(what), Optional.empty());
    }

    private static Link missing(String name, String problem) {
      return new Link(name, Optional.empty(), Optional.of(problem));
    }
  }

  /** Looks at the chain, as far as its first missing link. */
  public static List<Link> chain() {
    var libraries = new CudaLibraries();
    List<Link> chain = new ArrayList<>();
    CudaProbe.Driver driver = CudaProbe.driver(libraries);
    driver.version().ifPresent(version -> chain.add(Link.found("driver", "for CUDA " + version)));
    if (driver.problem().isPresent()) {
      CudaProbe.Problem problem = driver.problem().get();
      String name = driver.version().isPresent() ? "device" : "driver";
      chain.add(Link.missing(name, sentence(problem.what() + ": " + problem.remedy())));
      return chain;
    }
    chain.add(Link.found("device", String.join(", ", driver.devices())));
    if (!new JCudaNatives(JCUDA_VERSION).areInJar()) {
      chain.add(
          Link.missing(
              "JCuda",
              "JCuda, through which the program uses CUDA, has no build for this system: it runs on"
                  + " Linux on x86-64."));
      return chain;
    }
    Optional<CudaLibraries.Library> cublas = libraries.loadCublas();
    if (cublas.isEmpty()) {
      chain.add(
          Link.missing(
              "cuBLAS",
              "cuBLAS was not found: install NVIDIA's CUDA toolkit 12 or 13, or pip's"
                  + " nvidia-cublas, or set CUDA_HOME to where it is."));
      return chain;
    }
    if (needsBridge(cublas.get()) && !CublasBridge.isInJar()) {
      chain.add(
          Link.missing(
              "cuBLAS",
              ("Only %s was found, and the jar was built without a C compiler and so without the"
                      + " bridge from JCuda to it: install cuBLAS 12, or pip's nvidia-cublas-cu12.")
                  .formatted(cublas.get().origin())));
      return chain;
    }
    chain.add(Link.found("cuBLAS", cublas.get().origin()));
    int driverMajor = Integer.parseInt(driver.version().orElseThrow().split("\\.", 2)[0]);
    chain.add(kernels(libraries, driverMajor));
    return chain;
  }

  /** JCuda is made for CUDA 12. */
  private static boolean needsBridge(CudaLibraries.Library cublas) {
    return cublas.major() > 12;
  }

  private static Link kernels(CudaLibraries libraries, int driverMajor) {
    if (CudaLibraries.emulator().isPresent()) {
      return Link.found("kernels", "the emulator's");
    }
    if (KernelSources.fatBinary().isPresent()) {
      return Link.found("kernels", "in the jar");
    }
    return libraries
        .loadNvrtc(driverMajor)
        .map(nvrtc -> Link.found("kernels", "to be compiled by " + nvrtc.origin()))
        .orElseGet(
            () ->
                Link.missing(
                    "kernels",
                    String.format(
                        Locale.ROOT,
                        ("The jar was built without nvcc and has no compiled kernels, and no NVRTC"
                            + " of CUDA %d or older, which could compile them for this driver, was"
                            + " found: install such a CUDA toolkit from NVIDIA, or pip's"
                            + " nvidia-cuda-nvrtc."),
                        driverMajor)));
  }

  /** Why the CUDA engine cannot run here, a sentence; empty if nothing is in its way. */
  public static Optional<String> problem() {
    return chain().stream().flatMap(link -> link.problem().stream()).findFirst();
  }

  /**
   * Loads what the chain is made of and opens the GPU.
   *
   * @throws EngineException if a link is missing
   */
  static synchronized Device open() {
    problem()
        .ifPresent(
            problem -> {
              throw new EngineException(problem);
            });
    var libraries = new CudaLibraries();
    if (boundTo == null) {
      try {
        libraries.loadDriver();
        CudaLibraries.Library cublas = libraries.loadCublas().orElseThrow();
        if (needsBridge(cublas)) {
          CublasBridge.load(cublas);
        }
        new JCudaNatives(JCUDA_VERSION).load(CudaRuntime::returnStatuses);
        boundTo = libraries.driver();
      } catch (IOException | LinkageError e) {
        // JCuda's own message goes on with stack traces.
        String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        throw new EngineException("JCuda could not be loaded: %s.".formatted(reason), e);
      }
    }
    if (!boundTo.equals(libraries.driver())) {
      throw new EngineException(
          "This process is bound to the CUDA driver %s already.".formatted(boundTo));
    }
    returnStatuses();
    return Device.open();
  }

  /** Has JCuda return statuses, for {@link Check}, and not throw; initialises its classes. */
  private static void returnStatuses() {
    JCudaDriver.setExceptionsEnabled(false);
    JCublas2.setExceptionsEnabled(false);
  }

  private static String sentence(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".";
  }
}
