// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class NumbersTest {
  @Test
  void whatIsRoundedToNothingHasNoMinus() {
    assertEquals("0.00", Numbers.rounded("%.2f", -0.004));
    assertEquals("0.00", Numbers.rounded("%+.2f", -0.004));
    assertEquals("0", Numbers.rounded("%,.0f", -0.4));
    assertEquals("-0.01", Numbers.rounded("%.2f", -0.006));
    assertEquals("+0.01", Numbers.rounded("%+.2f", 0.006));
    assertEquals("-1,234", Numbers.rounded("%,.0f", -1234.4));
  }

  @Test
  void aSmallBetaHasThreeDigits() {
    assertEquals("0.0000", Numbers.beta(0));
    assertEquals("0.0010", Numbers.beta(0.001));
    assertEquals("1000.0000", Numbers.beta(1000));
    assertEquals("-1000.0000", Numbers.beta(-1000));
    assertEquals("0.0000311", Numbers.beta(3.1149e-5));
    assertEquals("-0.00000012", Numbers.beta(-1.2e-7));
    assertEquals("NaN", Numbers.beta(Double.NaN));
  }
}
