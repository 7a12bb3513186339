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
 * or replaced, as one is that goes on from a checkpoint, is read from its beginning again.
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

  /**
   * @param file a log, which need not be there yet
   */
  public MetricsTail(Path file) {
    this.file = file;
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
   * @throws InputException if a line is no row
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
    long from = offset;
    long end = Math.min(channel.size(), from + most);
    if (end <= from) {
      return false;
    }
    var lines = new LogLines(file, new ChannelStream(channel, from, end));
    for (String line = lines.next(); line != null && lines.isWhole(); line = lines.next()) {
      if (offset == 0) {
        if (!line.equals(MetricsLog.HEADER)) {
          throw new InputException(
              "%s is no log of steps: its first line is not %s."
                  .formatted(file, MetricsLog.HEADER));
        }
      } else {
        StepReport report = row(line);
        if (report.step() != step + 1) {
          // It was cut and has grown again since the last look.
          restart(sink);
          return true;
        }
        step = report.step();
        sink.row(report);
      }
      offset = from + lines.offset();
    }
    return end < channel.size();
  }

  private StepReport row(String line) {
    try {
      return MetricsLog.row(line);
    } catch (IllegalArgumentException e) {
      throw new InputException(
          String.format(Locale.ROOT, "The line of %s after step %d is no row.", file, step), e);
    }
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
