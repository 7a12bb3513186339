// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.foreign.CublasBridge;
import io.github.cvaegpu.foreign.CudaLibraries;
import io.github.cvaegpu.foreign.JCudaNatives;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.VaeShape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;

/**
 * The chain from this program to a GPU: driver, device, JCuda, kernels, cuBLAS. Every link is
 * looked at before it is used, for JCuda, on a machine without, could only fail at length.
 */
public final class CudaRuntime {
  /** As in the pom: it is in the names of the libraries that JCuda comes with. */
  static final String JCUDA_VERSION = "12.6.0";

  private static final int TRIAL_SIDE = 4;
  private static final int TRIAL_BATCH = 4;

  /** The driver that JCuda was bound to, which is so for good. */
  private static String boundTo;

  private CudaRuntime() {}

  /**
   * A link of the chain.
   *
   * @param name e.g. {@code cuBLAS}
   * @param fault {@code missing} or {@code failed} where the CUDA engine cannot do without
   * @param text what there is; or, if it is at fault, why and what to do about it, a sentence
   */
  public record Link(String name, Optional<String> fault, String text) {
    /** Whether it is the driver or the GPU: without them nobody expects this machine to use one. */
    public boolean isGpuItself() {
      return name.equals(CudaChain.DRIVER) || name.equals(CudaChain.DEVICE);
    }

    static Link found(String name, String what) {
      return new Link(name, Optional.empty(), what);
    }

    static Link missing(String name, String problem) {
      return new Link(name, Optional.of("missing"), problem);
    }
  }

  private static CudaChain chain(boolean examines) {
    return new CudaChain(new CudaLibraries(), KernelSources.fatBinary(), examines);
  }

  /**
   * Looks at the whole chain and tries it: NVRTC compiles a kernel, and where nothing is missing, a
   * small network is trained a step on the GPU.
   */
  public static List<Link> examine() {
    CudaChain chain = chain(true);
    List<Link> links = new ArrayList<>(chain.links());
    if (chain.fault().isEmpty()) {
      try (var accelerator = new CudaAccelerator(Precision.FLOAT32, StepKind.AUTO, Tune.OFF)) {
        train(accelerator);
        links.add(Link.found("trial", "the GPU trained a step: " + accelerator.info().library()));
      } catch (EngineException e) {
        links.add(new Link("trial", Optional.of("failed"), e.getMessage()));
      }
    }
    return List.copyOf(links);
  }

  /** All that a training does on the GPU: memory, kernels, a graph, answers to the host. */
  private static void train(CudaAccelerator accelerator) {
    var shape = new VaeShape(TRIAL_SIDE * TRIAL_SIDE, List.of(8), 2);
    var images =
        new ImageSet(
            TRIAL_SIDE,
            TRIAL_SIDE,
            new byte[TRIAL_BATCH * TRIAL_SIDE * TRIAL_SIDE],
            new byte[TRIAL_BATCH]);
    var settings = new TrainingSettings(Objective.study(), 1, TRIAL_BATCH, 1e-3);
    try (CudaTrainee trainee = accelerator.trainee(shape, settings, images)) {
      trainee.trainEpoch(
          BatchOrder.shuffled(1, 0, TRIAL_BATCH, TRIAL_BATCH),
          new ConstantRule(1).start(),
          (step, rl, kl, beta) -> true);
    }
  }

  /** JCuda is made for CUDA 12. */
  static boolean needsBridge(CudaLibraries.Library cublas) {
    return cublas.major() > 12;
  }

  /** The first link that keeps the CUDA engine from running here; empty if none does. */
  public static Optional<Link> fault() {
    return chain(false).fault();
  }

  /** Why the CUDA engine cannot run here, a sentence; empty if nothing is in its way. */
  public static Optional<String> problem() {
    return fault().map(Link::text);
  }

  /**
   * Loads what the chain is made of and opens the GPU.
   *
   * @throws EngineException if a link is missing
   */
  static synchronized Device open() {
    CudaChain chain = chain(false);
    chain
        .fault()
        .ifPresent(
            link -> {
              throw new EngineException(link.text());
            });
    var libraries = new CudaLibraries();
    if (boundTo == null) {
      try {
        libraries.loadDriver();
        CudaLibraries.Library cublas = chain.cublas().orElseThrow();
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
}
