// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * One sentence of the study and what was measured for it, at one learning rate.
 *
 * @param sentence what the study says
 * @param learningRate Adam's step size of the runs
 * @param claimed on which side of the other model's figure the ControlVAE's is said to be; null for
 *     a sentence that is not judged by a difference
 * @param measures the first is the one that the verdict goes by
 * @param verdict by the first measure, beside the other sentences
 * @param adjustedP of the first measure's difference beside those of the other sentences, by {@link
 *     Holm}; empty where there is none
 * @param seeds number of seeds that it rests on; 0 if there is nothing to tell by
 * @param epochs that the runs took; 0 if there is nothing to tell by
 * @param note what has to be known beside the numbers; empty for nothing
 */
public record Claim(
    String sentence,
    double learningRate,
    Side claimed,
    List<Measure> measures,
    Verdict verdict,
    OptionalDouble adjustedP,
    int seeds,
    int epochs,
    String note) {

  /** A side of another figure. */
  public enum Side {
    /** Below it. */
    LOWER(-1),
    /** Above it. */
    HIGHER(1);

    private final int sign;

    Side(int sign) {
      this.sign = sign;
    }

    /** The verdict by a measure's difference, if it has one. */
    Verdict verdict(Measure measure) {
      return measure.difference() == null
          ? Verdict.CANNOT_BE_TOLD
          : measure.difference().verdict(sign);
    }
  }

  /** Copies the list; what a file does not have is empty. */
  @SuppressWarnings("OptionalAssignedToNull") // Gson gives null for what is not there.
  public Claim {
    measures = List.copyOf(measures);
    adjustedP = adjustedP == null ? OptionalDouble.empty() : adjustedP;
  }

  /** The p value of the difference that it is judged by, by itself; NaN where there is none. */
  double p() {
    return claimed == null || measures.isEmpty() ? Double.NaN : measures.getFirst().p();
  }

  /** The same sentence judged beside others: no difference is one that is not below the level. */
  Claim beside(double adjusted) {
    if (Double.isNaN(adjusted)) {
      return this;
    }
    return new Claim(
        sentence,
        learningRate,
        claimed,
        measures,
        adjusted < Holm.LEVEL ? verdict : Verdict.CANNOT_BE_TOLD,
        OptionalDouble.of(adjusted),
        seeds,
        epochs,
        note);
  }

  /**
   * The verdict with what it rests on, e.g. {@code holds (5 seeds, 50 epochs)}; with one seed its
   * figure in place of a verdict, e.g. {@code one seed: -0.24 (50 epochs)}.
   */
  public String verdictText() {
    if (seeds == 0) {
      return verdict.text();
    }
    String length = epochs == 1 ? "one epoch" : String.format(Locale.ROOT, "%d epochs", epochs);
    if (verdict == Verdict.ONE_SEED) {
      return "%s: %s (%s)"
          .formatted(verdict.text(), ClaimsDocument.judgedBy(measures.getFirst()), length);
    }
    String runs = seeds == 1 ? "one seed" : String.format(Locale.ROOT, "%d seeds", seeds);
    return "%s (%s, %s)".formatted(verdict.text(), runs, length);
  }

  /**
   * A figure of both models.
   *
   * @param name what it is, with its unit
   * @param split the images that it is of: train, test, or empty
   * @param accounting the study's own, or the standard one
   * @param other of the model that is compared with, as a rule the beta-VAE; mean over seeds
   * @param control of the ControlVAE; mean over seeds
   * @param floor what no model can be below: the entropy of the pixels; NaN for none
   * @param difference the ControlVAE's minus the other's; null where there is no pair
   */
  public record Measure(
      String name,
      String split,
      Accounting accounting,
      double other,
      double control,
      double floor,
      PairedDifference difference) {
    /** The p value of the difference by itself; NaN where there is none. */
    double p() {
      return difference == null ? Double.NaN : difference.p().orElse(Double.NaN);
    }
  }

  /** How RL and ELBO are counted. */
  public enum Accounting {
    /** RL is -log p(x|z), ELBO is -(RL + KL). */
    STANDARD,
    /** "RL" is RL + beta KL, "ELBO" is -(RL + beta KL + KL). */
    STUDY
  }
}
