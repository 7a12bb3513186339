// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.study.RunFigures.Last;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The figures that the study published, means of the last 100 training steps in its own accounting,
 * beside those of a run. They were made with learning rate 0.001, though its text says 0.0001.
 */
final class Published {
  /** Learning rate and length of the published runs. */
  static final double LEARNING_RATE = 0.001;

  static final int EPOCHS = 200;

  /** As far as a figure may be from the published one: about two seeds' distance. */
  static final double TOLERANCE = 2;

  /**
   * A published figure and ours.
   *
   * @param model which of the study's models
   * @param figure what it is
   * @param published the study's
   * @param ours mean over seeds
   * @param smallest of the seeds
   * @param largest of the seeds
   */
  record Row(
      String model, String figure, double published, double ours, double smallest, double largest) {
    double difference() {
      return ours - published;
    }

    /** Whether it came back; beta, of another unit, is not judged. */
    boolean isWithin() {
      return Math.abs(difference()) <= TOLERANCE;
    }
  }

  private Published() {}

  static List<Row> compare(List<RunFigures> beta, List<RunFigures> control) {
    return List.of(
        row("beta-VAE", "RL + beta KL", 134.05, beta, Last::studyRl),
        row("beta-VAE", "KL", 7.36, beta, Last::kl),
        row("beta-VAE", "-(RL + beta KL + KL)", -141.41, beta, Last::studyElbo),
        row("ControlVAE", "RL + beta KL", 126.81, control, Last::studyRl),
        row("ControlVAE", "KL", 9.98, control, Last::kl),
        row("ControlVAE", "beta", 0.19, control, Last::beta),
        row("ControlVAE", "-(RL + beta KL + KL)", -136.80, control, Last::studyElbo));
  }

  private static Row row(
      String model,
      String figure,
      double published,
      List<RunFigures> runs,
      ToDoubleFunction<Last> ours) {
    var statistics = runs.stream().map(RunFigures::last).mapToDouble(ours).summaryStatistics();
    return new Row(
        model,
        figure,
        published,
        statistics.getAverage(),
        statistics.getMin(),
        statistics.getMax());
  }
}
