// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PiRuleTest {
  /** Of a run; it does not matter how many. */
  private static final long STEPS = 1000;

  private static PiRule study(double setPoint, double kp, double ki) {
    return new PiRule(setPoint, kp, ki, 0.01, 10, AntiWindup.STUDY);
  }

  @Test
  void defaultsAreTheStudysWithTheDirectionalLaw() {
    assertEquals(
        new PiRule(9.97, 0.01, 0.0001, 0.01, 10, AntiWindup.DIRECTIONAL), PiRule.defaults());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0        | .1  | .1  | 0   | 1   | The KL set point must be a finite number of nats above"
            + " 0, not 0.0.",
        "1000001  | .1  | .1  | 0   | 1   | The KL set point must be at most 1,000,000 nats, not"
            + " 1000001.0.",
        "-3       | .1  | .1  | 0   | 1   | The KL set point must be a finite number of nats above"
            + " 0, not -3.0.",
        "NaN      | .1  | .1  | 0   | 1   | The KL set point must be a finite number of nats above"
            + " 0, not NaN.",
        "Infinity | .1  | .1  | 0   | 1   | The KL set point must be a finite number of nats above"
            + " 0, not Infinity.",
        "9 | -.1      | .1        | 0 | 1 | The proportional gain Kp must be a finite number, 0 or"
            + " more, not -0.1.",
        "9 | NaN      | .1        | 0 | 1 | The proportional gain Kp must be a finite number, 0 or"
            + " more, not NaN.",
        "9 | Infinity | .1        | 0 | 1 | The proportional gain Kp must be a finite number, 0 or"
            + " more, not Infinity.",
        "9 | .1       | -.5       | 0 | 1 | The integral gain Ki must be a finite number, 0 or"
            + " more, not -0.5.",
        "9 | .1       | NaN       | 0 | 1 | The integral gain Ki must be a finite number, 0 or"
            + " more, not NaN.",
        "9 | .1       | Infinity  | 0 | 1 | The integral gain Ki must be a finite number, 0 or"
            + " more, not Infinity.",
        "9 | .1 | .1 | -1  | 1        | The lower limit of beta must be a finite number, 0 or more,"
            + " not -1.0.",
        "9 | .1 | .1 | NaN | 1        | The lower limit of beta must be a finite number, 0 or more,"
            + " not NaN.",
        "9 | .1 | .1 | 0   | NaN      | The upper limit of beta must be a finite number, 0 or more,"
            + " not NaN.",
        "9 | .1 | .1 | 0   | Infinity | The upper limit of beta must be a finite number, 0 or more,"
            + " not Infinity.",
        "9 | .1 | .1 | 0   | 1e39     | The upper limit of beta must be finite as a 32-bit float,"
            + " which 1.0E39 is not.",
        "9 | .1 | .1 | 1e39 | 1e40    | The lower limit of beta must be finite as a 32-bit float,"
            + " which 1.0E39 is not.",
        "9 | .1 | .1 | 1   | 1        | The upper limit of beta (1.0) must be above the lower limit"
            + " (1.0).",
        "9 | .1 | .1 | 2   | 1        | The upper limit of beta (1.0) must be above the lower limit"
            + " (2.0).",
        "9 | 0  | 0  | 0   | 1        | Kp and Ki cannot both be 0: beta would never change; train"
            + " with a constant beta instead.",
      })
  void refusesWhatControlsNothing(
      double setPoint, double kp, double ki, double low, double high, String message) {
    InputException refusal =
        assertThrows(
            InputException.class,
            () -> new PiRule(setPoint, kp, ki, low, high, AntiWindup.DIRECTIONAL));
    assertEquals(message, refusal.getMessage());
  }

  @Test
  void refusesAMissingLaw() {
    assertThrows(InputException.class, () -> new PiRule(9, 1, 1, 0, 1, null));
  }

  @ParameterizedTest
  @CsvSource({"9.97, 0.0001", "9.97, 0.001", "99.9, 0.0001", "9.99, 0.001", "60, 0"})
  void noWarningWhereTheStudysLawIsSafe(double setPoint, double ki) {
    assertEquals(Optional.empty(), study(setPoint, 0.01, ki).warning(STEPS));
  }

  @ParameterizedTest
  @CsvSource({"12, 0.001", "20, 0.001", "30, 0.001", "25, 0.0005", "9.97, 0.002"})
  void warnsOfALatchInTheFirstSteps(double setPoint, double ki) {
    String warning = study(setPoint, 0.01, ki).warning(STEPS).orElseThrow();
    assertTrue(warning.contains(" latches at beta = 0.01 "), warning);
  }

  /** Here the first P rounds away beside beta_min, so how fast KL rises decides. */
  @ParameterizedTest
  @CsvSource({"110, 0.0001", "150, 0.0001", "45, 0.001", "60, 0.001", "60, 0.0005"})
  void warnsOfAPossibleLatch(double setPoint, double ki) {
    String warning = study(setPoint, 0.01, ki).warning(STEPS).orElseThrow();
    assertTrue(warning.contains(" can latch at beta = 0.01 "), warning);
  }

  /** Between Ki KL* + P(KL*) >= Kp and Ki KL* >= Kp: with KL* = 1, P(1) = 0.269 Kp. */
  @Test
  void warnsFromTheDerivedLimitsOn() {
    assertEquals(Optional.empty(), study(1, 1, 0.731).warning(STEPS));
    String possible = study(1, 1, 0.7311).warning(STEPS).orElseThrow();
    assertTrue(possible.contains(" can latch "), possible);
    String atOnce = study(1, 1, 1).warning(STEPS).orElseThrow();
    assertTrue(atOnce.contains(" latches "), atOnce);
  }

  @Test
  void warningSaysWhatToDo() {
    assertEquals(
        "With --anti-windup study the controller latches at beta = 0.01 for good in its first"
            + " steps, unless KL is above 2 nats in the very first, because Ki times the set point"
            + " (0.001 x 12) is too large for Kp = 0.01; use --anti-windup directional or a --ki"
            + " below 0.000833.",
        study(12, 0.01, 0.001).warning(STEPS).orElseThrow());
  }

  @Test
  void followingTheAdviceEndsTheWarning() {
    assertEquals(Optional.empty(), study(12, 0.01, 0.000833).warning(STEPS));
  }

  @ParameterizedTest
  @CsvSource({"1000, 1, 1", "1e-300, 1e300, 1e300", "1e6, 1e-300, 1e-300"})
  void warnsAtAnyMagnitude(double setPoint, double kp, double ki) {
    assertTrue(study(setPoint, kp, ki).warning(STEPS).isPresent());
  }

  @Test
  void directionalLawNeedsNoWarning() {
    assertEquals(
        Optional.empty(), new PiRule(60, 0.01, 1, 0.01, 10, AntiWindup.DIRECTIONAL).warning(STEPS));
  }

  @Test
  void warnsThatBetaCannotMoveWithoutProportionalGain() {
    PiRule settings = study(9.97, 0, 0.0001);
    assertEquals(
        "With --anti-windup study and Kp = 0 beta never leaves its lower limit 0.01; use"
            + " --anti-windup directional or a --kp above 0.",
        settings.warning(STEPS).orElseThrow());
    PiController controller = new PiController(settings);
    for (int step = 0; step < 1000; step++) {
      assertEquals(0.01, controller.next(Told.kl(100)));
    }
  }

  @Test
  void warnsThatBetaStartsAndStaysAtItsUpperLimit() {
    PiRule settings = study(1, 100, 0.1);
    assertEquals(
        "With --anti-windup study beta never leaves its upper limit 10, because Kp = 100 alone"
            + " takes it there at any KL; use --anti-windup directional or a lower --kp.",
        settings.warning(STEPS).orElseThrow());
    PiController controller = new PiController(settings);
    for (int step = 0; step < 1000; step++) {
      assertEquals(10, controller.next(Told.kl(0)));
    }
  }

  /** P(1024) is 0, so the limit is Ki KL* = Kp, which these numbers meet exactly. */
  @Test
  void warnsAtTheDerivedLimitItself() {
    assertTrue(study(1024, 1, 0x1p-10).warning(STEPS).isPresent());
    assertEquals(Optional.empty(), study(1024, 1, Math.nextDown(0x1p-10)).warning(STEPS));
  }

  /** Beta's first value is P + beta_min, which is here the upper limit itself. */
  @Test
  void warnsWhereBetaStartsJustAtItsUpperLimit() {
    double first = study(1, 1, 0.1).proportional(1) + 0.01;
    PiRule at = new PiRule(1, 1, 0.1, 0.01, first, AntiWindup.STUDY);
    assertTrue(at.warning(STEPS).orElseThrow().contains(" never leaves its upper limit "));
    PiRule above = new PiRule(1, 1, 0.1, 0.01, Math.nextUp(first), AntiWindup.STUDY);
    assertEquals(Optional.empty(), above.warning(STEPS));
  }

  /** (Kp - P(1)) / KL* = 1 - 0.269. */
  @Test
  void theAdviceLeavesRoomForP() {
    String warning = study(1, 1, 1).warning(STEPS).orElseThrow();
    assertTrue(warning.endsWith(" or a --ki below 0.731."), warning);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1e-9, 0.000000001", "9e-10, 9.0E-10", "9e8, 900000000", "1e9, 1.0E9"})
  void numbersAreWrittenOutWhileTheyCanBeRead(double low, String written) {
    String warning =
        new PiRule(9.97, 0, 0.0001, low, 1e10, AntiWindup.STUDY).warning(STEPS).orElseThrow();
    assertTrue(warning.contains(" its lower limit " + written + ";"), warning);
  }
}
