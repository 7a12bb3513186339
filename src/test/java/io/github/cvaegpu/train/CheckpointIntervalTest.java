// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.train.CheckpointInterval.Unit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointIntervalTest {
  private static final long SECOND = 1_000_000_000L;

  @ParameterizedTest
  @CsvSource({
    "10s, 10, SECONDS",
    "1step, 1, STEPS",
    "500steps, 500, STEPS",
    "500 steps, 500, STEPS",
    "1epoch, 1, EPOCHS",
    "999999999epochs, 999999999, EPOCHS"
  })
  void reads(String text, long amount, Unit unit) {
    assertEquals(new CheckpointInterval(amount, unit), CheckpointInterval.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "10", "s", "-1s", "1.5s", "10 minutes", "10S", "1e3s", "10s ", "1000000000s"})
  void refusesOtherSpellings(String text) {
    var refusal = assertThrows(InputException.class, () -> CheckpointInterval.parse(text));
    assertEquals(
        "'%s' is no checkpoint interval: write 10s, 500steps or 5epochs.".formatted(text),
        refusal.getMessage());
  }

  @Test
  void refusesAnIntervalOfNothing() {
    var refusal = assertThrows(InputException.class, () -> CheckpointInterval.parse("0steps"));
    assertEquals("A checkpoint interval must be 1 or more, not 0.", refusal.getMessage());
  }

  @Test
  void secondsAreOfWallTime() {
    var interval = new CheckpointInterval(10, Unit.SECONDS);
    assertFalse(interval.isDue(10, 0, 1, 10 * SECOND - 1));
    assertTrue(interval.isDue(7, 0, 5, 10 * SECOND));
    var longest = CheckpointInterval.parse("999999999s");
    assertFalse(longest.isDue(1, 0, 1, 999_999_998 * SECOND));
    assertTrue(longest.isDue(1, 0, 1, 999_999_999 * SECOND));
  }

  @Test
  void stepsAndEpochsAreOfTheRun() {
    var steps = new CheckpointInterval(7, Unit.STEPS);
    assertTrue(steps.isDue(14, 7, 5, 0));
    assertFalse(steps.isDue(14, 14, 5, Long.MAX_VALUE));
    assertFalse(steps.isDue(20, 14, 5, Long.MAX_VALUE));
    var epochs = new CheckpointInterval(2, Unit.EPOCHS);
    assertTrue(epochs.isDue(20, 10, 5, 0));
    assertFalse(epochs.isDue(15, 10, 5, Long.MAX_VALUE));
    // A product of ints would overflow to 0 here.
    assertFalse(new CheckpointInterval(1 << 29, Unit.EPOCHS).isDue(1, 0, 1 << 3, 0));
  }

  /** An engine may be some steps further before it can stop. */
  @Test
  void aMultipleThatWasPassedCounts() {
    var steps = new CheckpointInterval(7, Unit.STEPS);
    assertTrue(steps.isDue(15, 0, 5, 0));
    assertTrue(steps.isDue(15, 13, 5, 0));
    assertFalse(steps.isDue(20, 15, 5, Long.MAX_VALUE));
    assertTrue(steps.isDue(21, 15, 5, 0));
  }
}
