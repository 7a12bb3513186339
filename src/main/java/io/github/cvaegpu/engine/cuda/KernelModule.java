// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** Our kernels, loaded into the GPU. */
final class KernelModule implements AutoCloseable {
  private final CUmodule module;
  private final String origin;

  /**
   * @param module a loaded module
   * @param origin where its code came from, for people
   */
  KernelModule(CUmodule module, String origin) {
    this.module = module;
    this.origin = origin;
  }

  /** One of its kernels. */
  Kernel kernel(String name) {
    var function = new FunctionHandle();
    Check.driver(
        JCudaDriver.cuModuleGetFunction(function, module, name), "cuModuleGetFunction", name);
    return new Kernel(name, function);
  }

  /** Where its code came from, e.g. {@code kernels of the jar}. */
  String origin() {
    return origin;
  }

  @Override
  public void close() {
    Check.driver(JCudaDriver.cuModuleUnload(module), "cuModuleUnload");
  }
}
