// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class PairedDifferenceTest {
  /**
   * Differences 1, 2, 3: mean 2, standard deviation 1, and t(0.975; 2) = 4.302653 of every table,
   * so the half width is 4.302653 / sqrt(3).
   */
  @Test
  void theIntervalIsStudents() {
    PairedDifference difference =
        PairedDifference.of(List.of(11.0, 22.0, 33.0), List.of(10.0, 20.0, 30.0));
    assertEquals(3, difference.pairs());
    assertEquals(2, difference.mean(), 1e-12);
    assertEquals(4.302653 / Math.sqrt(3), difference.halfWidth().orElseThrow(), 1e-6);
  }

  /** t(0.975; 4) = 2.776445; differences -1, -1, -1, -1, -2. */
  @Test
  void fiveSeedsHaveFourDegreesOfFreedom() {
    PairedDifference difference =
        PairedDifference.of(List.of(0.0, 0.0, 0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0, 1.0, 2.0));
    assertEquals(-1.2, difference.mean(), 1e-12);
    assertEquals(
        2.776445 * Math.sqrt(0.2) / Math.sqrt(5), difference.halfWidth().orElseThrow(), 1e-6);
    assertEquals(Verdict.HOLDS, difference.verdict(-1));
    assertEquals(Verdict.DOES_NOT_HOLD, difference.verdict(1));
  }

  @Test
  void anIntervalWithZeroInItSaysNothing() {
    // Mean 2, half width 2.48.
    PairedDifference difference =
        PairedDifference.of(List.of(1.0, 2.0, 3.0), List.of(0.0, 0.0, 0.0));
    assertEquals(Verdict.CANNOT_BE_TOLD, difference.verdict(1));
    assertEquals(Verdict.CANNOT_BE_TOLD, difference.verdict(-1));
  }

  @Test
  void oneSeedHasASignAndNoInterval() {
    PairedDifference difference = PairedDifference.of(List.of(3.0), List.of(5.0));
    assertTrue(difference.halfWidth().isEmpty());
    assertEquals(Verdict.HOLDS, difference.verdict(-1));
    assertEquals(Verdict.DOES_NOT_HOLD, difference.verdict(1));
    assertEquals(
        Verdict.CANNOT_BE_TOLD, PairedDifference.of(List.of(3.0), List.of(3.0)).verdict(1));
  }

  @Test
  void everyFigureNeedsItsPartner() {
    assertThrows(
        IllegalArgumentException.class, () -> PairedDifference.of(List.of(1.0), List.of()));
    assertThrows(IllegalArgumentException.class, () -> PairedDifference.of(List.of(), List.of()));
  }
}
