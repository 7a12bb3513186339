// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.data.Resolution;
import java.io.PrintWriter;

/** The warning that a run is not on real data. */
final class FallbackWarning {
  private static final String RULE = "*".repeat(80);

  private FallbackWarning() {}

  /** Prints it, with the reasons. */
  static void print(Resolution resolution, PrintWriter err) {
    err.println(RULE);
    err.println("*  WARNING: this run trains on SYNTHETIC DIGITS, not on MNIST.");
    err.println("*  Its figures say nothing about MNIST. MNIST could not be had, because:");
    for (String reason : resolution.reasons()) {
      err.println("*    - " + reason);
    }
    err.println(
        "*  --data DIR names a folder with MNIST's four files; --data mnist refuses to fall");
    err.println("*  back; --data synthetic asks for these digits and does not warn.");
    err.println(RULE);
  }
}
