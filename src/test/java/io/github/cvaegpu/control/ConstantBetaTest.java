// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.BetaController.State;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConstantBetaTest {
  @Test
  void givesItsBetaWhateverKlDoes() {
    BetaController controller = new ConstantBeta(4);
    assertEquals(State.INITIAL, controller.state());
    for (double kl : new double[] {0, 9.97, 1e300, Double.POSITIVE_INFINITY}) {
      assertEquals(4, controller.next(kl));
    }
    assertEquals(new State(4, 0), controller.state());
    assertThrows(IllegalArgumentException.class, () -> controller.next(Double.NaN));
  }

  @Test
  void restoresItsState() {
    BetaController controller = new ConstantBeta(0);
    controller.restore(new State(0.5, 0));
    assertEquals(new State(0.5, 0), controller.state());
    assertEquals(0, controller.next(1));
    assertThrows(
        IllegalArgumentException.class, () -> controller.restore(new State(Double.NaN, 0)));
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesWhatIsNoWeight(double beta) {
    InputException refusal = assertThrows(InputException.class, () -> new ConstantBeta(beta));
    assertEquals(
        "Beta must be a finite number, 0 or more, not " + beta + ".", refusal.getMessage());
  }
}
