// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import io.github.cvaegpu.train.EpochReport;
import io.github.cvaegpu.train.RunRecord;

/** Steps of a run. */
final class RunSteps {
  private RunSteps() {}

  /** How many are done after an epoch: whoever missed a step still knows. */
  static long after(EpochReport epoch, RunRecord run) {
    return (long) epoch.epoch() * Math.ceilDiv(run.dataset().trainImages(), run.plan().batchSize());
  }
}
