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

  /** From each end of the interval, as a part of its width: nearer, beta is all but at a limit. */
  static final double MARGIN = 0.1;

  /** A change over the last epoch's halves from which KL counts as still moving. */
  static final double STEADY = 0.02;

  /**
   * What the model came to at one beta.
   *
   * @param beta the beta
   * @param kl KL divergence of the last steps
   * @param testKl KL divergence of the test images
   * @param drift by how much KL grew from the first half of the last epoch to the second, as a part
   *     of it
   */
  public record End(double beta, double kl, double testKl, double drift) {
    /** Whether KL was still moving. */
    public boolean isMoving() {
      return Math.abs(drift) > STEADY;
    }
  }

  /** What the study's rule gives. */
  public double studyRule() {
    return SetPoints.study(latent, atBetaOne.kl);
  }

  /** What no set point should be above. */
  public double ceiling() {
    return SetPoints.ceiling(images);
  }

  /** Whether beta has anything to control: KL is lower where beta is higher. */
  public boolean isUsable() {
    return atBetaMin.kl > atBetaMax.kl && atBetaMin.kl > 0;
  }

  private double lowest() {
    return atBetaMax.kl + MARGIN * (atBetaMin.kl - atBetaMax.kl);
  }

  private double highest() {
    return Math.max(
        lowest(), Math.min(atBetaMin.kl - MARGIN * (atBetaMin.kl - atBetaMax.kl), ceiling()));
  }

  /** The set point that {@code --kl auto} takes: the study's rule, or what is nearest to it. */
  public double chosen() {
    double nearest = Math.clamp(studyRule(), lowest(), highest());
    // Three digits: a run's settings are read by people.
    return BigDecimal.valueOf(nearest)
        .round(new MathContext(3, RoundingMode.HALF_EVEN))
        .doubleValue();
  }

  /** Why it is that, a sentence. */
  public String reason() {
    double rule = studyRule();
    if (rule < lowest()) {
      return String.format(
          Locale.ROOT,
          "The study's rule gives %.2f, too near the least KL that beta = %s reaches; %s is a tenth"
              + " of the interval above it.",
          rule,
          plain(atBetaMax.beta),
          plain(chosen()));
    }
    if (rule > highest()) {
      return highest() == ceiling()
          ? String.format(
              Locale.ROOT,
              "The study's rule gives %.2f, which exceeds ln %,d = %s, the most that identifies an"
                  + " image; that is taken.",
              rule,
              images,
              plain(chosen()))
          : String.format(
              Locale.ROOT,
              "The study's rule gives %.2f, too near or above the most KL that beta = %s reaches;"
                  + " %s is a tenth of the interval below it.",
              rule,
              plain(atBetaMin.beta),
              plain(chosen()));
    }
    return String.format(Locale.ROOT, "The study's rule gives %.2f, which beta can hold.", rule);
  }

  /** What is to be said against a set point, sentences. */
  public List<String> warnings(double setPoint) {
    List<String> warnings = new ArrayList<>();
    if (setPoint <= atBetaMax.kl || setPoint >= atBetaMin.kl) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "A set point of %s is outside what beta can hold: %.2f at beta = %s to %.2f at beta ="
                  + " %s.",
              plain(setPoint),
              atBetaMax.kl,
              plain(atBetaMax.beta),
              atBetaMin.kl,
              plain(atBetaMin.beta)));
    }
    aboveCeiling(setPoint, images).ifPresent(warnings::add);
    return warnings;
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
