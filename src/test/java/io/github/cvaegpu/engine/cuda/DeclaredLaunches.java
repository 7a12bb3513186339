// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.cvaegpu.emulator.Emulator;
import java.util.Set;
import java.util.TreeSet;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.JCudaDriver;

/**
 * Demands of each launch, before it is made, what the kernel declares: arguments of the sizes of
 * its parameters, no more and no fewer, and blocks of its __launch_bounds__. Asks the emulator.
 */
final class DeclaredLaunches implements LaunchObserver {
  private final Set<String> seen = new TreeSet<>();

  @Override
  public void launching(Kernel kernel, int threads, Arguments arguments) {
    assertEquals(
        Emulator.parameters(kernel.function()).stream()
            .map(parameter -> (int) parameter.bytes())
            .toList(),
        arguments.sizes(),
        () -> "bytes of the parameters of " + kernel.name());
    int[] block = new int[1];
    Check.driver(
        JCudaDriver.cuFuncGetAttribute(
            block, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, kernel.function()),
        "cuFuncGetAttribute",
        kernel.name());
    assertEquals(block[0], threads, () -> "threads of a block of " + kernel.name());
    seen.add(kernel.name());
  }

  /** Names of the kernels that were launched as they declare. */
  Set<String> seen() {
    return seen;
  }
}
