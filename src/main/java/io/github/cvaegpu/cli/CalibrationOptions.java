// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import java.util.Locale;
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
      throw new InputException(
          String.format(Locale.ROOT, "--calibration-epochs must be 1 or more, not %d.", epochs));
    }
    return epochs;
  }
}
