// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import io.github.cvaegpu.eval.Evaluation;
import io.github.cvaegpu.train.EpochReport;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.StepReport;

/** A run's figures by the names that TensorBoard and MLflow have them under. */
final class Figures {
  private Figures() {}

  /** Takes one figure after the other. */
  @FunctionalInterface
  interface Sink {
    void accept(String name, double value);
  }

  /**
   * Losses and beta of a step, or their means; and the learning rate, of the last step of several.
   */
  static void of(StepReport report, RunRecord run, Sink sink) {
    sink.accept("train/rl", report.rl());
    sink.accept("train/kl", report.kl());
    sink.accept("train/elbo", -(report.rl() + report.kl()));
    sink.accept("train/beta", report.beta());
    sink.accept("train/learning_rate", RunSteps.learningRate(report, run));
  }

  /** The speed in an epoch, and how the validation images were scored after it. */
  static void of(EpochReport report, Sink sink) {
    sink.accept("train/images_per_second", report.imagesPerSecond());
    report
        .validation()
        .ifPresent(
            row -> {
              sink.accept("validation/rl", row.rl());
              sink.accept("validation/kl", row.kl());
              sink.accept("validation/elbo", row.elbo());
            });
  }

  /** What the test images come to in the end. */
  static void of(Evaluation test, Sink sink) {
    sink.accept("test/rl", test.reconstructionLoss().mean());
    sink.accept("test/kl", test.klDivergence().mean());
    sink.accept("test/elbo", test.elbo().mean());
  }
}
