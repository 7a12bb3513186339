// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import io.github.cvaegpu.train.CheckpointInterval;
import io.github.cvaegpu.train.MetricsLog;
import io.github.cvaegpu.train.RunObserver;
import io.github.cvaegpu.train.RunObservers;
import io.github.cvaegpu.train.StepReport;
import io.github.cvaegpu.train.TinyRun;
import io.github.cvaegpu.train.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A {@link TinyRun} that trackers are told of: fifteen steps in three epochs. */
final class TrackedRun {
  static final int STEPS = 3 * TinyRun.STEPS_PER_EPOCH;

  /** What a run's figures are called wherever they have tags. */
  static final Set<String> TAGS =
      Set.of(
          "train/rl",
          "train/kl",
          "train/elbo",
          "train/beta",
          "train/learning_rate",
          "train/images_per_second",
          "test/rl",
          "test/kl",
          "test/elbo");

  final Path folder;
  final TinyRun run;

  /** What was said of trackers. */
  final List<String> warnings = new ArrayList<>();

  int rows = Trackers.ROWS;
  Duration patience = Trackers.PATIENCE;

  TrackedRun(Path folder) {
    this.folder = folder;
    run = new TinyRun(folder);
  }

  /** What a run without trackers comes to. */
  static TinyRun.Result alone(Path folder) throws IOException {
    var run = new TrackedRun(folder);
    run.toTheEnd();
    return run.run.result();
  }

  /** Trains until a step, or to the end where there is no such step. */
  Trainer.Outcome until(long step, Tracker... trackers) {
    return until(step, RunObserver.NONE, trackers);
  }

  Trainer.Outcome toTheEnd(Tracker... trackers) {
    return until(-1, trackers);
  }

  /** With another observer, which is told behind the trackers, on the thread that trains. */
  Trainer.Outcome until(long step, RunObserver other, Tracker... trackers) {
    try (var told = new Trackers(List.of(trackers), rows, patience, warnings::add)) {
      run.listener = RunObservers.of(told, other);
      return run.until(step);
    }
  }

  /**
   * Leaves what a kill leaves: the files of a checkpoint, and trackers that were told of more.
   *
   * @param checkpoint steps that are in it
   * @param step the last one told of
   */
  void killedAt(int checkpoint, long step, Tracker... trackers) throws IOException {
    run.interval = CheckpointInterval.parse(checkpoint + "steps");
    List<Path> files = List.of(run.checkpointFile(), folder.resolve("run.json"));
    RunObserver keeper =
        new RunObserver() {
          @Override
          public void checkpoint(Path file, long done) {
            if (done == checkpoint) {
              copy(files, "", ".kept");
            }
          }
        };
    until(step, keeper, trackers);
    copy(files, ".kept", "");
    run.interval = CheckpointInterval.parse("999999epochs");
  }

  private static void copy(List<Path> files, String from, String to) {
    for (Path file : files) {
      try {
        Files.copy(
            file.resolveSibling(file.getFileName() + from),
            file.resolveSibling(file.getFileName() + to),
            StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The steps of {@code metrics.csv}. */
  List<StepReport> steps() throws IOException {
    List<StepReport> steps = new ArrayList<>();
    MetricsLog.read(run.metricsFile(), steps::add);
    return steps;
  }

  /** The output of a Python that an environment variable names, if it does. */
  static Optional<String> python(String variable) {
    return Optional.ofNullable(System.getenv(variable)).filter(value -> !value.isBlank());
  }
}
