// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Runs of so many images a second, by a clock that stands until it is set. */
class PaceTest {
  private static final long MILLI = 1_000_000;

  // Far from zero, as the real one is.
  private long nanos = -7_000_000_000L;
  private long done = 10_000_000;
  private final Pace pace = new Pace(() -> nanos);

  @Test
  void thereIsNoSpeedBeforeTheSecondTime() {
    assertTrue(Double.isNaN(pace.perSecond()));
    assertTrue(Double.isNaN(pace.secondsFor(1)));
    pace.reached(done);
    assertTrue(Double.isNaN(pace.perSecond()));
    nanos += 10 * MILLI;
    assertTrue(Double.isNaN(pace.secondsFor(1)));
  }

  /** What a resumed run had done before is not counted. */
  @Test
  void theSpeedIsRightFromTheSecondTimeOn() {
    pace.reached(done);
    for (int i = 0; i < 30; i++) {
      run(20_000, 50);
      assertEquals(20_000, pace.perSecond(), 1e-6);
      assertEquals(3, pace.secondsFor(60_000), 1e-9);
    }
  }

  @Test
  void theSpeedIsThatOfTheLastSecond() {
    pace.reached(done);
    run(10_000, 100_000);
    run(30_000, 500);
    assertEquals(20_000, pace.perSecond(), 1e-6);
    run(30_000, 500);
    assertEquals(30_000, pace.perSecond(), 1e-6);
  }

  /** A second at a quarter of the speed, while the code is compiled. */
  @Test
  void aSlowBeginningIsForgottenInTheTimeLeft() {
    pace.reached(done);
    run(10_000, 1000);
    run(40_000, 1000);
    assertEquals(10, pace.secondsFor(400_000), 1e-6);
    run(40_000, 10_000);
    assertEquals(10, pace.secondsFor(400_000), 1e-6);
  }

  /** One second of every five is a checkpoint: it belongs to what is left as to what is done. */
  @Test
  void pausesCountInTheTimeLeft() {
    pace.reached(done);
    for (int i = 0; i < 40; i++) {
      run(10_000, 4000);
      run(0, 1000);
    }
    assertEquals(100, pace.secondsFor(800_000), 2);
  }

  /** A long run that becomes slower for good is known to be within a minute. */
  @Test
  void whatIsLongAgoDoesNotCount() {
    pace.reached(done);
    run(50_000, 3_600_000);
    run(10_000, 60_000);
    assertEquals(10, pace.secondsFor(100_000), 1e-6);
    assertEquals(10_000, pace.perSecond(), 1e-6);
  }

  /** A step of three seconds: the speed does not fall while it lasts. */
  @Test
  void aLongStepIsNoStandstill() {
    pace.reached(done);
    for (int i = 0; i < 4; i++) {
      nanos += 3000 * MILLI;
      done += 300;
      pace.reached(done);
      for (int j = 0; j < 29; j++) {
        assertEquals(100, pace.perSecond(), 1e-6);
        nanos += 100 * MILLI;
      }
      nanos -= 2900 * MILLI;
    }
  }

  /** Stopped by Ctrl-Z, or waiting for a lock. */
  @Test
  void aStandstillIsSeen() {
    pace.reached(done);
    run(40_000, 5000);
    nanos += 20_000 * MILLI;
    assertEquals(2000, pace.perSecond(), 1e-6);
    // And over soon.
    run(40_000, 1050);
    assertEquals(40_000, pace.perSecond(), 1e-6);
  }

  @Test
  void nothingTakesNoTime() {
    assertEquals(0, pace.secondsFor(0));
    pace.reached(done);
    run(40_000, 5000);
    assertEquals(0, pace.secondsFor(0));
  }

  @Test
  void itIsToldTwentyTimesASecond() {
    assertTrue(pace.isDue());
    pace.reached(done);
    assertFalse(pace.isDue());
    nanos += 49 * MILLI;
    assertFalse(pace.isDue());
    nanos += MILLI;
    assertTrue(pace.isDue());
  }

  /** Goes on for so long at so many images a second, telling of it every 50 ms. */
  private void run(long perSecond, long millis) {
    for (long at = 0; at < millis; at += 50) {
      nanos += 50 * MILLI;
      done += perSecond / 20;
      pace.reached(done);
    }
  }
}
