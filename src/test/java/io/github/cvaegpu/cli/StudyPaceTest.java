// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Steps of a tenth of a second, by a clock that stands until it is set. */
class StudyPaceTest {
  private static final long TENTH = 100_000_000;

  private long nanos = 5;
  private final StudyPace pace = new StudyPace(1000, () -> nanos);

  @Test
  void theTimeLeftIsKnownWithinTheFirstEpoch() {
    pace.left("a", 10);
    assertTrue(Double.isNaN(pace.secondsLeft()));
    steps("a", 1, 4);
    assertEquals(1000, pace.perSecond(), 1e-6);
    // Ten epochs less four hundred images.
    assertEquals(9.6, pace.secondsLeft(), 1e-6);
  }

  @Test
  void anEpochsEndChangesNothing() {
    pace.left("a", 10);
    steps("a", 1, 10);
    assertEquals(9, pace.secondsLeft(), 1e-6);
    pace.left("a", 9);
    assertEquals(9, pace.secondsLeft(), 1e-6);
  }

  /** The eleventh batch of 96 has 40 images. */
  @Test
  void theLastBatchIsAsLongAsItIs() {
    pace.left("a", 2);
    for (int step = 1; step <= 11; step++) {
      nanos += TENTH;
      pace.step("a", step, 96);
    }
    assertEquals(904, pace.perSecond(), 1e-6);
    assertEquals(1000 / 848.0, pace.secondsLeft(), 1e-6);
  }

  /** A run that goes on in the middle of an epoch has that part behind it. */
  @Test
  void aResumedRunHasLessLeft() {
    pace.left("a", 1);
    steps("a", 16, 18);
    assertEquals(0.2, pace.secondsLeft(), 1e-6);
  }

  @Test
  void runsAtOnceAddUp() {
    pace.left("a", 20);
    pace.left("b", 20);
    for (int step = 1; step <= 5; step++) {
      nanos += TENTH / 2;
      pace.step("a", step, 100);
      nanos += TENTH / 2;
      pace.step("b", step, 100);
    }
    assertEquals(2000, pace.perSecond(), 1e-6);
    assertEquals(9.5, pace.secondsLeft(), 1e-6);
  }

  private void steps(String run, int first, int last) {
    for (int step = first; step <= last; step++) {
      nanos += TENTH;
      pace.step(run, step, 100);
    }
  }
}
