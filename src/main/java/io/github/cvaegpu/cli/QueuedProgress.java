// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.train.EpochReport;
import io.github.cvaegpu.train.QueuedObserver;
import io.github.cvaegpu.train.StepReport;
import java.io.PrintWriter;
import java.time.Duration;

/**
 * Progress for a terminal, which may be held (Ctrl-S) or far away: training does not wait for it.
 */
final class QueuedProgress implements Progress {
  /** Steps of half a second of the study's network, in which a terminal is to have been drawn. */
  private static final int STEPS = 1024;

  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final Progress progress;
  private final PrintWriter err;
  private final QueuedObserver queue;

  /**
   * @param err where to say that it could not be shown
   */
  QueuedProgress(Progress progress, PrintWriter err) {
    this.progress = progress;
    this.err = err;
    queue = new QueuedObserver(progress, STEPS, PATIENCE);
  }

  @Override
  public void step(StepReport report) {
    queue.step(report);
  }

  @Override
  public void says(String sentence) {
    queue.says(sentence);
  }

  @Override
  public void epoch(EpochReport report) {
    queue.epoch(report);
  }

  @Override
  public void close() {
    queue.close();
    queue
        .failure()
        .ifPresent(
            failure ->
                err.println("Warning: the progress could not be shown to the end: " + failure));
    progress.close();
  }
}
