// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.cvaegpu.eval.IntegralProgress;
import org.junit.jupiter.api.Test;

class WorkBarTest {
  private static final long SECOND = 1_000_000_000L;

  private long nanos;
  private final Pace pace = new Pace(() -> nanos);

  @Test
  void aLineSaysWhatIsCountedAndHowFast() {
    pace.reached(0);
    nanos = 2 * SECOND;
    pace.reached(1500);
    assertEquals(
        "Integrating, level 3 [===    ] 750 sums/s 1,500 of 3,000 sums ETA 0:00:02",
        WorkBar.line(new WorkBar.Stage("Integrating, level 3", 3000, pace), 1500, "sums", 73));
  }

  /** The library draws a bar once more with the last stage's number. */
  @Test
  void whatIsDoneIsNeverMoreThanThereIs() {
    pace.reached(0);
    assertEquals(
        "Fitting [======] ? iterations/s 7 of 7 iterations ETA 0:00:00",
        WorkBar.line(new WorkBar.Stage("Fitting", 7, pace), 9, "iterations", 61));
  }

  /** Before the first stage there is no number. */
  @Test
  void whatIsNotKnownIsNotShown() {
    pace.reached(0);
    assertEquals(
        "Integrating [              ] ? sums/s  ETA ?",
        WorkBar.line(new WorkBar.Stage("Integrating", 0, pace), 0, "sums", 44));
  }

  @Test
  void anIntegralsStageIsItsLevel() {
    assertEquals("Integrating, level 3", IntegralBar.stage(new IntegralProgress(1, 1, 3, 10, 20)));
    assertEquals(
        "Integrating 2/6, level 0", IntegralBar.stage(new IntegralProgress(2, 6, 0, 10, 20)));
  }
}
