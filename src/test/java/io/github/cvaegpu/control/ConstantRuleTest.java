// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.cvaegpu.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConstantRuleTest {
  @Test
  void givesItsBetaWhateverKlDoes() {
    BetaController controller = new ConstantRule(4).start();
    assertEquals(ControllerMemory.EMPTY, controller.memory());
    for (double kl : new double[] {0, 9.97, 1e300, Double.POSITIVE_INFINITY}) {
      assertEquals(4, controller.next(Told.kl(kl)));
    }
    assertEquals(ControllerMemory.EMPTY, controller.memory());
    assertThrows(IllegalArgumentException.class, () -> controller.next(Told.kl(Double.NaN)));
  }

  @Test
  void restoresItsState() {
    BetaController controller = new ConstantRule(0).start();
    controller.restore(ControllerMemory.EMPTY);
    assertEquals(0, controller.next(Told.kl(1)));
    InputException refusal =
        assertThrows(InputException.class, () -> controller.restore(Told.memory(0.5, 0)));
    assertEquals(
        "The controller remembers nothing, but the memory kept of it has beta and integral.",
        refusal.getMessage());
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesWhatIsNoWeight(double beta) {
    InputException refusal =
        assertThrows(InputException.class, () -> new ConstantRule(beta).start());
    assertEquals("Beta must be zero or a positive number, not " + beta + ".", refusal.getMessage());
  }
}
