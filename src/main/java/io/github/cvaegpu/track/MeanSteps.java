// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import io.github.cvaegpu.train.EpochReport;
import io.github.cvaegpu.train.RunObserver;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.StepMeans;
import io.github.cvaegpu.train.StepReport;
import java.nio.file.Path;

/**
 * Tells another observer of means over stretches of steps instead of each step. A stretch ends
 * where the number of the run's steps is a multiple of its length, and before an epoch's end, a
 * checkpoint and the run's end: so none goes beyond a checkpoint, and a run that goes on from one
 * tells of each step once.
 */
final class MeanSteps implements RunObserver {
  private final int length;
  private final RunObserver rows;
  private final StepMeans means = new StepMeans();

  /**
   * @param length steps of a stretch, from 1
   * @param rows told of a stretch as of a step: the last one's numbers with the means
   */
  MeanSteps(int length, RunObserver rows) {
    this.length = length;
    this.rows = rows;
  }

  @Override
  public void begins(Path folder, RunRecord record) {
    rows.begins(folder, record);
  }

  @Override
  public void step(StepReport report) {
    means.step(report);
    if (report.step() % length == 0) {
      tell();
    }
  }

  private void tell() {
    if (means.count() == 0) {
      return;
    }
    rows.step(
        new StepReport(
            means.last().step(),
            means.last().epoch(),
            (float) means.rl(),
            (float) means.kl(),
            (float) means.beta()));
    means.reset();
  }

  @Override
  public void epoch(EpochReport report) {
    tell();
    rows.epoch(report);
  }

  @Override
  public void checkpoint(Path file, long step) {
    tell();
    rows.checkpoint(file, step);
  }

  @Override
  public void ends(Path folder, RunRecord record) {
    tell();
    rows.ends(folder, record);
  }
}
