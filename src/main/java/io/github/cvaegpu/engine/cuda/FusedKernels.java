// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

/** The launches of the kernels of a {@link FusedStep}, a class a file. */
record FusedKernels(
    FusedLinearLaunches linear, FusedMiddleLaunches middle, FusedUpdateLaunches update) {

  FusedKernels(KernelModule module) {
    this(
        new FusedLinearLaunches(module),
        new FusedMiddleLaunches(module),
        new FusedUpdateLaunches(module));
  }
}
