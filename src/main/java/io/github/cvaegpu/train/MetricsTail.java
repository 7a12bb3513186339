// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.RegularFile.Links;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Reads {@code metrics.csv} while another process appends to it: each row once. A log that was cut
 * or replaced, as one is that goes on from a checkpoint, is read from its beginning again. So is
 * one whose next line is not the row that is due, since that may be the middle of another log; if
 * the line is still there then, the log is damaged.
 *
 * <p>Not for the process that trains: to close a file that it has locked gives the lock up.
 */
public final class MetricsTail {
  /** A row has no more bytes than a line may have, and rarely a quarter of that. */
  private static final int MOST_OF_END = 1 << 14;

  private final Path file;
  private Optional<Object> identity = Optional.empty();
  private long offset;
  private long step;
  private Fault fault = Fault.NONE;

  /**
   * @param file a log, which need not be there yet
   */
  public MetricsTail(Path file) {
    this.file = file;
  }

  /**
   * A line that was not the row that was due, for which the log is read again.
   *
   * @param offset where it begins, bytes
   * @param line empty if it is too long to be a row
   */
  private record Fault(long offset, String line) {
    static final Fault NONE = new Fault(-1, "");
  }

  /** There is such a line. */
  private static final class FaultException extends InputException {
    private static final long serialVersionUID = 1L;

    private final String line;

    FaultException(String message, String line, Throwable cause) {
      super(message, cause);
      this.line = line;
    }
  }

  /** Takes rows. */
  public interface Sink {
    /** The rows so far are void: those of the log's beginning follow. */
    void restarts();

    /** The next row. */
    void row(StepReport report);
  }

  /**
   * Reads what is new.
   *
   * @param sink told of it
   * @param most bytes to read now
   * @return whether there may be more to read already
   * @throws InputException if the log, read from its beginning once more, still has a line that is
   *     not the row of the next step; also if its first line is not a log's
   */
  public boolean read(Sink sink, long most) throws IOException {
    if (!RegularFile.isTaken(file)) {
      if (offset > 0) {
        restart(sink);
      }
      return false;
    }
    try (FileChannel channel = RegularFile.openToRead(file, Links.REFUSED)) {
      Optional<Object> now = RegularFile.identity(file);
      if (offset > 0 && (!now.equals(identity) || channel.size() < offset)) {
        restart(sink);
      }
      identity = now;
      return read(channel, sink, most);
    }
  }

  private void restart(Sink sink) {
    offset = 0;
    step = 0;
    sink.restarts();
  }

  private boolean read(FileChannel channel, Sink sink, long most) throws IOException {
    long end = Math.min(channel.size(), offset + most);
    if (end <= offset) {
      return false;
    }
    try {
      readLines(channel, end, sink);
      return end < channel.size();
    } catch (FaultException e) {
      var found = new Fault(offset, e.line);
      if (found.equals(fault)) {
        throw e;
      }
      // It was cut or replaced and has grown since the last look, or it is damaged.
      restart(sink);
      fault = found;
      return true;
    }
  }

  private void readLines(FileChannel channel, long end, Sink sink) throws IOException {
    long from = offset;
    var lines = new LogLines(file, new ChannelStream(channel, from, end));
    for (String line = next(lines); line != null && lines.isWhole(); line = next(lines)) {
      if (offset == 0) {
        if (!line.equals(MetricsLog.HEADER)) {
          throw new InputException(
              "%s is no log of steps: its first line is not %s."
                  .formatted(file, MetricsLog.HEADER));
        }
      } else {
        StepReport report = row(line);
        step = report.step();
        sink.row(report);
      }
      offset = from + lines.offset();
      if (offset > fault.offset()) {
        // All is well there by now: what is found there later is another fault.
        fault = Fault.NONE;
      }
    }
  }

  private String next(LogLines lines) throws IOException {
    try {
      return lines.next();
    } catch (InputException e) {
      // Its number would be counted from where this reading has begun.
      throw offset == 0 ? e : noRow("", e);
    }
  }

  /** The row of the step that is due. */
  private StepReport row(String line) {
    StepReport report;
    try {
      report = MetricsLog.row(line);
    } catch (IllegalArgumentException e) {
      throw noRow(line, e);
    }
    if (report.step() != step + 1) {
      throw new FaultException(
          String.format(
              Locale.ROOT,
              report.step() > step
                  ? "Steps are missing in %s after step %d: the next line is of step %d."
                  : "The line of %s after step %d is of step %d.",
              file,
              step,
              report.step()),
          line,
          null);
    }
    return report;
  }

  private FaultException noRow(String line, RuntimeException cause) {
    return new FaultException(
        String.format(Locale.ROOT, "The line of %s after step %d is no row.", file, step),
        line,
        cause);
  }

  /**
   * The last whole rows of a log, read from its end alone.
   *
   * @param most how many at most; there may be fewer than asked for where rows are long
   * @return first to last; empty where there are none, or the end is not that of a log
   */
  public static List<StepReport> last(Path file, int most) throws IOException {
    if (!RegularFile.isTaken(file)) {
      return List.of();
    }
    List<StepReport> rows = new ArrayList<>();
    try (FileChannel channel = RegularFile.openToRead(file, Links.REFUSED)) {
      long size = channel.size();
      long from = Math.max(0, size - MOST_OF_END);
      var lines = new LogLines(file, new ChannelStream(channel, from, size));
      // The header, or what is left of a row that began before.
      lines.next();
      for (String line = lines.next(); line != null && lines.isWhole(); line = lines.next()) {
        rows.add(MetricsLog.row(line));
      }
    } catch (IllegalArgumentException | InputException e) {
      return List.of();
    }
    return rows.subList(Math.max(0, rows.size() - most), rows.size());
  }
}
