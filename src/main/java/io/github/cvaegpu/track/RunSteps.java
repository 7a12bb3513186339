// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import io.github.cvaegpu.train.EpochReport;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.StepReport;

/** Steps of a run. */
final class RunSteps {
  private RunSteps() {}

  /** Adam's step size in a step, which is a pure function of the step's number. */
  static double learningRate(StepReport report, RunRecord run) {
    return run.plan().learningRate(run.dataset().trainImages()).at(report.step() - 1);
  }

  /** How many are done after an epoch: whoever missed a step still knows. */
  static long after(EpochReport epoch, RunRecord run) {
    return (long) epoch.epoch() * run.plan().batches(run.dataset().trainImages());
  }
}
