// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import picocli.CommandLine.Option;

/** The option that says how long a calibration trains. */
final class CalibrationOptions {
  @Option(
      names = "--calibration-epochs",
      paramLabel = "N",
      defaultValue = "3",
      description = "Passes of a calibration's short runs. Default: ${DEFAULT-VALUE}.")
  private int epochs;

  /** Passes of each short run. */
  int epochs() {
    if (epochs < 1) {
      throw new InputException("--calibration-epochs must be 1 or more, not %d.".formatted(epochs));
    }
    return epochs;
  }
}
