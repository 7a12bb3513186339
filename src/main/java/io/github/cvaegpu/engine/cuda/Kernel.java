// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.util.Locale;
import jcuda.driver.CUfunction;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * A kernel of a loaded module.
 *
 * @param name as in its source
 * @param function the driver's handle
 */
record Kernel(String name, CUfunction function) {
  /**
   * Launches it, or, while the stream is captured, makes it a node of the graph.
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
    stream.launching(this, threads, arguments);
    int status =
        JCudaDriver.cuLaunchKernel(
            function,
            Math.toIntExact(blocksX), // grid
            blocksY,
            1,
            threads, // block
            1,
            1,
            0, // dynamic shared memory
            stream.handle(),
            arguments.places(),
            null);
    if (status != CUresult.CUDA_SUCCESS) {
      Check.driver(
          status, "cuLaunchKernel", name, shape(blocksX, blocksY, threads), arguments.toString());
    }
    stream.launched(() -> new Launch(name, shape(blocksX, blocksY, threads), work));
  }

  private static String shape(long blocksX, int blocksY, int threads) {
    return String.format(Locale.ROOT, "grid %d x %d, block %d", blocksX, blocksY, threads);
  }
}
