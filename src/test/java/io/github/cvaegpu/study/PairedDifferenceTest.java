// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalDouble;
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

  /**
   * W. Student, "The probable error of a mean", Biometrika 6 (1908), hours of sleep gained by ten
   * patients; R's {@code t.test(extra ~ group, sleep, paired = TRUE)} gives 0.7001142 to 2.4598858.
   */
  @Test
  void theIntervalOfStudentsSleepIsThatOfTheTextbooks() {
    PairedDifference difference =
        PairedDifference.of(
            List.of(1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4),
            List.of(0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0));
    assertEquals(10, difference.pairs());
    assertEquals(1.58, difference.mean(), 1e-12);
    assertEquals((2.4598858 - 0.7001142) / 2, difference.halfWidth().orElseThrow(), 1e-7);
    assertEquals(Verdict.HOLDS, difference.verdict(1));
    assertEquals(Verdict.DOES_NOT_HOLD, difference.verdict(-1));
    // R gives it as 0.002833.
    assertEquals(0.00283289, difference.p().orElseThrow(), 1e-7);
  }

  @Test
  void aPValueIsThatOfTheInterval() {
    assertEquals(0.05, new PairedDifference(5, -2, OptionalDouble.of(2)).p().orElseThrow(), 1e-12);
    assertEquals(1, new PairedDifference(5, 0, OptionalDouble.of(2)).p().orElseThrow(), 1e-12);
    assertEquals(0, new PairedDifference(5, 1, OptionalDouble.of(0)).p().orElseThrow());
    assertEquals(1, new PairedDifference(5, 0, OptionalDouble.of(0)).p().orElseThrow());
    assertTrue(new PairedDifference(1, 3, OptionalDouble.empty()).p().isEmpty());
  }

  /** t(0.975; 1) = 12.706205: two seeds have an interval, a wide one. */
  @Test
  void twoSeedsHaveOneDegreeOfFreedom() {
    PairedDifference difference = PairedDifference.of(List.of(3.0, 5.0), List.of(0.0, 0.0));
    assertEquals(4, difference.mean());
    assertEquals(12.706205, difference.halfWidth().orElseThrow(), 1e-5);
    assertEquals(Verdict.CANNOT_BE_TOLD, difference.verdict(1));
  }

  /** An interval that ends at 0 has 0 in it. */
  @Test
  void theEndOfTheIntervalDecides() {
    PairedDifference ends = new PairedDifference(3, 2, OptionalDouble.of(2));
    assertEquals(Verdict.CANNOT_BE_TOLD, ends.verdict(1));
    assertEquals(Verdict.CANNOT_BE_TOLD, ends.verdict(-1));
    PairedDifference inside = new PairedDifference(3, 2, OptionalDouble.of(Math.nextUp(2.0)));
    assertEquals(Verdict.CANNOT_BE_TOLD, inside.verdict(1));
    assertEquals(Verdict.CANNOT_BE_TOLD, inside.verdict(-1));
    PairedDifference outside = new PairedDifference(3, 2, OptionalDouble.of(Math.nextDown(2.0)));
    assertEquals(Verdict.HOLDS, outside.verdict(1));
    assertEquals(Verdict.DOES_NOT_HOLD, outside.verdict(-1));
    PairedDifference below = new PairedDifference(3, -2, OptionalDouble.of(Math.nextDown(2.0)));
    assertEquals(Verdict.DOES_NOT_HOLD, below.verdict(1));
    assertEquals(Verdict.HOLDS, below.verdict(-1));
  }

  @Test
  void whatIsNotFiniteSaysNothing() {
    for (double odd : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      PairedDifference difference = PairedDifference.of(List.of(odd, 1.0), List.of(0.0, 0.0));
      assertEquals(Verdict.CANNOT_BE_TOLD, difference.verdict(1));
      assertEquals(Verdict.CANNOT_BE_TOLD, difference.verdict(-1));
    }
  }

  @Test
  void oneSeedHasADifferenceAndNoVerdict() {
    PairedDifference difference = PairedDifference.of(List.of(3.0), List.of(5.0));
    assertEquals(1, difference.pairs());
    assertEquals(-2, difference.mean());
    assertTrue(difference.halfWidth().isEmpty());
    assertEquals(Verdict.ONE_SEED, difference.verdict(-1));
    assertEquals(Verdict.ONE_SEED, difference.verdict(1));
  }

  @Test
  void everyFigureNeedsItsPartner() {
    assertThrows(
        IllegalArgumentException.class, () -> PairedDifference.of(List.of(1.0), List.of()));
    assertThrows(IllegalArgumentException.class, () -> PairedDifference.of(List.of(), List.of()));
  }
}
