// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.foreign.CudaLibraries;
import io.github.cvaegpu.foreign.LaunchKernelEx;
import java.util.Optional;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** A kernel of a loaded module. */
final class Kernel {
  /** Dynamic shared memory that a block may have without asking for it. */
  private static final int SHARED_BYTES_UNASKED = 48 << 10;

  /** The driver's, which is one for a process. */
  private static Optional<LaunchKernelEx> extendedLaunch = Optional.empty();

  private final String name;
  private final FunctionHandle function;
  private int sharedBytesAsked = SHARED_BYTES_UNASKED;

  /**
   * @param name as in its source
   * @param function the driver's handle
   */
  Kernel(String name, FunctionHandle function) {
    this.name = name;
    this.function = function;
  }

  /** Its name in its source. */
  String name() {
    return name;
  }

  /** The driver's handle. */
  CUfunction function() {
    return function;
  }

  /** Compute capability of the PTX that its code was made of, as in {@code compute_90}: 90. */
  int madeFor() {
    int[] version = new int[1];
    Check.driver(
        JCudaDriver.cuFuncGetAttribute(
            version, CUfunction_attribute.CU_FUNC_ATTRIBUTE_PTX_VERSION, function),
        "cuFuncGetAttribute",
        name);
    return version[0];
  }

  /**
   * Launches it on a grid of blocks that have nothing in common, or, while the stream is captured,
   * makes it a node of the graph.
   *
   * @param stream where
   * @param work what it has to do
   * @param blocksX blocks of the grid
   * @param blocksY rows of blocks
   * @param threads of a block
   * @param arguments each of the size that the kernel declares
   */
  void launch(
      CudaStream stream, Work work, long blocksX, int blocksY, int threads, Arguments arguments) {
    launch(stream, work, LaunchShape.of(blocksX, blocksY, threads), arguments);
  }

  /**
   * Launches it, or, while the stream is captured, makes it a node of the graph.
   *
   * @param stream where
   * @param work what it has to do
   * @param shape how
   * @param arguments each of the size that the kernel declares
   * @throws EngineException if the driver refuses it, as one of a GPU before sm_90 does a shape
   *     that is not plain
   */
  void launch(CudaStream stream, Work work, LaunchShape shape, Arguments arguments) {
    stream.launching(this, shape.threads(), arguments);
    askForShared(shape.sharedBytes());
    if (shape.isPlain()) {
      Check.driver(plain(stream, shape, arguments), "cuLaunchKernel", name, shape);
    } else {
      Check.driver(
          extendedLaunch()
              .launch(config(shape), function.address(), stream.address(), arguments.values()),
          "cuLaunchKernelEx",
          name,
          shape);
    }
    stream.launched(() -> new Launch(name, shape.toString(), work));
  }

  /**
   * Whether the GPU has the multiprocessors for one cluster of a launch: all blocks of a cluster
   * run at the same time, and a slice of a GPU may be too small for that.
   *
   * @return also true where the driver will not say; the launch then tells
   */
  boolean fits(LaunchShape shape) {
    if (shape.clusterX() == 1) {
      return true;
    }
    askForShared(shape.sharedBytes());
    LaunchKernelEx.MostClusters most =
        extendedLaunch().mostClusters(config(shape), function.address());
    return switch (most.status()) {
      case CUresult.CUDA_SUCCESS -> most.number() > 0;
      case CUresult.CUDA_ERROR_INVALID_CLUSTER_SIZE -> false;
      default -> true;
    };
  }

  private static LaunchKernelEx.Config config(LaunchShape shape) {
    return new LaunchKernelEx.Config(
        shape.blocksX(),
        shape.blocksY(),
        shape.threads(),
        shape.clusterX(),
        shape.sharedBytes(),
        shape.isProgrammatic());
  }

  private int plain(CudaStream stream, LaunchShape shape, Arguments arguments) {
    return JCudaDriver.cuLaunchKernel(
        function,
        shape.blocksX(), // grid
        shape.blocksY(),
        1,
        shape.threads(), // block
        1,
        1,
        shape.sharedBytes(),
        stream.handle(),
        arguments.places(),
        null);
  }

  private void askForShared(int bytes) {
    if (bytes > sharedBytesAsked) {
      Check.driver(
          JCudaDriver.cuFuncSetAttribute(
              function,
              CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
              bytes),
          "cuFuncSetAttribute",
          name,
          "CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES",
          bytes);
      sharedBytesAsked = bytes;
    }
  }

  private static synchronized LaunchKernelEx extendedLaunch() {
    if (extendedLaunch.isEmpty()) {
      extendedLaunch = Optional.of(extendedLaunch(new CudaLibraries().loadDriver()));
    }
    return extendedLaunch.get();
  }

  /**
   * A driver's launch of shapes that are not plain.
   *
   * @throws EngineException if it has none
   */
  static LaunchKernelEx extendedLaunch(Optional<CudaLibraries.Library> driver) {
    return driver
        .flatMap(LaunchKernelEx::of)
        .orElseThrow(
            () ->
                new EngineException(
                    "The NVIDIA driver is too old to launch kernels in clusters: it has no"
                        + " cuLaunchKernelEx, which came with CUDA 11.8; install a newer driver."));
  }
}
