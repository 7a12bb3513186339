// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.control.ControlReport.Saturation;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Series of which every figure of the report is known; set point 10, beta from 0.01 to 0.1. */
class ControlReportTest {
  private static final float MIN = 0.01f; // less than the double 0.01
  private static final float MAX = 0.1f; // more than the double 0.1
  private static final float INSIDE = 0.05f;
  private static final PiRule SETTINGS =
      new PiRule(10, 0.01, 0.0001, 0.01, 0.1, AntiWindup.DIRECTIONAL);

  /** A series from parts of equal steps. */
  private static final class Series {
    private float[] kl = {};
    private float[] beta = {};

    Series then(int steps, double klOfAll, float betaOfAll) {
      int from = kl.length;
      kl = Arrays.copyOf(kl, from + steps);
      beta = Arrays.copyOf(beta, from + steps);
      Arrays.fill(kl, from, from + steps, (float) klOfAll);
      Arrays.fill(beta, from, from + steps, betaOfAll);
      return this;
    }

    ControlReport report(long firstStep) {
      ControlReport.Builder builder = new ControlReport.Builder(SETTINGS.target().orElseThrow());
      for (int i = 0; i < kl.length; i++) {
        builder.accept(firstStep + i, kl[i], beta[i]);
      }
      return builder.build();
    }

    ControlReport report() {
      return report(0);
    }
  }

  @Test
  void steadyAtTheSetPoint() {
    ControlReport report = new Series().then(2000, 10, INSIDE).report();
    assertEquals(
        new ControlReport(
            2000,
            new Saturation(0, 0, 0),
            new Saturation(0, 0, 0),
            OptionalLong.of(99),
            OptionalDouble.of(0),
            200,
            0,
            0,
            0,
            OptionalLong.empty(),
            false),
        report);
    assertFalse(report.latched());
  }

  @Test
  void countsStepsAndRunsAtEachLimit() {
    ControlReport report =
        new Series()
            .then(10, 0, MIN)
            .then(5, 12, INSIDE)
            .then(30, 12, MAX)
            .then(20, 8, MIN)
            .then(35, 12, MAX)
            .then(100, 10, Math.nextUp(MIN))
            .then(50, 10, Math.nextDown(MAX))
            .report();
    assertEquals(new Saturation(30, 30 / 250.0, 20), report.atMin());
    assertEquals(new Saturation(65, 65 / 250.0, 35), report.atMax());
    assertEquals(250, report.steps());
  }

  /** The k-th step after 300 at 0 has a window with the mean 10 k / 100, which is 9.8 at k = 98. */
  @Test
  void settlesWithTheFirstWindowOfTheLastGoodStretch() {
    Series series = new Series().then(300, 0, MIN).then(1000, 10, INSIDE);
    assertEquals(OptionalLong.of(397), series.report().settlingStep());
    assertEquals(OptionalLong.of(1397), series.report(1000).settlingStep());
  }

  @Test
  void settlesAnewAfterAnExcursion() {
    // A window with one step at 40 has the mean 10.3; the last such window ends at step 599.
    ControlReport report =
        new Series().then(500, 10, INSIDE).then(1, 40, INSIDE).then(400, 10, INSIDE).report();
    assertEquals(OptionalLong.of(600), report.settlingStep());
    assertEquals(0.3, report.overshoot().orElseThrow(), 1e-12);
    // With one step at 29 the mean is 10.19, within the 2 %.
    ControlReport small =
        new Series().then(500, 10, INSIDE).then(1, 29, INSIDE).then(400, 10, INSIDE).report();
    assertEquals(OptionalLong.of(99), small.settlingStep());
  }

  @Test
  void isNotSettledIfTheLastWindowIsOutside() {
    ControlReport report = new Series().then(500, 10, INSIDE).then(10, 13, INSIDE).report();
    assertEquals(OptionalLong.empty(), report.settlingStep());
    assertEquals(0.3, report.overshoot().orElseThrow(), 1e-12);
  }

  @Test
  void overshootIsZeroIfNoWindowIsAboveTheSetPoint() {
    ControlReport report = new Series().then(200, 9, INSIDE).report();
    assertEquals(OptionalDouble.of(0), report.overshoot());
    assertEquals(OptionalLong.empty(), report.settlingStep());
  }

  @Test
  void hasNoWindowBelowAHundredSteps() {
    ControlReport without = new Series().then(99, 10, INSIDE).report();
    assertEquals(OptionalDouble.empty(), without.overshoot());
    assertEquals(OptionalLong.empty(), without.settlingStep());
    assertEquals(9, without.tailSteps());
    ControlReport with = new Series().then(100, 10, INSIDE).report();
    assertEquals(OptionalDouble.of(0), with.overshoot());
    assertEquals(OptionalLong.of(99), with.settlingStep());
  }

  /** Half at 13 and half at 9: the offset is (3 - 1) / 2 and the spread sqrt((9 + 1) / 2). */
  @Test
  void tailIsTheLastThousandStepsOfALongRun() {
    ControlReport report =
        new Series().then(9777, 50, INSIDE).then(500, 13, INSIDE).then(500, 9, INSIDE).report();
    assertEquals(1000, report.tailSteps());
    assertEquals(1, report.offset(), 1e-12);
    assertEquals(Math.sqrt(5), report.spread(), 1e-12);
    assertEquals(-4, report.drift(), 1e-12);
  }

  /** A run of two of MNIST's epochs that settles after 600 steps is not judged over those. */
  @Test
  void aShortRunIsNotJudgedOverItsStartUp() {
    ControlReport report = new Series().then(600, 20, INSIDE).then(338, 10, INSIDE).report();
    assertEquals(93, report.tailSteps());
    assertEquals(0, report.offset());
    assertEquals(0, report.spread());
    for (int steps = 1; steps < 12_000; steps = 3 * steps / 2 + 1) {
      int tail = new Series().then(steps, 10, INSIDE).report().tailSteps();
      assertTrue(tail >= 1 && tail <= 1000 && (tail == 1 || 10 * tail <= steps), steps + " steps");
    }
  }

  @Test
  void aRunThatHasNotSettledSaysWhereItGoes() {
    assertEquals(
        Optional.empty(),
        new Series().then(2000, 10, INSIDE).report().notSettled(10, 1, "This may help."));
    assertEquals(
        "Too short to tell whether KL is held: that takes windows of 100 steps.",
        new Series()
            .then(99, 10, INSIDE)
            .report()
            .notSettled(10, 1, "This may help.")
            .orElseThrow());
    String sentence = "Not settled within 2 %% of the set point of 10: KL is %s. This may help.";
    assertEquals(
        sentence.formatted("3.50 nats above it and falling"),
        new Series()
            .then(1800, 20, INSIDE)
            .then(100, 14, INSIDE)
            .then(100, 13, INSIDE)
            .report()
            .notSettled(10, 1, "This may help.")
            .orElseThrow());
    assertEquals(
        sentence.formatted("1.50 nats below it and rising"),
        new Series()
            .then(1800, 2, INSIDE)
            .then(100, 8, INSIDE)
            .then(100, 9, INSIDE)
            .report()
            .notSettled(10, 1, "This may help.")
            .orElseThrow());
  }

  /** Whatever may help otherwise, where beta has no way left to go. */
  @Test
  void aRunThatEndsAtALimitSaysWhatItReached() {
    assertEquals(
        Optional.of(
            "The set point of 10 is out of reach: KL came to 7.50 nats, with beta at its lower"
                + " limit, 0.0123."),
        new Series()
            .then(1000, 10.5, INSIDE)
            .then(1000, 7.5, MIN)
            .report()
            .notSettled(10, 0.012345, "This may help."));
    assertEquals(
        Optional.of(
            "The set point of 10 is out of reach: KL came to 12.00 nats, with beta at its upper"
                + " limit, 10000."),
        new Series().then(1000, 12, MAX).report().notSettled(10, 1e4, "This may help."));
    // Not for most of the tail, or an error that pulls beta back.
    for (Series other :
        List.of(
            new Series().then(1841, 7.5, INSIDE).then(159, 7.5, MIN),
            new Series().then(990, 7.5, INSIDE),
            new Series().then(99, 7.5, MIN),
            new Series().then(1000, 12, MIN))) {
      String sentence = other.report().notSettled(10, 1, "This may help.").orElseThrow();
      assertTrue(sentence.startsWith("Not settled") || sentence.startsWith("Too short"), sentence);
    }
  }

  /** Where the tail is less than a window: KL that still comes nearer may come to be there. */
  @Test
  void aShortRunIsOutOfReachWhereKlComesNoNearer() {
    for (double slope : new double[] {0, -0.01, 0.01}) {
      Series series = new Series().then(400, 7, MIN);
      for (int i = 0; i < 100; i++) {
        series.then(1, 7.5 + slope * i + (i % 2 == 0 ? 0.1 : -0.1), MIN);
      }
      assertEquals(slope <= 0, series.report().isOutOfReach(), "slope " + slope);
      Series above = new Series().then(400, 13, MAX);
      for (int i = 0; i < 100; i++) {
        above.then(1, 12.5 + slope * i + (i % 2 == 0 ? 0.1 : -0.1), MAX);
      }
      assertEquals(slope >= 0, above.report().isOutOfReach(), "slope " + slope);
    }
  }

  @Test
  void aSmallKlIsSaidInDigitsThatCount() {
    ControlReport report =
        new ControlReport(
            1000,
            new Saturation(0, 0, 0),
            new Saturation(1000, 1, 1000),
            OptionalLong.empty(),
            OptionalDouble.of(0),
            100,
            1e-5,
            1e-5,
            0,
            OptionalLong.empty(),
            true);
    String sentence = report.notSettled(1e-6, 1e4, "This may help.").orElseThrow();
    assertTrue(sentence.contains("KL came to 0.000011 nats"), sentence);
  }

  /** Noise takes beta off the limit now and then where the set point is nearly reached. */
  @Test
  void aFewStepsOffTheLimitAreNoWayOut() {
    Series series = new Series();
    for (int i = 0; i < 200; i++) {
      series.then(8, 7.5, MIN).then(2, 10.1, INSIDE);
    }
    String sentence = series.report().notSettled(10, 0.01, "This may help.").orElseThrow();
    assertTrue(sentence.startsWith("The set point of 10 is out of reach"), sentence);
  }

  /** Steps that differ by chance, with halves whose means differ by less than that explains. */
  @Test
  void aDifferenceThatChanceExplainsIsNoDirection() {
    Series series = new Series().then(1800, 20, INSIDE);
    for (int i = 0; i < 100; i++) {
      series.then(1, i < 50 ? 12 : 12.2, INSIDE).then(1, i < 50 ? 14 : 14.2, INSIDE);
    }
    ControlReport report = series.report();
    assertEquals(0.2, report.drift(), 1e-5);
    assertTrue(
        report.notSettled(10, 1, "This may help.").orElseThrow().contains("above it and steady."),
        report.toString());
  }

  /**
   * The limit of chance is twice the standard error of the difference of two halves' means: of 200
   * steps of deviation 1 each, 4 / sqrt(200) = 0.2828.
   */
  @Test
  void aDifferenceBeyondChanceIsADirection() {
    for (double change : new double[] {0.27, 0.31, -0.27, -0.31}) {
      Series series = new Series().then(1800, 20, INSIDE);
      for (int i = 0; i < 100; i++) {
        double half = i < 50 ? 0 : change;
        series.then(1, 12 + half, INSIDE).then(1, 14 + half, INSIDE);
      }
      String sentence = series.report().notSettled(10, 1, "This may help.").orElseThrow();
      String direction = Math.abs(change) < 0.28 ? "steady" : change > 0 ? "rising" : "falling";
      assertTrue(sentence.contains("above it and " + direction + "."), change + ": " + sentence);
    }
  }

  @Test
  void latchesAfterAThousandStepsAgainstTheError() {
    assertFalse(new Series().then(7, 0, MIN).then(1000, 30, MIN).report().latched());
    ControlReport low = new Series().then(7, 0, MIN).then(1001, 30, MIN).report(100);
    assertEquals(OptionalLong.of(107), low.latchStep());
    assertTrue(low.latched());
    ControlReport high =
        new Series().then(7, 0, INSIDE).then(1001, 3, MAX).then(5, 10, INSIDE).report();
    assertEquals(OptionalLong.of(7), high.latchStep());
  }

  @Test
  void firstLatchIsReported() {
    ControlReport report =
        new Series().then(1500, 30, MIN).then(10, 10, INSIDE).then(1500, 3, MAX).report();
    assertEquals(OptionalLong.of(0), report.latchStep());
  }

  @Test
  void saturationThatTheErrorAsksForIsNoLatch() {
    assertFalse(new Series().then(5000, 3, MIN).then(5000, 30, MAX).report().latched());
    assertFalse(new Series().then(5000, 10, MIN).then(5000, 10, MAX).report().latched());
    Series broken = new Series();
    for (int i = 0; i < 10; i++) {
      broken.then(900, 30, MIN).then(1, 10, MIN);
    }
    assertFalse(broken.report().latched());
  }

  @Test
  void findsTheLatchOfTheStudysLawAndNoneInTheDirectional() {
    for (AntiWindup law : AntiWindup.values()) {
      PiRule settings = new PiRule(12, 0.01, 0.001, 0.01, 10, law);
      PiController controller = new PiController(settings);
      ControlReport.Builder builder = new ControlReport.Builder(settings.target().orElseThrow());
      float kl = 0;
      for (int step = 0; step < 20_000; step++) {
        float beta = (float) controller.next(Told.kl(kl));
        kl += (30 * (float) Math.exp(-beta) - kl) / 100;
        builder.accept(step, kl, beta);
      }
      ControlReport report = builder.build();
      assertEquals(law == AntiWindup.STUDY, report.latched(), report::toString);
      assertEquals(law == AntiWindup.DIRECTIONAL, report.settlingStep().isPresent());
    }
  }

  @Test
  void aReportCanBeTakenOnTheWay() {
    ControlReport.Builder builder = new ControlReport.Builder(SETTINGS.target().orElseThrow());
    assertThrows(IllegalStateException.class, builder::build);
    builder.accept(0, 12, MIN);
    ControlReport first = builder.build();
    builder.accept(1, 10, INSIDE);
    assertEquals(2, first.offset());
    assertEquals(0, builder.build().offset());
  }

  @Test
  void refusesSeriesThatAreNone() {
    ControlReport.Builder builder = new ControlReport.Builder(SETTINGS.target().orElseThrow());
    builder.accept(5, 10, INSIDE);
    assertThrows(IllegalArgumentException.class, () -> builder.accept(5, 10, INSIDE));
    assertThrows(IllegalArgumentException.class, () -> builder.accept(7, 10, INSIDE));
    assertThrows(IllegalArgumentException.class, () -> builder.accept(6, Float.NaN, INSIDE));
    assertThrows(
        IllegalArgumentException.class, () -> builder.accept(6, Float.POSITIVE_INFINITY, INSIDE));
    assertThrows(IllegalArgumentException.class, () -> builder.accept(6, 10, Float.NaN));
    builder.accept(6, 10, INSIDE);
    assertEquals(2, builder.build().steps());
  }
}
