// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.control.ControlReport;
import io.github.cvaegpu.eval.Evaluation;
import java.io.IOException;
import java.util.Optional;

/** What a run came to, by its log. */
final class FinalMetrics {
  /** Steps that the final figures are means over, as in the study. */
  static final int LAST_STEPS = 100;

  private final BetaRule rule;
  private final double lossOrigin;
  private final long steps;
  private final StepMeans last = new StepMeans();
  private double firstLoss;
  private Optional<BetaRule.Target> target = Optional.empty(); // of the step before
  private ControlReport.Builder report; // on the steps with that target; null where there is none

  private FinalMetrics(BetaRule rule, double lossOrigin, long steps) {
    this.rule = rule;
    this.lossOrigin = lossOrigin;
    this.steps = steps;
  }

  /**
   * The figures of a whole run.
   *
   * @param log of all its steps
   * @param steps how many there are
   * @param rule what decided beta
   * @param lossOrigin what the reconstruction loss is counted from, nats per image
   * @param test of the test images
   * @param imagesPerSecond of this process
   * @param sigma that was learned; null if none was
   * @throws IOException if the log cannot be read
   */
  static RunRecord.Metrics of(
      MetricsLog log,
      long steps,
      BetaRule rule,
      double lossOrigin,
      Evaluation test,
      double imagesPerSecond,
      Double sigma)
      throws IOException {
    var metrics = new FinalMetrics(rule, lossOrigin, steps);
    log.read(metrics::accept);
    StepMeans last = metrics.last;
    return new RunRecord.Metrics(
        new RunRecord.LastSteps(
            last.count(), last.rl(), last.kl(), -(last.rl() + last.kl()), last.beta()),
        test,
        metrics.report == null ? null : metrics.report.build(),
        imagesPerSecond,
        sigma);
  }

  private void accept(StepReport row) {
    if (row.step() > steps - LAST_STEPS) {
      last.step(row);
    }
    if (row.step() == 1) {
      firstLoss = row.rl() - lossOrigin;
    }
    Optional<BetaRule.Target> now = rule.target(firstLoss, row.step());
    if (!now.equals(target)) {
      target = now;
      report = now.map(ControlReport.Builder::new).orElse(null);
    }
    if (report != null) {
      report.accept(row.step(), row.kl(), row.beta());
    }
  }
}
