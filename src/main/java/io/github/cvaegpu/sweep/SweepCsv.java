// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import de.siegmar.fastcsv.writer.CsvWriter;
import io.github.cvaegpu.eval.Spread;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * The tables for spreadsheets and data frames: CSV by RFC 4180 with a line of names. Numbers have
 * all their digits, and what a run does not have is empty. Settings have the names of their
 * options; no column of this program's own is called as an option is.
 */
final class SweepCsv {
  private static final List<String> OF_RUN =
      List.of("run_index", "run_name", "combination", "run_seed");

  private static final List<String> OF_STATE =
      List.of(
          "run_state",
          "run_note",
          "run_message",
          "epochs_done",
          "epochs_planned",
          "steps_done",
          "steps_planned",
          "open_sessions",
          "engine_name",
          "set_point");

  private SweepCsv() {}

  /** A line a run, in the order of their indices. */
  static String runs(List<String> settings, List<SweepRow> rows) {
    var text = new StringWriter();
    try (var csv = CsvWriter.builder().build(text)) {
      csv.writeRecord(
          Stream.of(
                  OF_RUN.stream(),
                  settings.stream(),
                  OF_STATE.stream(),
                  Stream.of(Quantity.values()).map(Quantity::column))
              .flatMap(names -> names)
              .toList());
      for (SweepRow row : rows) {
        csv.writeRecord(cells(settings, row));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static List<String> cells(List<String> settings, SweepRow row) {
    SweepPoint point = row.point();
    List<String> cells = new ArrayList<>();
    cells.add(String.valueOf(point.index()));
    cells.add(point.name());
    cells.add(String.valueOf(point.combination()));
    cells.add(String.valueOf(point.seed()));
    settings.forEach(setting -> cells.add(point.values().get(setting)));
    cells.add(row.state().toString());
    cells.add(row.note() == null ? "" : row.note());
    cells.add(row.message() == null ? "" : row.message());
    Optional<Trained> trained = Optional.ofNullable(row.trained());
    cells.add(trained.map(its -> String.valueOf(its.epochsDone())).orElse(""));
    cells.add(trained.map(its -> String.valueOf(its.epochsPlanned())).orElse(""));
    cells.add(trained.map(its -> String.valueOf(its.stepsDone())).orElse(""));
    cells.add(trained.map(its -> String.valueOf(its.stepsPlanned())).orElse(""));
    cells.add(trained.map(its -> String.valueOf(its.openSessions())).orElse(""));
    cells.add(trained.map(Trained::engine).orElse(""));
    cells.add(number(trained.map(Trained::setPoint).orElse(OptionalDouble.empty())));
    for (Quantity quantity : Quantity.values()) {
      cells.add(number(quantity.of(row)));
    }
    return cells;
  }

  /** A line a combination and figure, in their order: of figures that a run of it has. */
  static String summary(List<String> settings, List<Summary> summaries) {
    var text = new StringWriter();
    try (var csv = CsvWriter.builder().build(text)) {
      csv.writeRecord(
          Stream.of(
                  Stream.of("combination"),
                  settings.stream(),
                  Stream.of(
                      "runs",
                      "runs_completed",
                      "figure",
                      "n",
                      "mean",
                      "standard_deviation",
                      "interval_low",
                      "interval_high"))
              .flatMap(names -> names)
              .toList());
      for (Summary summary : summaries) {
        for (Map.Entry<Quantity, Spread> figure : summary.figures().entrySet()) {
          csv.writeRecord(cells(settings, summary, figure.getKey(), figure.getValue()));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static List<String> cells(
      List<String> settings, Summary summary, Quantity quantity, Spread spread) {
    List<String> cells = new ArrayList<>();
    cells.add(String.valueOf(summary.combination()));
    settings.forEach(setting -> cells.add(summary.values().get(setting)));
    cells.add(String.valueOf(summary.rows().size()));
    cells.add(String.valueOf(summary.completed()));
    cells.add(quantity.column());
    cells.add(String.valueOf(spread.n()));
    cells.add(String.valueOf(spread.mean()));
    cells.add(number(spread.deviation()));
    boolean hasInterval = spread.halfWidth().isPresent();
    cells.add(hasInterval ? String.valueOf(spread.low()) : "");
    cells.add(hasInterval ? String.valueOf(spread.high()) : "");
    return cells;
  }

  private static String number(OptionalDouble value) {
    return value.isPresent() ? String.valueOf(value.getAsDouble()) : "";
  }
}
