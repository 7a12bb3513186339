// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** Our kernels, loaded into the GPU. */
final class KernelModule implements AutoCloseable {
  private final CUmodule module;
  private final String origin;

  /** By name; models on threads of their own may ask at once. */
  private final Map<String, Kernel> kernels = new ConcurrentHashMap<>();

  /**
   * @param module a loaded module
   * @param origin where its code came from, for people
   */
  KernelModule(CUmodule module, String origin) {
    this.module = module;
    this.origin = origin;
  }

  /** One of its kernels, the same each time. */
  Kernel kernel(String name) {
    return kernels.computeIfAbsent(name, this::find);
  }

  private Kernel find(String name) {
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
