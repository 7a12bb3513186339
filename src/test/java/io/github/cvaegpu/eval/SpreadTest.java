// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.Numbers;
import org.junit.jupiter.api.Test;

class SpreadTest {
  /** t of 0.975 with 4 degrees of freedom is 2.776445105, with 1 it is 12.70620474: tables. */
  @Test
  void theIntervalIsStudents() {
    Spread five = Spread.of(1, 2, 3, 4, 5);
    assertEquals(5, five.n());
    assertEquals(3, five.mean(), 1e-15);
    assertEquals(Math.sqrt(2.5), five.deviation().orElseThrow(), 1e-15);
    assertEquals(2.776445105 * Math.sqrt(0.5), five.halfWidth().orElseThrow(), 1e-8);
    Spread two = Spread.of(-1, 1);
    assertEquals(12.70620474, two.halfWidth().orElseThrow(), 1e-7);
    assertTrue(two.covers(12.7));
    assertFalse(two.covers(12.71));
    assertFalse(two.covers(-12.71));
  }

  /** One seed says nothing of the spread: no interval, and not one of width 0. */
  @Test
  void oneSeedHasNoInterval() {
    Spread one = Spread.of(7);
    assertEquals(7, one.mean());
    assertTrue(one.deviation().isEmpty());
    assertTrue(one.halfWidth().isEmpty());
    assertFalse(one.covers(7));
    assertEquals("7.0", one.text(value -> Numbers.rounded("%.1f", value)));
    assertEquals("0.0 +- 12.7", Spread.of(-1, 1).text(value -> Numbers.rounded("%.1f", value)));
  }

  @Test
  void equalSeedsHaveAnIntervalOfNoWidth() {
    assertEquals(0, Spread.of(2, 2, 2).halfWidth().orElseThrow());
    assertThrows(IllegalArgumentException.class, Spread::of);
  }
}
