// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PiControllerTest {
  /** KL of the traces below, which reach both limits and leave them. */
  private static final double[] KL = {0, 0, 1, 3, 4, 6, 8, 8, 0.5, 0, 0, 7};

  /** Set point 2, Kp 1/2, Ki 1/8, beta from 1/4 to 1: every integral is exact in binary. */
  private static PiRule traced(AntiWindup law) {
    return new PiRule(2, 0.5, 0.125, 0.25, 1, law);
  }

  private static void assertTrace(AntiWindup law, double[] integrals, double[] betas) {
    PiController controller = new PiController(traced(law));
    for (int i = 0; i < KL.length; i++) {
      assertEquals(betas[i], controller.next(Told.kl(KL[i])), 2e-16, "beta of step " + (i + 1));
      assertEquals(integrals[i], Told.integral(controller), "integral of step " + (i + 1));
    }
  }

  /**
   * Worked with 60-digit decimals. P = 0.5 / (1 + exp(e)), I' = I - e / 8, u = P + I' + 0.25.
   *
   * <pre>
   * step KL   e     P                    I'       u                    I        beta
   *  1   0    2     0.05960146101105878  -0.25    0.05960146101105878  stays 0  0.25, u below, e > 0
   *  2   0    2     0.05960146101105878  -0.25    0.05960146101105878  stays 0  0.25
   *  3   1    1     0.13447071068499755  -0.125   0.25947071068499755  -0.125   u
   *  4   3   -1     0.36552928931500245   0       0.61552928931500239   0       u
   *  5   4   -2     0.44039853898894121   0.25    0.94039853898894121   0.25    u
   *  6   6   -4     0.49100689501895423   0.75    1.49100689501895411  stays    1, u above, e < 0
   *  7   8   -6     0.49876368842168262   1       1.74876368842168262  stays    1
   *  8   8   -6     0.49876368842168262   1       1.74876368842168262  stays    1
   *  9   0.5  1.5   0.09121276190317817   0.0625  0.40371276190317817   0.0625  u, inward at once
   * 10   0    2     0.05960146101105878  -0.1875  0.12210146101105877  stays    0.25
   * 11   0    2     0.05960146101105878  -0.1875  0.12210146101105877  stays    0.25
   * 12   7   -5     0.49665357453785758   0.6875  1.43415357453785752  stays    1
   * </pre>
   */
  @Test
  void directionalLawFollowsTheTrace() {
    assertTrace(
        AntiWindup.DIRECTIONAL,
        new double[] {0, 0, -0.125, 0, 0.25, 0.25, 0.25, 0.25, 0.0625, 0.0625, 0.0625, 0.0625},
        new double[] {
          0.25,
          0.25,
          0.25947071068499755,
          0.6155292893150024,
          0.9403985389889412,
          1,
          1,
          1,
          0.4037127619031782,
          0.25,
          0.25,
          1
        });
  }

  /**
   * Worked with 60-digit decimals. I = I - e / 8 only if 0.25 < beta before < 1, u = P + I + 0.25.
   *
   * <pre>
   * step KL   e     P                    I                      u                    beta
   *  1   0    2     0.05960146101105878  0 (beta before is 0)   0.30960146101105879  u
   *  2   0    2     0.05960146101105878  -0.25                  0.05960146101105878  0.25
   *  3   1    1     0.13447071068499755  stays -0.25            0.13447071068499755  0.25
   *  4   3   -1     0.36552928931500245  stays -0.25            0.36552928931500245  u
   *  5   4   -2     0.44039853898894121   0                     0.69039853898894121  u
   *  6   6   -4     0.49100689501895423   0.5                   1.24100689501895411  1
   *  7   8   -6     0.49876368842168262  stays 0.5              1.24876368842168262  1
   *  8   8   -6     0.49876368842168262  stays 0.5              1.24876368842168262  1
   *  9   0.5  1.5   0.09121276190317817  stays 0.5              0.84121276190317817  u
   * 10   0    2     0.05960146101105878   0.25                  0.55960146101105879  u
   * 11   0    2     0.05960146101105878   0                     0.30960146101105879  u
   * 12   7   -5     0.49665357453785758   0.625                 1.37165357453785752  1
   * </pre>
   */
  @Test
  void studyLawFollowsTheTrace() {
    assertTrace(
        AntiWindup.STUDY,
        new double[] {0, -0.25, -0.25, -0.25, 0, 0.5, 0.5, 0.5, 0.5, 0.25, 0, 0.625},
        new double[] {
          0.3096014610110588,
          0.25,
          0.25,
          0.36552928931500245,
          0.6903985389889412,
          1,
          1,
          1,
          0.8412127619031782,
          0.5596014610110588,
          0.3096014610110588,
          1
        });
  }

  private static PiController of(double setPoint, double ki, AntiWindup law) {
    return new PiController(new PiRule(setPoint, 0.01, ki, 0.01, 10, law));
  }

  /** Feeds a KL that rises from 0 to three times the set point, and gives the last beta. */
  private static double rise(PiController controller, double setPoint) {
    double beta = 0;
    for (double kl = 0; kl < 3 * setPoint; kl += 0.05) {
      beta = controller.next(Told.kl(kl));
    }
    return beta;
  }

  @ParameterizedTest
  @CsvSource({
    "0.001, 12",
    "0.001, 20",
    "0.001, 30",
    "0.001, 45",
    "0.001, 60",
    "0.0005, 25",
    "0.0005, 40",
    "0.0005, 60",
    "0.002, 9.97"
  })
  void studyLawLatchesWhereItIsSaidToAndDirectionalDoesNot(double ki, double setPoint) {
    PiController study = of(setPoint, ki, AntiWindup.STUDY);
    rise(study, setPoint);
    PiController directional = of(setPoint, ki, AntiWindup.DIRECTIONAL);
    assertTrue(rise(directional, setPoint) > 0.02, "directional law leaves the limit");
    for (int step = 0; step < 100_000; step++) {
      assertEquals(0.01, study.next(Told.kl(3 * setPoint)), "beta of the study's law");
      directional.next(Told.kl(3 * setPoint));
    }
    assertEquals(10, directional.next(Told.kl(3 * setPoint)), 0.1);
  }

  @ParameterizedTest
  @CsvSource({"0.0001, 9.97", "0.001, 9.97", "0.0001, 60", "0.0001, 110", "0.0001, 150"})
  void studyLawLeavesTheLimitElsewhere(double ki, double setPoint) {
    PiController study = of(setPoint, ki, AntiWindup.STUDY);
    rise(study, setPoint);
    double beta = 0;
    for (int step = 0; step < 1000; step++) {
      beta = study.next(Told.kl(3 * setPoint));
    }
    assertTrue(beta > 0.5, "beta " + beta);
  }

  /** The first step that integrates decides: KL_1 <= KL* - Kp / Ki = 2, in exact binary numbers. */
  @Test
  void studyLawLatchesExactlyAtTheDerivedLimit() {
    PiRule settings = new PiRule(10, 0.5, 0.0625, 0.25, 4, AntiWindup.STUDY);
    PiController latched = new PiController(settings);
    latched.next(Told.kl(0));
    latched.next(Told.kl(2));
    assertEquals(-0.5, Told.integral(latched));
    assertEquals(0.25, latched.next(Told.kl(1e9)));
    PiController free = new PiController(settings);
    free.next(Told.kl(0));
    free.next(Told.kl(Math.nextUp(2.0)));
    assertTrue(free.next(Told.kl(1e9)) >= 0.25);
    free.restore(Told.memory(0.25, Math.nextUp(-0.5) + 1e-12));
    assertTrue(free.next(Told.kl(1e9)) > 0.25);
  }

  @Test
  void studyLawLatchesAtTheUpperLimitToo() {
    PiController study = new PiController(new PiRule(10, 0.5, 0.0625, 0.25, 1, AntiWindup.STUDY));
    study.next(Told.kl(8));
    study.next(Told.kl(30)); // e = -20: I = 1.25, above beta_max - beta_min
    for (int step = 0; step < 1000; step++) {
      assertEquals(1, study.next(Told.kl(0)));
    }
  }

  /** Ki |e| = 2 is twice the range of beta; dropped whole, it would leave beta at 0.11 for ever. */
  @Test
  void directionalLawSaturatesWhenOneStepExceedsTheRange() {
    PiController controller =
        new PiController(new PiRule(10, 0.01, 0.1, 0.1, 1.1, AntiWindup.DIRECTIONAL));
    controller.next(Told.kl(0));
    assertEquals(1.1, controller.next(Told.kl(30)));
    assertEquals(1.1, controller.next(Told.kl(30)));
    assertEquals(0, Told.integral(controller));
  }

  @ParameterizedTest
  @EnumSource(AntiWindup.class)
  void infiniteKlWithoutIntegralGainIsNoNan(AntiWindup law) {
    PiController controller = new PiController(new PiRule(2, 0.5, 0, 0.25, 1, law));
    assertEquals(0.75, controller.next(Told.kl(Double.POSITIVE_INFINITY))); // P = Kp
    assertEquals(0.25, controller.next(Told.kl(Double.NEGATIVE_INFINITY))); // P = 0
    assertEquals(0.75, controller.next(Told.kl(Double.POSITIVE_INFINITY)));
    assertEquals(0, Told.integral(controller));
  }

  @ParameterizedTest
  @EnumSource(AntiWindup.class)
  void refusesNanKlAndKeepsItsState(AntiWindup law) {
    PiController controller = new PiController(traced(law));
    controller.next(Told.kl(1));
    ControllerMemory before = controller.memory();
    assertThrows(IllegalArgumentException.class, () -> controller.next(Told.kl(Double.NaN)));
    assertEquals(before, controller.memory());
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void refusesStatesThatAreNotFinite(double bad) {
    PiController controller = new PiController(traced(AntiWindup.STUDY));
    controller.next(Told.kl(0));
    ControllerMemory before = controller.memory();
    assertThrows(InputException.class, () -> controller.restore(Told.memory(bad, 0)));
    assertThrows(InputException.class, () -> controller.restore(Told.memory(0, bad)));
    for (ControllerMemory other :
        List.of(ControllerMemory.EMPTY, ControllerMemory.of(Map.of("beta", 1.0)))) {
      assertThrows(InputException.class, () -> controller.restore(other));
    }
    assertEquals(before, controller.memory());
  }

  @Test
  void startsAtTheInitialState() {
    assertEquals(Told.memory(0, 0), new PiController(PiRule.defaults()).memory());
  }

  /** From beta_max = 10 down, or from -0.02 up, at 1e-4 x 5 nats a step: 41 steps at most. */
  @ParameterizedTest
  @ValueSource(doubles = {1e300, 1e6, 11, -0.5, -1e6, -1e300})
  void directionalLawComesBackFromAnyRestoredIntegral(double integral) {
    PiController controller = new PiController(PiRule.defaults());
    controller.restore(Told.memory(integral > 0 ? 10 : 0.01, integral));
    double kl = integral > 0 ? 4.97 : 14.97;
    for (int step = 0; step < 41; step++) {
      controller.next(Told.kl(kl));
    }
    double beta = controller.memory().get("beta");
    assertTrue(0.01 < beta && beta < 10, "beta " + beta);
  }

  @Test
  void studyLawKeepsAnyRestoredIntegral() {
    PiController controller = new PiController(traced(AntiWindup.STUDY));
    ControllerMemory latched = Told.memory(0.25, -1e6);
    controller.restore(latched);
    assertEquals(latched, controller.memory());
  }

  /** P is 0 or Kp beside an error of 998 nats, so that beta meets its limit exactly. */
  @Test
  void directionalLawKeepsAnIntegralThatTakesBetaJustToItsLimit() {
    double change = 998 * 0x1p-12; // Ki e, exact in binary.
    PiRule settings = new PiRule(2, 0.5, 0x1p-12, 0.25, 1, AntiWindup.DIRECTIONAL);
    PiController controller = new PiController(settings);
    controller.restore(Told.memory(0.5, 0.25 - change));
    assertEquals(1, controller.next(Told.kl(1000)));
    assertEquals(0.25, Told.integral(controller));
    controller.restore(Told.memory(0.5, change));
    assertEquals(0.25, controller.next(Told.kl(-996)));
    assertEquals(0, Told.integral(controller));
  }

  /** From -(Kp + beta_min) = -0.75 to beta_max = 1. */
  @Test
  void directionalLawKeepsTheIntegralsThatItCanProduce() {
    PiController controller = new PiController(traced(AntiWindup.DIRECTIONAL));
    double[][] restored = {{-0.5, -0.5}, {0, 0}, {0.5, 0.5}, {-5, -0.75}, {5, 1}};
    for (double[] integral : restored) {
      controller.restore(Told.memory(0.5, integral[0]));
      assertEquals(Told.memory(0.5, integral[1]), controller.memory());
    }
  }

  @Test
  void aLawIsNamedAsOnTheCommandLine() {
    assertEquals("directional", AntiWindup.DIRECTIONAL.toString());
    assertEquals("study", AntiWindup.STUDY.toString());
  }
}
