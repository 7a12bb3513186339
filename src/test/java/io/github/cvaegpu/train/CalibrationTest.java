// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.control.SetPoints;
import java.util.List;
import java.util.Optional;
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
        new Calibration.End(10, 200, atMax, atMax, 0),
        new Calibration.End(1, 150, atOne, atOne, 0),
        new Calibration.End(0.01, 148, atMin, atMin, 0));
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

  /** Where the ELBO is at its best, whatever the study's rule or ln N. */
  @Test
  void theKlOfBetaOneIsTaken() {
    Calibration calibration = calibration(10, 300, 2, 16.94, 40);
    assertEquals(16.9, calibration.chosen());
    assertTrue(calibration.studyRule() > 30);
    assertEquals(5.7, calibration.ceiling(), 0.01);
    assertEquals(
        "A beta of 1, at which a nat of KL is worth a nat of reconstruction loss, has come to that"
            + " after 3 epochs, and may come to more in a longer run.",
        calibration.reason());
    assertEquals(
        List.of(
            "A set point of 16.9 is above ln 300 = 5.70 nats: what is above it tells nothing about"
                + " which image it is."),
        calibration.warnings(16.9));
  }

  @Test
  void theSlopesAreThoseOfTheReconstructionLoss() {
    double[] slopes = calibration(2, 300, 0, 5, 15).slopes();
    assertEquals(50 / 5.0, slopes[0]);
    assertEquals(2 / 10.0, slopes[1]);
    assertTrue(Double.isNaN(calibration(2, 300, 5, 5, 15).slopes()[0]));
  }

  /** Where a beta of 1 is possible its KL can be held, however near it is to that of others. */
  @Test
  void theKlOfBetaOneIsTakenNearTheEndsToo() {
    assertEquals(5, calibration(2, 60_000, 0, 5, 5).chosen());
    assertEquals(10, calibration(2, 1_000_000, 10, 10, 30).chosen());
    // Runs that are too short for KL to be in the order of beta.
    assertEquals(12, calibration(2, 60_000, 0, 12, 11).chosen());
  }

  private static Calibration between(double betaMin, double betaMax, double one) {
    return new Calibration(
        3,
        2,
        60_000,
        new Calibration.End(betaMax, 200, 5, 5, 0),
        new Calibration.End(1, 150, one, one, 0),
        new Calibration.End(betaMin, 148, 15, 15, 0));
  }

  @Test
  void limitsThatLeaveOutABetaOfOneKeepADistance() {
    assertEquals(14, between(2, 10, 16).chosen());
    assertEquals(
        "A beta of 1 comes to 16.00, above or too near the most KL, that of beta = 2; 14 is a tenth"
            + " of the interval below it.",
        between(2, 10, 16).reason());
    assertEquals(6, between(0.01, 0.5, 4).chosen());
    assertEquals(
        "A beta of 1 comes to 4.00, below or too near the least KL, that of beta = 0.5; 6 is a"
            + " tenth of the interval above it.",
        between(0.01, 0.5, 4).reason());
  }

  @Test
  void nothingIsChosenWhereThereIsNothingToHold() {
    assertThrows(
        IllegalStateException.class, () -> calibration(2, 60_000, 0.168, 0.15, 0.127).chosen());
  }

  @Test
  void aSetPointThatCannotBeHeldOrTellsNothingIsWarnedOf() {
    Calibration calibration = calibration(2, 60_000, 2, 7, 25);
    assertEquals(
        List.of(
            "A set point of 170 takes another beta than those that were tried: KL came to 2.00 at"
                + " beta = 10 and to 25.00 at beta = 0.01.",
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
    assertFalse(new Calibration.End(1, 150, 5, 5, 0.019).isMoving());
    assertTrue(new Calibration.End(1, 150, 5, 5, -0.021).isMoving());
  }

  /** Then the set point is that of a model that is not trained out. */
  @Test
  void aKlOfBetaOneThatWasStillMovingIsWarnedOf() {
    assertEquals(
        Optional.of(
            "The KL of beta = 1 was still rising, by 5.0 % over the last epoch's halves: with more"
                + " --calibration-epochs it comes to more."),
        drifting(0.05).unsettled());
    assertEquals(
        Optional.of(
            "The KL of beta = 1 was still falling, by 3.0 % over the last epoch's halves: with more"
                + " --calibration-epochs it comes to less."),
        drifting(-0.03).unsettled());
    assertEquals(Optional.empty(), drifting(0).unsettled());
  }

  private static Calibration drifting(double drift) {
    var steady = calibration(2, 60_000, 0, 5, 15);
    return new Calibration(
        3,
        2,
        60_000,
        steady.atBetaMax(),
        new Calibration.End(1, 150, 5, 5, drift),
        steady.atBetaMin());
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
