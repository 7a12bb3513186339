// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.export.ProtobufMessage;
import io.github.cvaegpu.train.AtomicFile;
import io.github.cvaegpu.train.EpochReport;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.StepReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * TensorBoard's event files, one for each process that works on the run. A process that goes on
 * from step n begins its file with a session's start at step n + 1, at which readers forget what an
 * earlier file has from there on.
 *
 * <p>Fields are those of event.proto, summary.proto and tensor.proto in tensorflow/core/framework.
 */
final class TensorBoard implements Tracker {
  private static final int SESSION_START = 1;
  private static final int STRING_TENSOR = 7;

  private final Path folder;
  private EventFile file;
  private RunRecord run;

  TensorBoard(Path folder) {
    this.folder = folder;
  }

  /**
   * Refuses a folder that event files cannot be in, or that has those of another run.
   *
   * @param isResumed whether the files that are there may be the run's own
   */
  static void requireUsable(Path folder, Path run, boolean isResumed) {
    Places.requireApart(folder, run, "--tensorboard");
    try {
      Places.requireFolder(folder.toAbsolutePath().normalize());
      if (!isResumed && EventFile.isIn(folder)) {
        throw new InputException(
            "%s already has event files, and TensorBoard would take them for this run's: choose another --tensorboard."
                .formatted(folder));
      }
    } catch (IOException e) {
      throw new InputException("%s cannot be read: %s.".formatted(folder, AtomicFile.reason(e)), e);
    }
  }

  @Override
  public String name() {
    return "TensorBoard's folder " + folder;
  }

  @Override
  public void begins(Path runFolder, RunRecord record) {
    run = record;
    long done = record.sessions().getLast().firstStep();
    write(
        () -> {
          file = EventFile.create(folder);
          file.write(
              EventFile.event(done + 1).message(7, new ProtobufMessage().number(1, SESSION_START)));
        });
    write(done + 1, text("run", table(runFolder, record)));
  }

  /** Markdown, as TensorBoard shows it. */
  private static String table(Path runFolder, RunRecord record) {
    var table = new StringBuilder("| setting | value |\n|---|---|\n");
    row(table, "program", record.program());
    row(table, "folder", runFolder.toString());
    row(table, "dataset", record.dataset().name());
    row(table, "engine", record.sessions().getLast().engine().what());
    PlanSettings.of(record.plan()).forEach((name, value) -> row(table, name, value));
    return table.toString();
  }

  private static void row(StringBuilder table, String name, String value) {
    table.append("| ").append(name).append(" | ");
    table.append(value.replaceAll("[|`<>*_\\[\\]\\\\]", "\\\\$0")).append(" |\n");
  }

  @Override
  public void step(StepReport report) {
    var summary = new ProtobufMessage();
    Figures.of(report, run, (name, value) -> summary.message(1, scalar(name, value)));
    write(report.step(), summary);
  }

  @Override
  public void epoch(EpochReport report) {
    var summary = new ProtobufMessage();
    Figures.of(report, (name, value) -> summary.message(1, scalar(name, value)));
    write(RunSteps.after(report, run), summary);
  }

  @Override
  public void ends(Path runFolder, RunRecord record) {
    if (record.metrics() != null) {
      var summary = new ProtobufMessage();
      Figures.of(record.metrics().test(), (name, value) -> summary.message(1, scalar(name, value)));
      write(record.stepsDone(), summary);
    }
  }

  private static ProtobufMessage scalar(String tag, double value) {
    return new ProtobufMessage().text(1, tag).float32(2, (float) value);
  }

  /** What the text plugin shows. */
  private static ProtobufMessage text(String tag, String markdown) {
    var plugin = new ProtobufMessage().message(1, new ProtobufMessage().text(1, "text"));
    var shape = new ProtobufMessage().message(2, new ProtobufMessage().number(1, 1));
    var tensor = new ProtobufMessage().number(1, STRING_TENSOR).message(2, shape).text(8, markdown);
    return new ProtobufMessage()
        .message(1, new ProtobufMessage().text(1, tag).message(9, plugin).message(8, tensor));
  }

  private void write(long step, ProtobufMessage summary) {
    write(() -> file.write(EventFile.event(step).message(5, summary)));
  }

  /** Writes to a file. */
  @FunctionalInterface
  private interface Writing {
    void run() throws IOException;
  }

  private static void write(Writing writing) {
    try {
      writing.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    if (file != null) {
      write(file::close);
    }
  }
}
