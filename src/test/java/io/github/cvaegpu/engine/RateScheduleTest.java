// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RateScheduleTest {
  private static final double RATE = 1e-3;

  /** In steps of an epoch. */
  private static final int EPOCH = 10;

  private static double at(RateSchedule schedule, long step) {
    return new LearningRate(RATE, schedule, EPOCH).at(step);
  }

  /** To the bit: a run without a schedule is what it was before there were any. */
  @ParameterizedTest
  @ValueSource(doubles = {1e-3, 1e-4, 0.1, 3.3e-5, 1 / 3.0})
  void aConstantRateIsTheRate(double rate) {
    for (long step : new long[] {0, 1, 1000, 1L << 40}) {
      assertEquals(rate, LearningRate.constant(rate).at(step));
      assertEquals(rate, new LearningRate(rate, new RateSchedule.Constant(0), 469).at(step));
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 0.25", "1, 0.5", "2, 0.75", "3, 1", "4, 1", "99, 1"})
  void warmsUpFromAFractionOfIt(long step, double part) {
    assertEquals(part * RATE, at(new RateSchedule.Constant(4), step), 1e-18);
  }

  /** By hand: 1, (1 + cos(pi / 4)) / 2, half, and so on. */
  @ParameterizedTest
  @CsvSource({
    "0, 1",
    "5, 0.8535533905932737",
    "10, 0.5",
    "15, 0.14644660940672627",
    "19, 0.006155829702431115",
    "20, 0",
    "50, 0"
  })
  void aCosineFallsOverItsEpochs(long step, double part) {
    assertEquals(part * RATE, at(new RateSchedule.Cosine(0, 0, 2), step), 1e-18);
    double end = 1e-4;
    assertEquals(end + (RATE - end) * part, at(new RateSchedule.Cosine(0, end, 2), step), 1e-18);
  }

  @ParameterizedTest
  @CsvSource({"0, 0.25", "3, 1", "4, 1", "12, 0.5", "20, 0"})
  void aCosineBeginsBehindTheWarmUp(long step, double part) {
    assertEquals(part * RATE, at(new RateSchedule.Cosine(4, 0, 2), step), 1e-18);
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "19, 1", "20, 0.5", "39, 0.5", "40, 0.25", "65, 0.125"})
  void aStepFallsEverySoManyEpochs(long step, double part) {
    assertEquals(part * RATE, at(new RateSchedule.Step(0, 2, 0.5), step), 1e-18);
  }

  @ParameterizedTest
  @CsvSource({"0, 0.04", "24, 1", "25, 0.5"})
  void stepsAreCountedFromTheRunsBeginning(long step, double part) {
    assertEquals(part * RATE, at(new RateSchedule.Step(25, 2, 0.5), step), 1e-18);
  }

  @Test
  void itNeverRisesBehindTheWarmUpNorFallsInIt() {
    for (RateSchedule schedule :
        new RateSchedule[] {
          new RateSchedule.Constant(7),
          new RateSchedule.Cosine(7, 1e-5, 3),
          new RateSchedule.Step(7, 1, 0.3)
        }) {
      for (int step = 1; step < 40; step++) {
        double before = at(schedule, step - 1);
        double now = at(schedule, step);
        assertTrue(step < 7 ? now > before : now <= before, schedule + " at " + step);
      }
    }
  }

  @Test
  void refusesWhatNoRunCanUse() {
    refused("The warm-up must be of 0 steps or more, not -1.", () -> new RateSchedule.Constant(-1));
    refused(
        "The warm-up must be of 0 steps or more, not -1.", () -> new RateSchedule.Cosine(-1, 0, 3));
    refused(
        "The learning rate must end at 0 or a positive number, not -1.0.",
        () -> new RateSchedule.Cosine(0, -1, 3));
    refused(
        "The learning rate must end at 0 or a positive number, not NaN.",
        () -> new RateSchedule.Cosine(0, Double.NaN, 3));
    refused("A cosine takes 1 epoch or more, not 0.", () -> new RateSchedule.Cosine(0, 0, 0));
    refused(
        "The learning rate must stay for 1 epoch or more between its steps, not 0.",
        () -> new RateSchedule.Step(0, 0, 0.5));
    for (double factor : new double[] {0, 1, -0.5, Double.NaN}) {
      refused(
          "The factor of the learning rate must be above 0 and below 1, not " + factor + ".",
          () -> new RateSchedule.Step(0, 1, factor));
    }
  }

  private static void refused(String sentence, Runnable made) {
    assertEquals(sentence, assertThrows(InputException.class, made::run).getMessage());
  }

  @Test
  void saysWhatBecomesOfIt() {
    assertEquals("", new RateSchedule.Constant(0).title());
    assertEquals("1 step of warm-up", new RateSchedule.Constant(1).title());
    assertEquals(
        "500 steps of warm-up, then a cosine to 0.00001 over 20 epochs",
        new RateSchedule.Cosine(500, 1e-5, 20).title());
    assertEquals("times 0.1 every 50 epochs", new RateSchedule.Step(0, 50, 0.1).title());
  }
}
