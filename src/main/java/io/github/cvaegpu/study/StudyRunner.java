// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.train.CheckpointInterval;
import io.github.cvaegpu.train.DivergedException;
import io.github.cvaegpu.train.Provenance;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import io.github.cvaegpu.train.Trainer;
import io.github.cvaegpu.train.TrainingListener;
import io.github.cvaegpu.train.TrainingPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;

/**
 * Trains runs one after another, each in a folder of its own. What is finished is not trained
 * again, what was interrupted goes on from its checkpoint, and a run that diverges does not keep
 * the others from running.
 */
public final class StudyRunner {
  private final List<StudyRun> runs;
  private final Dataset dataset;
  private final Accelerator accelerator;
  private final Path folder;
  private final Provenance provenance;
  private final CheckpointInterval interval;
  private final StudyListener listener;
  private final BooleanSupplier stopRequested;

  private long epochsDone;
  private long epochsFinishedAhead; // of runs behind the one at work that need no training
  private long epochsTrained;
  private long nanosTraining;

  /**
   * What training came to.
   *
   * @param isStopped whether it was asked to stop before the end
   * @param diverged names of the runs that diverged
   */
  public record Outcome(boolean isStopped, List<String> diverged) {}

  /**
   * @param runs what to train, in this order
   * @param dataset on which images
   * @param accelerator on what
   * @param folder in which each run has a folder
   * @param provenance what is kept with each run
   * @param interval how often a run writes a checkpoint
   * @param listener told of progress
   * @param stopRequested asked after every step
   */
  public StudyRunner(
      List<StudyRun> runs,
      Dataset dataset,
      Accelerator accelerator,
      Path folder,
      Provenance provenance,
      CheckpointInterval interval,
      StudyListener listener,
      BooleanSupplier stopRequested) {
    this.runs = List.copyOf(runs);
    this.dataset = dataset;
    this.accelerator = accelerator;
    this.folder = folder;
    this.provenance = provenance;
    this.interval = interval;
    this.listener = listener;
    this.stopRequested = stopRequested;
  }

  /** Where a run is. */
  public Path folder(StudyRun run) {
    return folder.resolve(run.name());
  }

  /**
   * Trains what is not finished.
   *
   * @throws InputException if a folder holds a run of other settings or images; nothing is trained
   */
  public Outcome train() {
    runs.forEach(this::requireSame);
    epochsFinishedAhead =
        runs.stream().filter(this::isFinished).mapToLong(run -> run.plan().epochs()).sum();
    List<String> diverged = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      StudyRun run = runs.get(i);
      if (isFinished(run)) {
        epochsDone = epochsBefore(i + 1);
        epochsFinishedAhead -= run.plan().epochs();
        listener.isThere(run, position(i));
        continue;
      }
      try {
        if (!train(run, i)) {
          return new Outcome(true, diverged);
        }
      } catch (DivergedException e) {
        diverged.add(run.name());
        listener.failed(run, e.getMessage());
      }
      epochsDone = epochsBefore(i + 1);
    }
    return new Outcome(false, diverged);
  }

  /** Epochs of all runs before one. */
  private long epochsBefore(int index) {
    return runs.subList(0, index).stream().mapToLong(run -> run.plan().epochs()).sum();
  }

  private boolean hasBegun(StudyRun run) {
    Path where = folder(run);
    return Files.exists(where.resolve("run.json"))
        || Files.exists(RunDirectory.checkpointFile(where));
  }

  /** Whether a run is complete: with figures, and not only with its last step. */
  public boolean isFinished(StudyRun run) {
    if (!Files.exists(folder(run).resolve("run.json"))) {
      return false;
    }
    var record = RunDirectory.readRecord(folder(run));
    return record.exitReason() == ExitReason.COMPLETED && record.metrics() != null;
  }

  private void requireSame(StudyRun run) {
    if (!hasBegun(run)) {
      return;
    }
    TrainingPlan there = RunDirectory.planToResume(folder(run)).plan();
    if (!there.equals(run.plan())) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              ("%s holds a run of other settings (%d epochs at learning rate %s, seed %d): choose"
                  + " another --out, or the settings that it was made with."),
              folder(run),
              there.epochs(),
              Numbers.plain(there.learningRate()),
              there.seed()));
    }
    if (Files.exists(folder(run).resolve("run.json"))
        && !RunDirectory.readRecord(folder(run)).dataset().sha256().equals(dataset.sha256())) {
      throw new InputException(
          "%s was trained on other images than those of %s (%s): name them with --data."
              .formatted(folder(run), dataset.name(), dataset.origin()));
    }
  }

  /** Trains a run to its end; false if it was asked to stop before. */
  private boolean train(StudyRun run, int index) {
    listener.begins(run, position(index));
    long doneBefore = epochsBefore(index);
    TrainingListener told =
        new TrainingListener() {
          private long last = System.nanoTime();

          @Override
          public void startingOver() {
            listener.warns(run, STARTING_OVER);
          }

          @Override
          public void otherMachine(String note) {
            listener.warns(run, note);
          }

          @Override
          public void epoch(EpochReport report) {
            long now = System.nanoTime();
            nanosTraining += now - last;
            last = now;
            epochsTrained++;
            epochsDone = doneBefore + report.epoch();
            listener.epoch(run, report, position(index));
          }
        };
    if (hasBegun(run)) {
      RunDirectory.planToResume(folder(run))
          .warning()
          .ifPresent(warning -> listener.warns(run, warning));
    }
    TrainingPlan plan = run.plan();
    try (Trainee trainee =
            accelerator.trainee(
                plan.shape(dataset.train().imageSize()), plan.settings(), dataset.train());
        RunDirectory directory =
            hasBegun(run) ? RunDirectory.resume(folder(run)) : RunDirectory.create(folder(run))) {
      var trainer =
          new Trainer(plan, dataset, trainee, directory, provenance, interval, told, stopRequested);
      return trainer.run().exitReason() == ExitReason.COMPLETED;
    }
  }

  private StudyListener.Position position(int index) {
    long epochs = epochsBefore(runs.size());
    double left =
        epochsTrained == 0
            ? Double.NaN
            : nanosTraining / 1e9 / epochsTrained * (epochs - epochsDone - epochsFinishedAhead);
    return new StudyListener.Position(index + 1, runs.size(), epochsDone, epochs, left);
  }
}
