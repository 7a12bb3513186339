// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.control.SetPoints;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class CalibrationTest {
  private static Calibration calibration(
      int latent, int images, double atMax, double atOne, double atMin) {
    return new Calibration(
        3,
        latent,
        images,
        new Calibration.End(10, atMax, atMax, 0),
        new Calibration.End(1, atOne, atOne, 0),
        new Calibration.End(0.01, atMin, atMin, 0));
  }

  /** 2 + 2 sqrt(2 x 7.4 + 1) = 9.9498; 12 is what it gives for 12; 3 + 2 sqrt(3 x 5 + 1) = 11. */
  @Test
  void theRuleIsTheStudys() {
    assertEquals(9.9498, SetPoints.study(2, 7.4), 1e-4);
    assertEquals(12, SetPoints.study(2, 12), 1e-12);
    assertEquals(11, SetPoints.study(3, 5), 1e-12);
  }

  @Test
  void theCeilingIsTheLogarithmOfTheImages() {
    assertEquals(11.0021, SetPoints.ceiling(60_000), 1e-4);
  }

  @Test
  void theRuleIsTakenWhereItCanBeHeld() {
    Calibration calibration = calibration(2, 60_000, 2, 7.4, 25);
    assertEquals(9.95, calibration.chosen());
    assertEquals("The study's rule gives 9.95, which beta can hold.", calibration.reason());
    assertEquals(List.of(), calibration.warnings(9.95));
  }

  @Test
  void aRuleAboveWhatCanBeHeldIsBroughtDown() {
    // The rule gives 2 + 2 sqrt(11) = 8.63; the interval is 0 to 5, less a tenth.
    Calibration calibration = calibration(2, 60_000, 0, 5, 5);
    assertEquals(4.5, calibration.chosen());
    assertTrue(calibration.reason().contains("too near or above the most KL"));
  }

  @Test
  void aRuleBelowWhatCanBeHeldIsBroughtUp() {
    // The rule gives 2 + 2 sqrt(21) = 11.17; the interval is 10 to 30, so 12 at least.
    Calibration calibration = calibration(2, 1_000_000, 10, 10, 30);
    assertEquals(12, calibration.chosen());
    assertTrue(calibration.reason().contains("too near the least KL"));
  }

  @Test
  void aRuleAboveTheCeilingIsBroughtDownToIt() {
    // ln 300 = 5.70.
    Calibration calibration = calibration(2, 300, 0, 5, 50);
    assertEquals(5.7, calibration.chosen());
    assertEquals(
        "The study's rule gives 8.63, which exceeds ln 300 = 5.7, the most that identifies an"
            + " image; that is taken.",
        calibration.reason());
  }

  @Test
  void aSetPointThatCannotBeHeldOrTellsNothingIsWarnedOf() {
    Calibration calibration = calibration(2, 60_000, 2, 7, 25);
    assertEquals(
        List.of(
            "A set point of 170 is outside what beta can hold: 2.00 at beta = 10 to 25.00 at beta ="
                + " 0.01.",
            "A set point of 170 is above ln 60,000 = 11.00 nats: what is above it tells nothing"
                + " about which image it is."),
        calibration.warnings(170));
    assertEquals(1, calibration.warnings(1.5).size());
    assertEquals(1, calibration.warnings(12).size());
    assertTrue(Calibration.aboveCeiling(11, 60_000).isEmpty());
    assertTrue(Calibration.aboveCeiling(11.01, 60_000).isPresent());
  }

  @Test
  void aCollapsedModelHasNothingToHold() {
    assertFalse(calibration(2, 100, 0, 0, 0).isUsable());
    assertFalse(calibration(2, 100, 3, 2, 1).isUsable());
    assertTrue(calibration(2, 100, 0, 1, 2).isUsable());
  }

  @Test
  void klMovesFromTwoPerCentOn() {
    assertFalse(new Calibration.End(1, 5, 5, 0.019).isMoving());
    assertTrue(new Calibration.End(1, 5, 5, -0.021).isMoving());
  }

  @Property
  void whatIsChosenCanBeHeld(
      @ForAll @IntRange(min = 1, max = 64) int latent,
      @ForAll @DoubleRange(min = 0, max = 50) double atMax,
      @ForAll @DoubleRange(min = 0.1, max = 100) double width,
      @ForAll @DoubleRange(min = 0, max = 1) double one) {
    double atMin = atMax + width;
    Calibration calibration = calibration(latent, 60_000, atMax, atMax + one * width, atMin);
    double chosen = calibration.chosen();
    // Three digits may round by half a per cent.
    assertTrue(chosen > atMax * 0.99 && chosen < atMin * 1.01, chosen + " in " + calibration);
    assertTrue(chosen > 0);
  }
}
