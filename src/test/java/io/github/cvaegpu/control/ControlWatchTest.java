// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControlWatchTest {
  private static final float RL = (float) HoldController.USUAL_LOSS;

  private final List<String> said = new ArrayList<>();
  private long step;

  private void feed(ControlWatch watch, int steps, float kl, float beta) {
    feed(watch, steps, RL, kl, beta);
  }

  /** What does not go as it was asked for is a warning, and nothing else is. */
  private void note(ControlWatch.Remark remark) {
    assertEquals(remark.sentence().contains("out of reach"), remark.isWarning());
    said.add(step + ": " + remark.sentence());
  }

  private void feed(ControlWatch watch, int steps, float rl, float kl, float beta) {
    for (int i = 0; i < steps; i++) {
      step++;
      watch.accept(step, rl, kl, beta).ifPresent(this::note);
    }
  }

  /** After 100 windows, not before, and once. */
  @Test
  void saysWhenKlHasSettled() {
    ControlWatch watch = new ControlWatch(new HoldRule(10), 0);
    feed(watch, 300, 5, 1);
    feed(watch, 1000, 10, 1);
    feed(watch, 300, 5, 1);
    feed(watch, 1000, 10, 1);

    // The mean of the last 100 is within 2 % of 10 from 96 steps at 10 on, at step 396.
    assertEquals(
        List.of("495: KL has settled: since step 396 its mean over 100 steps is within 2 % of 10."),
        said);
  }

  @Test
  void aWindowOutsideBeginsAnew() {
    ControlWatch watch = new ControlWatch(new HoldRule(10), 0);
    feed(watch, 150, 10, 1);
    feed(watch, 3, 30, 1);
    feed(watch, 46, 10, 1);
    assertEquals(List.of(), said);
    feed(watch, 200, 10, 1);
    assertEquals(1, said.size());
  }

  @Test
  void saysWhatIsReachedAtTheLimitOfBeta() {
    ControlWatch watch =
        new ControlWatch(new PiRule(60, 0.01, 0.0001, 0.01, 10, AntiWindup.STUDY), 0);
    feed(watch, 499, 14.25f, 0.01f);
    assertEquals(List.of(), said);
    feed(watch, 2000, 14.25f, 0.01f);
    assertEquals(
        List.of(
            "500: The set point of 60 is out of reach so far: KL is 14.25 nats, with beta at its"
                + " lower limit, 0.01, in nearly all of the last 500 steps."),
        said);
  }

  @Test
  void theUpperLimitIsOne() {
    ControlWatch watch = new ControlWatch(new HoldRule(0.5), 0);
    feed(watch, 600, 3, 1e4f);
    assertEquals(
        List.of(
            "500: The set point of 0.5 is out of reach so far: KL is 3.00 nats, with beta at its"
                + " upper limit, 10000, in nearly all of the last 500 steps."),
        said);
  }

  /** A tenth of the usual loss, above what it is counted from, has a tenth of the limit. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 720.45, -543.4})
  void theLimitGoesByTheLossAboveItsOrigin(double origin) {
    ControlWatch watch = new ControlWatch(new HoldRule(0.5), origin);
    // So far from a limit's own digits that the loss's rounding to a float does not matter.
    feed(watch, 600, (float) (origin + RL / 10), 3, 1000.1f);
    assertEquals(1, said.size(), said.toString());
    assertTrue(said.getFirst().contains("at its upper limit, 1000, in"), said.getFirst());

    said.clear();
    step = 0;
    feed(new ControlWatch(new HoldRule(0.5), origin), 600, (float) (origin + RL / 10), 3, 999.9f);
    assertEquals(List.of(), said);
  }

  /** What asks for a beta inside the limits is no reason to give up. */
  @Test
  void aLimitThatKlPullsAwayFromIsNone() {
    ControlWatch watch = new ControlWatch(PiRule.defaults(), 0);
    feed(watch, 3000, 14, 0.01f);
    feed(watch, 3000, 5, 10);
    feed(watch, 399, 5, 0.01f);
    feed(watch, 500, 14, 0.01f);
    feed(watch, 399, 5, 0.01f);
    assertEquals(List.of(), said);
  }

  /** Batches are noisy: a KL that nearly gets there is above its set point now and then. */
  @Test
  void aFewStepsOffTheLimitAreNoWayOut() {
    ControlWatch watch = new ControlWatch(new HoldRule(10), 0);
    for (int i = 0; i < 100; i++) {
      feed(watch, 8, 9.3f, 1e-4f);
      feed(watch, 2, 10.1f, 2e-4f);
    }
    assertEquals(
        List.of(
            "500: The set point of 10 is out of reach so far: KL is 9.46 nats, with beta at its"
                + " lower limit, 0.0001, in nearly all of the last 500 steps."),
        said);
  }

  /** What is said of one set point is said of the next one anew, and by its own steps. */
  @Test
  void eachSetPointIsWatchedByItself() {
    ControlWatch watch =
        new ControlWatch(
            new HoldRule(60, List.of(new SetPointChange(1001, 10), new SetPointChange(2001, 14))),
            0);
    feed(watch, 1000, 14, 1e-4f);
    feed(watch, 1000, 10, 1);
    feed(watch, 1000, 14, 1);
    assertEquals(
        List.of(
            "500: The set point of 60 is out of reach so far: KL is 14.00 nats, with beta at its"
                + " lower limit, 0.0001, in nearly all of the last 500 steps.",
            "1199: KL has settled: since step 1,100 its mean over 100 steps is within 2 % of 10.",
            "2199: KL has settled: since step 2,100 its mean over 100 steps is within 2 % of 14."),
        said);
  }

  /** Its weight is gamma at every step: there is no limit that could tell. */
  @Test
  void aCapacityThatKlComesNoNearerToIsOutOfReach() {
    ControlWatch watch = new ControlWatch(new CapacityRule(2, 0.1, 1000), 0);
    feed(watch, 1500, 14, 0.1f);
    assertEquals(List.of(), said);
    feed(watch, 1000, 14, 0.1f);
    assertEquals(
        List.of(
            "1501: The set point of 2 is out of reach so far: KL is 14.00 nats, and has come no"
                + " nearer in the last 500 steps."),
        said);
  }

  @Test
  void aKlThatComesNearerOrSwingsIsNotOutOfReach() {
    ControlWatch watch = new ControlWatch(new CapacityRule(10, 1000, 1), 0);
    for (int i = 0; i < 3000; i++) {
      feed(watch, 1, 10 + 10 * (float) Math.exp(-i / 2000.0), 1000);
    }
    assertEquals(List.of(), said);

    step = 0;
    watch = new ControlWatch(new CapacityRule(10, 1000, 1), 0);
    for (int i = 0; i < 3000; i++) {
      feed(watch, 1, i / 400 % 2 == 0 ? 9 : 11, 1000);
    }
    assertEquals(List.of(), said);
  }

  @Test
  void whatHoldsNoKlHasNothingToSay() {
    ControlWatch watch = new ControlWatch(new ConstantRule(1), 0);
    feed(watch, 3000, 5, 1);
    assertEquals(List.of(), said);
  }
}
