// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.util.Locale;

/** Whether the cut of a step's launches is chosen by timing. No choice changes a bit. */
public enum Tune {
  /** The choice of the sources. */
  OFF,
  /**
   * What was chosen before for this GPU, driver, network and batch; where nothing was, by timing.
   */
  ON,
  /** By timing, whatever was chosen before. */
  FORCE;

  /** As the command line has it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
