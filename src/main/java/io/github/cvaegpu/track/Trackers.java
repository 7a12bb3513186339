// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.track.MlflowServer.MlflowException;
import io.github.cvaegpu.train.AtomicFile;
import io.github.cvaegpu.train.EpochReport;
import io.github.cvaegpu.train.QueuedObserver;
import io.github.cvaegpu.train.RunObserver;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.StepReport;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * All trackers of a run, each behind a queue and on a thread of its own. None of them ends the run,
 * holds it up or changes it: what a slow one has no room for it misses, and one that fails is told
 * no more. A sentence says so of a failure when it is noticed, and of missed rows at the end.
 */
public final class Trackers implements RunObserver, AutoCloseable {
  /** Rows that may wait for a tracker; ten seconds of the study's steps on a CPU. */
  static final int ROWS = 4096;

  /** How long the end of a run waits for trackers, all together. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  private final List<Queued> queued;
  private final Duration patience;
  private final Consumer<String> warn;

  /** A tracker and what leads to it. */
  private static final class Queued {
    final Tracker tracker;
    final QueuedObserver queue;
    final RunObserver inlet;
    boolean isFailureSaid;

    Queued(Tracker tracker, int rows, Duration patience) {
      this.tracker = tracker;
      queue = new QueuedObserver(tracker, rows, patience);
      // Before the queue: what is missed for want of room is a whole row, not some of its steps.
      inlet = tracker.stepsOfRow() == 1 ? queue : new MeanSteps(tracker.stepsOfRow(), queue);
    }
  }

  Trackers(List<Tracker> trackers, int rows, Duration patience, Consumer<String> warn) {
    queued = trackers.stream().map(tracker -> new Queued(tracker, rows, patience)).toList();
    this.patience = patience;
    this.warn = warn;
  }

  @Override
  public void begins(Path folder, RunRecord record) {
    queued.forEach(each -> each.inlet.begins(folder, record));
  }

  @Override
  public void step(StepReport report) {
    queued.forEach(each -> each.inlet.step(report));
    sayFailures();
  }

  @Override
  public void epoch(EpochReport report) {
    queued.forEach(each -> each.inlet.epoch(report));
  }

  @Override
  public void checkpoint(Path file, long step) {
    queued.forEach(each -> each.inlet.checkpoint(file, step));
  }

  @Override
  public void ends(Path folder, RunRecord record) {
    queued.forEach(each -> each.inlet.ends(folder, record));
  }

  /** On the thread that trains, which is the one that prints. */
  private void sayFailures() {
    for (Queued each : queued) {
      if (!each.isFailureSaid && each.queue.failure().isPresent()) {
        each.isFailureSaid = true;
        warn.accept(
            "%s gets no more of this run (%s); the run goes on without it."
                .formatted(each.tracker.name(), reason(each.queue.failure().get())));
      }
    }
  }

  /** A part of a sentence. */
  private static String reason(Throwable failure) {
    if (failure instanceof UncheckedIOException e) {
      return AtomicFile.reason(e.getCause());
    }
    return failure instanceof InputException || failure instanceof MlflowException
        ? failure.getMessage().replaceFirst("\\.$", "")
        : failure.toString();
  }

  /** Waits for a while until each tracker has what there is, and says what one has missed. */
  @Override
  public void close() {
    // Side by side: together they take as long as the slowest one.
    List<Thread> closing =
        queued.stream().map(each -> Thread.ofPlatform().daemon().start(each.queue::close)).toList();
    try {
      for (Thread thread : closing) {
        thread.join();
      }
    } catch (InterruptedException e) {
      closing.forEach(Thread::interrupt);
      Thread.currentThread().interrupt();
    }
    sayFailures();
    queued.forEach(this::sayWhatIsMissed);
    // What hangs in a call would hang in this one too.
    queued.stream().filter(each -> !each.queue.isGivenUp()).forEach(this::close);
  }

  private void close(Queued each) {
    try {
      each.tracker.close();
    } catch (UncheckedIOException e) {
      warn.accept("%s may lack some of this run (%s).".formatted(each.tracker.name(), reason(e)));
    }
  }

  private void sayWhatIsMissed(Queued each) {
    long missed = each.queue.missed();
    String rows = missed == 1 ? "1 row" : String.format(Locale.ROOT, "%,d rows", missed);
    if (each.queue.isGivenUp()) {
      warn.accept(
          String.format(
              Locale.ROOT,
              "%s did not take the rest of the run within %d s and was given up; it has missed %s.",
              each.tracker.name(),
              patience.toSeconds(),
              rows));
    } else if (missed > 0) {
      warn.accept("%s has missed %s of this run.".formatted(each.tracker.name(), rows));
    }
  }
}
