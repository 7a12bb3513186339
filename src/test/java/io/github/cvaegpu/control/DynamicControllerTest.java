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

class DynamicControllerTest {
  private static StepFeedback kl(long step, double kl) {
    return new StepFeedback(step, 100, kl);
  }

  /** Worked by hand: C rises from 0.5 to 2.5 in four steps, and KL is averaged over five. */
  @Test
  void theFirstStepsAreThoseOfTheFormula() {
    BetaController controller = new DynamicRule(2.5, 0.1, 0.01, 0.1, 50, 4).start();
    double beta = 50 + 0.1 * (response(1) - response(0)) - 0.01 * 1;
    assertEquals(beta, controller.next(StepFeedback.NONE), 1e-12);
    beta += 0.1 * (response(1.5 - 0.4) - response(1)) - 0.01 * (1.5 - 0.4);
    assertEquals(beta, controller.next(kl(1, 2)), 1e-12);
    beta += 0.1 * (response(2 - 0.6) - response(1.5 - 0.4)) - 0.01 * (2 - 0.6);
    assertEquals(beta, controller.next(kl(2, 1)), 1e-12);
    beta += 0.1 * (response(2.5 - 0.8) - response(2 - 0.6)) - 0.01 * (2.5 - 0.8);
    assertEquals(beta, controller.next(kl(3, 1)), 1e-12);
    // Above the set point, and risen no further: limited from above.
    for (int step = 4; step < 20; step++) {
      beta = controller.next(kl(step, 1000));
    }
    assertEquals(50, beta);
  }

  private static double response(double error) {
    return 1 / (1 + Math.exp(error));
  }

  @Property(tries = 200)
  void betaIsWithinItsLimitsAndARestoredOneGoesOn(
      @ForAll @Size(min = 2, max = 50) List<@DoubleRange(min = 0, max = 1e300) Double> kls) {
    var rule = new DynamicRule(5, 0.1, 0.5, 0.1, 10, 20);
    BetaController whole = rule.start();
    for (int i = 0; i < kls.size(); i++) {
      BetaController restored = rule.start();
      restored.restore(whole.memory());
      double beta = whole.next(kl(i + 1, kls.get(i)));
      assertEquals(beta, restored.next(kl(i + 1, kls.get(i))));
      assertEquals(whole.memory(), restored.memory());
      assertTrue(beta >= 0.1 && beta <= 10, "beta " + beta);
    }
  }

  /** Where the authors' code can stay for good. */
  @Test
  void itLeavesItsLowerLimitAtOnce() {
    BetaController controller = new DynamicRule(5, 0.01, 0.05, 0.1, 10, 1).start();
    double beta = 0;
    for (int step = 1; step < 1000; step++) {
      beta = controller.next(kl(step, 0));
    }
    assertEquals(0.1, beta);
    for (int step = 0; step < 10; step++) {
      beta = controller.next(kl(1000 + step, 8));
    }
    assertTrue(beta > 0.1 + 5 * 0.05, "beta " + beta);
  }

  @Test
  void refusesWhatIsNoKlAndNoMemory() {
    BetaController controller = DynamicRule.defaults().start();
    assertThrows(IllegalArgumentException.class, () -> controller.next(kl(1, Double.NaN)));
    assertThrows(
        io.github.cvaegpu.InputException.class, () -> controller.restore(Told.memory(1, 1)));
  }
}
