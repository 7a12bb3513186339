// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.TrainingPlan;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A run of a sweep as its folder has it. It is read from {@code run.json} and {@code measures.json}
 * alone: a checkpoint is megabytes, and a sweep has hundreds of runs.
 *
 * @param point which run it is
 * @param state how it stands
 * @param message why, where there is more to say than the state does, a sentence; null if not
 * @param note where it was left before its end, a phrase; null of most
 * @param trained what its record says; null where there is none, or none that can be used
 * @param measures what was measured of its model besides; null where nothing was, or of another
 */
public record SweepRow(
    SweepPoint point,
    RunState state,
    String message,
    String note,
    Trained trained,
    RunMeasures measures) {

  /**
   * Reads a run. Whatever is in its folder, there is a row of it: what cannot be read is said to be
   * so.
   *
   * @param folder of the sweep
   * @param note of it; null for none
   * @param expected what it is to be trained by; empty where its settings do not go together
   */
  public static SweepRow read(
      SweepFolder folder, SweepPoint point, String note, Optional<TrainingPlan> expected) {
    Path run = folder.folder(point);
    try {
      String refusal = folder.refusal(point).orElse(null);
      if (!RegularFile.isTaken(RunDirectory.recordFile(run))) {
        RunState state =
            refusal != null
                ? RunState.REFUSED
                : isLocked(run) ? RunState.RUNNING : RunState.NOT_BEGUN;
        return new SweepRow(point, state, refusal, note, null, null);
      }
      RunRecord record = RunDirectory.readRecord(run);
      requireOf(point, expected, record, run);
      var trained = Trained.of(record);
      RunMeasures measures =
          RunMeasures.read(run).filter(its -> its.isOf(trained.parametersSha256())).orElse(null);
      return refusal == null
          ? new SweepRow(point, state(record, note, run), message(record), note, trained, measures)
          : new SweepRow(point, RunState.REFUSED, refusal, note, trained, measures);
    } catch (InputException e) {
      return new SweepRow(point, RunState.UNREADABLE, e.getMessage(), note, null, null);
    }
  }

  /** A folder may have been copied, or renamed. */
  private static void requireOf(
      SweepPoint point, Optional<TrainingPlan> expected, RunRecord record, Path run) {
    TrainingPlan there = record.plan();
    boolean isSame = expected.map(plan -> plan.equals(there)).orElse(there.seed() == point.seed());
    if (!isSame) {
      List<String> differences = expected.map(plan -> plan.differences(there)).orElse(List.of());
      throw new InputException(
          "%s holds a run of other settings than the sweep's%s."
              .formatted(run, differences.isEmpty() ? "" : ": " + String.join(", ", differences)));
    }
  }

  private static RunState state(RunRecord record, String note, Path run) {
    return switch (record.exitReason()) {
      case RUNNING -> isLocked(run) ? RunState.RUNNING : stopped(note);
      case COMPLETED -> RunState.COMPLETED;
      case INTERRUPTED -> stopped(note);
      case DIVERGED -> RunState.DIVERGED;
      case FAILED -> RunState.FAILED;
    };
  }

  /** Where it cannot be told, the record is believed that says so, and nobody of a run without. */
  private static boolean isLocked(Path run) {
    return RunDirectory.isLocked(run).orElse(RegularFile.isTaken(RunDirectory.recordFile(run)));
  }

  /** Nobody goes on with what a note says was left. */
  private static RunState stopped(String note) {
    return note == null ? RunState.INTERRUPTED : RunState.LEFT;
  }

  private static String message(RunRecord record) {
    return record.message() != null
        ? record.message()
        : record
            .stoppedAfter()
            .map(epoch -> "It stopped early, after epoch " + epoch + ".")
            .orElse(null);
  }

  /** Whether it was trained to its end and has final figures. */
  public boolean isCompleted() {
    return state == RunState.COMPLETED && trained != null && trained.metrics() != null;
  }
}
