// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.util.Locale;

/** How cuBLAS multiplies; everything else is float32 whatever this is. */
public enum Precision {
  /** Products and sums in float32. */
  FLOAT32,
  /** Factors rounded to TF32's 10 bits, for tensor cores; sums in float32. */
  TF32;

  /** As the command line and files have it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
