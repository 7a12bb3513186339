// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.cvaegpu.train.EpochReport;
import io.github.cvaegpu.train.RunObserver;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.StepReport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeanStepsTest {
  private static final Path FOLDER = Path.of("run");

  private final List<String> told = new ArrayList<>();
  private final MeanSteps means =
      new MeanSteps(
          10,
          new RunObserver() {
            @Override
            public void begins(Path folder, RunRecord record) {
              told.add("begins");
            }

            @Override
            public void step(StepReport report) {
              told.add(
                  "%s %s: %s %s %s"
                      .formatted(
                          report.step(), report.epoch(), report.rl(), report.kl(), report.beta()));
            }

            @Override
            public void epoch(EpochReport report) {
              told.add("epoch " + report.epoch());
            }

            @Override
            public void checkpoint(Path file, long step) {
              told.add("checkpoint " + step);
            }

            @Override
            public void ends(Path folder, RunRecord record) {
              told.add("ends");
            }
          });

  private void steps(int first, int last, int epoch) {
    for (int step = first; step <= last; step++) {
      means.step(new StepReport(step, epoch, step, 2 * step, step % 2));
    }
  }

  /** Of each step once, whatever happens between them, and with nothing to tell of nothing. */
  @Test
  void stretchesEndWhereSomethingElseIsTold() {
    means.begins(FOLDER, null);
    steps(1, 23, 1);
    means.epoch(new EpochReport(1, 2, 0, 0, 0, 0));
    means.checkpoint(FOLDER, 23);
    steps(24, 27, 2);
    means.checkpoint(FOLDER, 27);
    steps(28, 40, 2);
    means.epoch(new EpochReport(2, 2, 0, 0, 0, 0));
    steps(41, 41, 3);
    means.ends(FOLDER, null);
    assertEquals(
        List.of(
            "begins",
            "10 1: 5.5 11.0 0.5",
            "20 1: 15.5 31.0 0.5",
            "23 1: 22.0 44.0 0.6666667",
            "epoch 1",
            "checkpoint 23",
            "27 2: 25.5 51.0 0.5",
            "checkpoint 27",
            "30 2: 29.0 58.0 0.33333334",
            "40 2: 35.5 71.0 0.5",
            "epoch 2",
            "41 3: 41.0 82.0 1.0",
            "ends"),
        told);
  }

  /** Goes on from a checkpoint: the first stretch is what is left of it. */
  @Test
  void aStretchIsOfTheRunsOwnSteps() {
    steps(28, 45, 1);
    assertEquals(List.of("30 1: 29.0 58.0 0.33333334", "40 1: 35.5 71.0 0.5"), told);
  }
}
