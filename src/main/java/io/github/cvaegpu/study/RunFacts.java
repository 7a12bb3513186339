// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.report.Run;
import io.github.cvaegpu.report.Series;
import java.util.OptionalInt;

/**
 * A finished run and what was measured of its model.
 *
 * @param run which one
 * @param files its folder
 * @param series its steps
 * @param evaluation of its model
 */
record RunFacts(StudyRun run, Run files, Series series, RunEvaluation evaluation) {

  /** Mean of the last steps' reconstruction loss, nats per image. */
  double lastRl() {
    return Series.lastMean(series.rl());
  }

  /** Mean of the last steps' KL divergence, nats per image. */
  double lastKl() {
    return Series.lastMean(series.kl());
  }

  double lastBeta() {
    return Series.lastMean(series.beta());
  }

  double lastElbo() {
    return Series.lastMean(series.elbo());
  }

  /** What the study logged as reconstruction loss: RL + beta KL, the loss that is minimised. */
  static float[] studyLoss(Series series) {
    float[] loss = new float[series.size()];
    for (int i = 0; i < loss.length; i++) {
      loss[i] = series.rl()[i] + series.beta()[i] * series.kl()[i];
    }
    return loss;
  }

  /** Mean of the last steps of the study's "reconstruction loss". */
  double studyRl() {
    return Series.lastMean(studyLoss(series));
  }

  /** The study's "ELBO" of the last steps: minus its "reconstruction loss" and KL once more. */
  double studyElbo() {
    return -(studyRl() + lastKl());
  }

  /**
   * The first step whose window of {@value Series#WINDOW} steps has a mean below a threshold.
   *
   * @return from 1; empty if there is none
   */
  static OptionalInt firstBelow(float[] values, double threshold) {
    float[] means = Series.windowMeans(values);
    for (int i = 0; i < means.length; i++) {
      if (means[i] < threshold) {
        return OptionalInt.of(i + 1);
      }
    }
    return OptionalInt.empty();
  }
}
