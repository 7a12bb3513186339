// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static io.github.cvaegpu.Numbers.plain;

import io.github.cvaegpu.control.SetPoints;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Which set points a controller can hold, measured: a set point has to lie between the KL
 * divergence that the model comes to at the upper limit of beta and that at the lower (H. Shao et
 * al., "ControlVAE", ICML 2020, section 3.4). KL divergences are means of the last training steps,
 * in nats per image.
 *
 * @param epochs passes of each of the three runs
 * @param latent latent dimensions
 * @param images training images
 * @param atBetaMax at the upper limit of beta
 * @param atBetaOne at beta = 1
 * @param atBetaMin at the lower limit of beta
 */
public record Calibration(
    int epochs, int latent, int images, End atBetaMax, End atBetaOne, End atBetaMin) {

  /**
   * From each end of the interval, as a part of its width, where a beta of 1 is outside the limits:
   * nearer, beta is all but at one of them.
   */
  static final double MARGIN = 0.1;

  /** A change over the last epoch's halves from which KL counts as still moving. */
  static final double STEADY = 0.02;

  /**
   * What the model came to at one beta.
   *
   * @param beta the beta
   * @param rl reconstruction loss of the last steps; 0 in the record of an older program
   * @param kl KL divergence of the last steps
   * @param testKl KL divergence of the test images
   * @param drift by how much KL grew from the first half of the last epoch to the second, as a part
   *     of it
   */
  public record End(double beta, double rl, double kl, double testKl, double drift) {
    /** Whether KL was still moving. */
    public boolean isMoving() {
      return Math.abs(drift) > STEADY;
    }
  }

  /** What the study's rule gives. */
  public double studyRule() {
    return SetPoints.study(latent, atBetaOne.kl);
  }

  /** ln N, of which {@link SetPoints#ceiling} says what it is. */
  public double ceiling() {
    return SetPoints.ceiling(images);
  }

  /** Whether beta has anything to control: KL is lower where beta is higher. */
  public boolean isUsable() {
    return atBetaMin.kl > atBetaMax.kl && atBetaMin.kl > 0;
  }

  /** Whether a controller could have a beta of 1. */
  private boolean isOneWithin() {
    return atBetaMin.beta < 1 && atBetaMax.beta > 1 && atBetaOne.kl > 0;
  }

  private double lowest() {
    return atBetaMax.kl + MARGIN * (atBetaMin.kl - atBetaMax.kl);
  }

  private double highest() {
    return atBetaMin.kl - MARGIN * (atBetaMin.kl - atBetaMax.kl);
  }

  /**
   * The set point that {@code --kl auto} takes: what the KL of beta = 1 has come to, or what is
   * nearest to it where the limits of beta are both above 1 or both below. At beta = 1 the loss is
   * the ELBO, so that once the model is trained out it is at its best there: with less KL one more
   * nat would take off more than a nat of reconstruction loss, with more KL less. After a few
   * epochs KL is on its way there, and trained for longer a beta of 1 comes to more.
   *
   * @throws IllegalStateException if it is not usable
   */
  public double chosen() {
    if (!isUsable()) {
      throw new IllegalStateException("nothing to hold: " + this);
    }
    double nearest = isOneWithin() ? atBetaOne.kl : Math.clamp(atBetaOne.kl, lowest(), highest());
    // Three digits: a run's settings are read by people.
    return BigDecimal.valueOf(nearest)
        .round(new MathContext(3, RoundingMode.HALF_EVEN))
        .doubleValue();
  }

  /** Why it is that, a sentence. */
  public String reason() {
    if (!isOneWithin() && atBetaOne.kl < lowest()) {
      return String.format(
          Locale.ROOT,
          "A beta of 1 comes to %.2f, below or too near the least KL, that of beta = %s; %s is a"
              + " tenth of the interval above it.",
          atBetaOne.kl,
          plain(atBetaMax.beta),
          plain(chosen()));
    }
    if (!isOneWithin() && atBetaOne.kl > highest()) {
      return String.format(
          Locale.ROOT,
          "A beta of 1 comes to %.2f, above or too near the most KL, that of beta = %s; %s is a"
              + " tenth of the interval below it.",
          atBetaOne.kl,
          plain(atBetaMin.beta),
          plain(chosen()));
    }
    return String.format(
        Locale.ROOT,
        "A beta of 1, at which a nat of KL is worth a nat of reconstruction loss, has come to that"
            + " after %d epoch%s, and may come to more in a longer run.",
        epochs,
        epochs == 1 ? "" : "s");
  }

  /** A sentence where the KL of beta = 1 was still moving; empty if it was not. */
  public Optional<String> unsettled() {
    return atBetaOne.isMoving()
        ? Optional.of(
            String.format(
                Locale.ROOT,
                "The KL of beta = 1 was still %s, by %.1f %% over the last epoch's halves: with"
                    + " more --calibration-epochs it comes to %s.",
                atBetaOne.drift > 0 ? "rising" : "falling",
                100 * Math.abs(atBetaOne.drift),
                atBetaOne.drift > 0 ? "more" : "less"))
        : Optional.empty();
  }

  /**
   * The slopes of the rate-distortion curve on both sides of beta = 1.
   *
   * @return by how many nats the reconstruction loss falls for a nat of KL: from beta at its upper
   *     limit to 1, and from there to its lower limit; NaN where KL is the same
   */
  public double[] slopes() {
    return new double[] {slope(atBetaMax, atBetaOne), slope(atBetaOne, atBetaMin)};
  }

  private static double slope(End from, End to) {
    return to.kl > from.kl ? (from.rl - to.rl) / (to.kl - from.kl) : Double.NaN;
  }

  /** What is to be said against a set point, sentences. */
  public List<String> warnings(double setPoint) {
    List<String> warnings = new ArrayList<>();
    if (!isBetween(setPoint)) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "A set point of %s takes another beta than those that were tried: KL came to %.2f at"
                  + " beta = %s and to %.2f at beta = %s.",
              plain(setPoint),
              atBetaMax.kl,
              plain(atBetaMax.beta),
              atBetaMin.kl,
              plain(atBetaMin.beta)));
    }
    aboveCeiling(setPoint, images).ifPresent(warnings::add);
    return warnings;
  }

  /** Whether a set point takes a beta between the lower limit and the upper. */
  public boolean isBetween(double setPoint) {
    return setPoint > atBetaMax.kl && setPoint < atBetaMin.kl;
  }

  /** A sentence about a set point that is above ln N; empty if it is not. */
  public static Optional<String> aboveCeiling(double setPoint, int images) {
    double ceiling = SetPoints.ceiling(images);
    return setPoint > ceiling
        ? Optional.of(
            String.format(
                Locale.ROOT,
                "A set point of %s is above ln %,d = %.2f nats: what is above it tells nothing"
                    + " about which image it is.",
                plain(setPoint),
                images,
                ceiling))
        : Optional.empty();
  }
}
