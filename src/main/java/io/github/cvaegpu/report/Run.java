// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.train.AtomicFile;
import io.github.cvaegpu.train.Checkpoint;
import io.github.cvaegpu.train.MetricsLog;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import io.github.cvaegpu.train.ValidationLog;
import io.github.cvaegpu.train.ValidationRow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A run as its folder has it: finished, stopped, killed or still under way.
 *
 * @param folder where it is
 * @param record its settings and figures
 * @param series its steps; empty where {@code metrics.csv} is missing or has none yet
 * @param validation how its validation images were scored, an epoch each; empty of a run without
 * @param checkpoint its model; empty where none was written yet
 * @param warnings complete sentences about what is missing
 */
public record Run(
    Path folder,
    RunRecord record,
    Optional<Series> series,
    List<ValidationRow> validation,
    Optional<Checkpoint> checkpoint,
    List<String> warnings) {

  /** Copies the lists. */
  public Run {
    validation = List.copyOf(validation);
    warnings = List.copyOf(warnings);
  }

  /** Whether it has the steps that a point of a curve is the mean of. */
  boolean hasCurves() {
    return series.isPresent() && series.get().size() >= Series.WINDOW;
  }

  /** Whether its learning rate goes from step to step. */
  boolean hasRates() {
    return record.plan().schedule().rates() != null;
  }

  /**
   * Reads a run without opening it for training.
   *
   * @throws InputException if the folder holds no run, or a file of it is damaged
   */
  public static Run read(Path folder) {
    RunRecord record = RunDirectory.readRecord(folder);
    List<String> warnings = new ArrayList<>();
    Optional<Series> series = readSeries(folder, warnings);
    List<ValidationRow> validation = readValidation(folder, record, warnings);
    Path file = RunDirectory.checkpointFile(folder);
    Optional<Checkpoint> checkpoint =
        RegularFile.isTaken(file) ? Optional.of(Checkpoint.read(file)) : Optional.empty();
    checkpoint.ifPresent(
        found -> {
          try {
            found.requireRecord(record);
          } catch (InputException e) {
            throw new InputException(
                "%s holds files of two runs. %s".formatted(folder, e.getMessage()), e);
          }
        });
    if (checkpoint.isPresent() && series.isPresent()) {
      requireLog(RunDirectory.metricsFile(folder), checkpoint.get()::requireMetrics);
    }
    if (checkpoint.isPresent() && !validation.isEmpty()) {
      requireLog(RunDirectory.validationFile(folder), checkpoint.get()::requireValidation);
    }
    if (checkpoint.isEmpty()) {
      warnings.add(
          record.exitReason() == ExitReason.RUNNING
              ? "%s has no checkpoint yet; if it was stopped before its first one, this begins again: %s"
                  .formatted(
                      folder, Program.command("train", "--resume", "--out", folder.toString()))
              : "%s has no checkpoint, so there are no pictures of it.".formatted(folder));
    }
    return new Run(folder, record, series, validation, checkpoint, warnings);
  }

  /** Refuses a log, or cannot read it. */
  @FunctionalInterface
  private interface LogCheck {
    void require(Path file) throws IOException;
  }

  private static void requireLog(Path file, LogCheck check) {
    try {
      check.require(file);
    } catch (IOException e) {
      throw new InputException("%s cannot be read: %s.".formatted(file, AtomicFile.reason(e)), e);
    }
  }

  private static Optional<Series> readSeries(Path folder, List<String> warnings) {
    Path file = RunDirectory.metricsFile(folder);
    if (!RegularFile.isTaken(file)) {
      warnings.add("%s has no metrics.csv, so there are no curves of it.".formatted(folder));
      return Optional.empty();
    }
    var builder = new Series.Builder();
    try {
      boolean cut =
          MetricsLog.readWholeRows(
              file, row -> builder.accept(row.step(), row.rl(), row.kl(), row.beta()));
      if (cut) {
        warnings.add("The last line of %s is half written and was left out.".formatted(file));
      }
    } catch (IOException e) {
      throw new InputException("%s cannot be read: %s.".formatted(file, AtomicFile.reason(e)), e);
    }
    Series series = builder.build();
    return series.size() == 0 ? Optional.empty() : Optional.of(series);
  }

  private static List<ValidationRow> readValidation(
      Path folder, RunRecord record, List<String> warnings) {
    Path file = RunDirectory.validationFile(folder);
    if (record.plan().validation() == null) {
      return List.of();
    }
    List<ValidationRow> rows = new ArrayList<>();
    if (!RegularFile.isTaken(file)) {
      if (record.validated() != null) {
        warnings.add(
            "%s has no validation.csv, so nothing is shown of its validation images."
                .formatted(folder));
      }
      return rows;
    }
    try {
      boolean cut = ValidationLog.readWholeRows(file, rows::add);
      if (cut) {
        warnings.add("The last line of %s is half written and was left out.".formatted(file));
      }
    } catch (IOException e) {
      throw new InputException("%s cannot be read: %s.".formatted(file, AtomicFile.reason(e)), e);
    }
    return rows;
  }

  /**
   * Reads what a run is, and neither its logs nor its model.
   *
   * @throws InputException if the folder holds no run, or {@code run.json} is damaged
   */
  public static Run readRecord(Path folder) {
    return new Run(
        folder,
        RunDirectory.readRecord(folder),
        Optional.empty(),
        List.of(),
        Optional.empty(),
        List.of());
  }

  /** The same run with a model. */
  public Run withModel(Checkpoint model) {
    return new Run(folder, record, series, validation, Optional.of(model), warnings);
  }

  /** The same run without what there is to look into. */
  public Run withoutModel() {
    return new Run(folder, record, series, validation, Optional.empty(), warnings);
  }

  /** What to call it: the folder's name. */
  public String name() {
    Path name = folder.toAbsolutePath().normalize().getFileName();
    return name == null ? folder.toString() : name.toString();
  }
}
