// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.util.Locale;

/** Which kernels a training step on the GPU is made of. Each kind has bits of its own. */
public enum StepKind {
  /** The fused one where it fits, else the other. */
  AUTO,
  /** Six launches of our own kernels: {@link FusedStep}. */
  FUSED,
  /** Large products by cuBLAS: {@link CublasStep}. */
  CUBLAS;

  /** As the command line and files have it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
