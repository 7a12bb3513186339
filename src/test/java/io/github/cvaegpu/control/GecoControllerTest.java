// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class GecoControllerTest {
  private static StepFeedback rl(long step, double rl) {
    return new StepFeedback(step, rl, 5);
  }

  /** Algorithm 1 of Rezende and Viola, by hand: errors of 60, 40 and -20 nats. */
  @Test
  void theFirstStepsAreThoseOfTheAlgorithm() {
    BetaController controller = new GecoRule(140, 0.001, 0.9).start();
    assertEquals(1, controller.next(StepFeedback.NONE));
    double average = 60;
    double log = 0.001 * average;
    assertEquals(Math.exp(-log), controller.next(rl(1, 200)), 1e-15);
    average = 0.9 * average + 0.1 * 40;
    log += 0.001 * average;
    assertEquals(Math.exp(-log), controller.next(rl(2, 180)), 1e-15);
    average = 0.9 * average - 0.1 * 20;
    log += 0.001 * average;
    assertEquals(Math.exp(-log), controller.next(rl(3, 120)), 1e-15);
  }

  @Property(tries = 200)
  void betaIsWithinItsLimitsAndARestoredOneGoesOn(
      @ForAll @Size(min = 2, max = 50) List<@DoubleRange(min = 0, max = 1e300) Double> losses) {
    var rule = new GecoRule(140, 0.01, 0.99);
    BetaController whole = rule.start();
    for (int i = 0; i < losses.size(); i++) {
      BetaController restored = rule.start();
      restored.restore(whole.memory());
      double beta = whole.next(rl(i + 1, losses.get(i)));
      assertEquals(beta, restored.next(rl(i + 1, losses.get(i))));
      assertEquals(whole.memory(), restored.memory());
      assertTrue(beta >= 0.99e-4 && beta <= 1.01e4, "beta " + beta);
    }
  }

  /** A loss that falls with the weight is held, whatever was. */
  @Property(tries = 100)
  void aReachableLossIsHeld(
      @ForAll @DoubleRange(min = -3, max = 3) double needed,
      @ForAll @DoubleRange(min = -2000, max = 2000) double held) {
    BetaController controller = new GecoRule(held, 1e-3, 0.9).start();
    double log = 0;
    for (int step = 1; step < 20_000; step++) {
      log = Math.log(controller.next(rl(step, held + 20 * (log - needed))));
    }
    assertEquals(needed, log, 0.01);
  }

  @Test
  void refusesLossesThatAreNan() {
    BetaController controller = GecoRule.defaults().start();
    assertThrows(IllegalArgumentException.class, () -> controller.next(rl(1, Double.NaN)));
    assertThrows(
        IllegalArgumentException.class, () -> controller.next(new StepFeedback(1, 1, Double.NaN)));
  }
}
