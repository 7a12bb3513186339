// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.util.Arrays;
import java.util.Locale;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
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
   * @param arguments in the kernel's order: {@code int}, {@code long}, {@code double} or pointer,
   *     each of the size that the kernel declares
   */
  void launch(
      CudaStream stream, Work work, long blocksX, int blocksY, int threads, Object... arguments) {
    NativePointerObject[] pointers = new NativePointerObject[arguments.length];
    for (int i = 0; i < arguments.length; i++) {
      pointers[i] = pointerTo(arguments[i]);
    }
    Check.driver(
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
            Pointer.to(pointers),
            null),
        "cuLaunchKernel",
        name,
        String.format(Locale.ROOT, "grid %d x %d", blocksX, blocksY),
        "block " + threads,
        Arrays.toString(arguments));
    stream.launched(
        name,
        String.format(Locale.ROOT, "grid %d x %d, block %d", blocksX, blocksY, threads),
        work);
  }

  private static Pointer pointerTo(Object argument) {
    if (argument instanceof DevicePointer value) {
      return Pointer.to(value);
    }
    if (argument instanceof Integer value) {
      return Pointer.to(new int[] {value});
    }
    if (argument instanceof Long value) {
      return Pointer.to(new long[] {value});
    }
    if (argument instanceof Double value) {
      return Pointer.to(new double[] {value});
    }
    throw new IllegalArgumentException("a kernel takes no " + argument.getClass());
  }
}
