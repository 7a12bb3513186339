// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ActivationTest {
  @Test
  void valuesByHand() {
    assertEquals(0, Activation.RELU.value(-2));
    assertEquals(2.5, Activation.RELU.value(2.5));
    assertEquals(0, Activation.RELU.slope(0));
    // (e - 1/e) / (e + 1/e)
    assertEquals(0.7615941559557649, Activation.TANH.value(1), 1e-16);
    assertEquals(-0.7615941559557649, Activation.TANH.value(-1), 1e-16);
    assertEquals(0.41997434161402614, Activation.TANH.slope(Activation.TANH.value(1)), 1e-15);
    assertEquals(1, Activation.TANH.slope(0));
    assertEquals(0, Activation.TANH.slope(-1));
  }

  @ParameterizedTest
  @EnumSource
  void theSlopeIsThatOfTheValue(Activation activation) {
    double h = 1e-5;
    for (double x = -6.05; x < 6; x += 0.1) {
      double difference = (activation.value(x + h) - activation.value(x - h)) / (2 * h);
      assertEquals(difference, activation.slope(activation.value(x)), 1e-9, "at " + x);
    }
  }

  /** A network that has diverged is to show it. */
  @ParameterizedTest
  @EnumSource
  void nanIsNan(Activation activation) {
    assertTrue(Double.isNaN(activation.value(Double.NaN)));
  }

  @Test
  void namesAreThoseOfTheCommandLine() {
    assertEquals("relu", Activation.RELU.text());
    assertEquals("tanh", Activation.TANH.toString());
  }
}
