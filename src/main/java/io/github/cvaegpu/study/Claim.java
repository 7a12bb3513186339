// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import java.util.List;

/**
 * One sentence of the study and what was measured for it, at one learning rate.
 *
 * @param sentence what the study says
 * @param learningRate Adam's step size of the runs
 * @param measures the first is the one that the verdict goes by
 * @param verdict by the first measure
 * @param seeds number of seeds that it rests on; 0 if there is nothing to tell by
 * @param note what has to be known beside the numbers; empty for nothing
 */
public record Claim(
    String sentence,
    double learningRate,
    List<Measure> measures,
    Verdict verdict,
    int seeds,
    String note) {

  /** Copies the list. */
  public Claim {
    measures = List.copyOf(measures);
  }

  /** The verdict with what it rests on, e.g. {@code holds (one seed)}. */
  public String verdictText() {
    return seeds == 1 ? verdict.text() + " (one seed)" : verdict.text();
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
      PairedDifference difference) {}

  /** How RL and ELBO are counted. */
  public enum Accounting {
    /** RL is -log p(x|z), ELBO is -(RL + KL). */
    STANDARD,
    /** "RL" is RL + beta KL, "ELBO" is -(RL + beta KL + KL). */
    STUDY
  }
}
