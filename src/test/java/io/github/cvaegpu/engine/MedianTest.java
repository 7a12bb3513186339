// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class MedianTest {
  @Test
  void isTheMiddleOrTheMeanOfTheTwoThere() {
    assertEquals(3, Median.of(3));
    assertEquals(6183.5, Median.of(6589, 5778));
    assertEquals(2, Median.of(9, 1, 2));
    assertEquals(2.5, Median.of(4, 1, 3, 2));
  }

  @Test
  void leavesTheMeasurementsInTheirOrder() {
    double[] values = {3, 1, 2};
    assertEquals(2, Median.of(values));
    assertArrayEquals(new double[] {3, 1, 2}, values);
  }

  @Test
  void thereIsNoneOfNothing() {
    assertThrows(IllegalArgumentException.class, Median::of);
  }
}
