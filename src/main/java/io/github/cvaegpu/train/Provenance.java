// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.data.DataChoice;
import java.util.Optional;

/**
 * What is kept with a run of how it came to be, and does not decide its numbers.
 *
 * @param data what {@code --data} is; where a run goes on, as it was when it began
 * @param askedThreads what {@code --threads} is for this process; empty if it was not given
 * @param calibration how the set point was chosen; empty if the user named it
 */
public record Provenance(
    DataChoice data, Optional<Integer> askedThreads, Optional<Calibration> calibration) {

  /** Of a run that was not calibrated. */
  public static Provenance of(DataChoice data, Optional<Integer> askedThreads) {
    return new Provenance(data, askedThreads, Optional.empty());
  }
}
