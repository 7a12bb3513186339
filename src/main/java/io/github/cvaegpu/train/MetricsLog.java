// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * {@code metrics.csv}: a row a training step. Numbers are floats in their shortest decimal form,
 * which reads back to the same bits.
 *
 * <p>As an observer it takes a row a step and lets other programs see them an epoch at a time; what
 * cannot be written is thrown as an {@link UncheckedIOException}.
 */
public final class MetricsLog implements RunObserver, AutoCloseable {
  /** The first line. Losses are nats per image; step and epoch count from 1. */
  static final String HEADER = "step,epoch,rl,kl,beta";

  private static final Steps FORMAT = new Steps();

  private final RowLog<StepReport> log;

  private MetricsLog(RowLog<StepReport> log) {
    this.log = log;
  }

  /**
   * Opens a log to append to. The rows to keep are checked now: a bad one found by who reads them
   * after the last epoch would come too late.
   *
   * @param file made if absent
   * @param rows rows to keep; those after are cut off, as a run that goes on from a checkpoint
   *     writes them again
   * @param sha256 what {@link #sha256()} was after as many rows; empty if that is not known
   * @param stopRequested asked while there are many rows to read
   * @return empty if it was asked to stop; the file is as it was
   * @throws io.github.cvaegpu.InputException if there are fewer rows than that, if one of them is
   *     not the finite numbers of its step, if they have another checksum, if the file is no log,
   *     no regular file or is in use
   */
  public static Optional<MetricsLog> open(
      Path file, long rows, Optional<String> sha256, BooleanSupplier stopRequested)
      throws IOException {
    return RowLog.open(FORMAT, file, rows, sha256, stopRequested).map(MetricsLog::new);
  }

  /** Appends a row; it may stay in memory until {@link #force}. */
  @Override
  public void step(StepReport report) {
    try {
      log.append(report);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Lets other programs see the rows so far. */
  @Override
  public void epoch(EpochReport report) {
    try {
      flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** SHA-256 of the header and all rows so far, lower-case hex: of the file's bytes. */
  String sha256() {
    return log.sha256();
  }

  /**
   * Makes sure that what is written here is what is found under the file's name.
   *
   * @throws io.github.cvaegpu.UnwritableException if the file was removed or replaced
   */
  void requireInPlace() throws IOException {
    log.requireInPlace();
  }

  /** Hands all rows to the operating system, so that other programs see them. */
  void flush() throws IOException {
    log.flush();
  }

  /** Makes all rows durable: they are there after a power cut. */
  void force() throws IOException {
    log.force();
  }

  @Override
  public void close() throws IOException {
    log.close();
  }

  /**
   * Reads what was written, from the file.
   *
   * @param sink told of each row
   * @throws io.github.cvaegpu.UnwritableException if the file does not hold what was written to it
   */
  void read(Consumer<StepReport> sink) throws IOException {
    log.read(sink);
  }

  /**
   * Reads a log.
   *
   * @param file a log
   * @param sink told of each row; may refuse one with an IllegalArgumentException
   * @throws io.github.cvaegpu.InputException if a line is no row, or is refused
   */
  public static void read(Path file, Consumer<StepReport> sink) throws IOException {
    RowLog.read(FORMAT, file, sink);
  }

  /**
   * Reads a log that a process may be writing, or was killed while it did: a last line without its
   * end is left out, and a log of which not even the first line is whole has no rows.
   *
   * @param file a log
   * @param sink told of each whole row; may refuse one with an IllegalArgumentException
   * @return whether there was such a line
   * @throws io.github.cvaegpu.InputException if a whole line is no row, or is refused
   */
  public static boolean readWholeRows(Path file, Consumer<StepReport> sink) throws IOException {
    return RowLog.readWholeRows(FORMAT, file, sink);
  }

  /**
   * Reads a row.
   *
   * @throws IllegalArgumentException if the line is none
   */
  static StepReport row(String line) {
    return FORMAT.parse(line);
  }

  /**
   * SHA-256 of the header and the first rows of a log, as {@link #sha256()} was after them.
   *
   * @return empty if there are not as many rows
   */
  static Optional<String> sha256(Path file, long rows) throws IOException {
    return RowLog.sha256(file, rows);
  }

  /** A row a step. */
  private static final class Steps implements RowLog.Format<StepReport> {
    private static final int COLUMNS = 5;

    private static final int MAX_DIGITS = 38;

    @Override
    public String header() {
      return HEADER;
    }

    @Override
    public String unit() {
      return "step";
    }

    @Override
    public void append(StepReport report, StringBuilder line) {
      line.append(report.step()).append(',').append(report.epoch());
      line.append(',').append(report.rl()).append(',').append(report.kl());
      line.append(',').append(report.beta());
    }

    /** Of finite numbers. */
    @Override
    public boolean isRowOf(long step, String line) {
      try {
        int from = 0;
        for (int column = 0; column < COLUMNS; column++) {
          int comma = line.indexOf(',', from);
          boolean last = column == COLUMNS - 1;
          if (last != (comma < 0)) {
            return false;
          }
          int end = last ? line.length() : comma;
          boolean good =
              switch (column) {
                case 0 -> Long.parseLong(line, from, end, 10) == step;
                case 1 -> Integer.parseInt(line, from, end, 10) >= 1;
                default -> isFinite(line, from, end);
              };
          if (!good) {
            return false;
          }
          from = end + 1;
        }
        return true;
      } catch (NumberFormatException e) {
        return false;
      }
    }

    private static boolean isFinite(String line, int from, int end) {
      return isPlainDecimal(line, from, end) || Float.isFinite(number(line.substring(from, end)));
    }

    private static float number(String text) {
      return Float.parseFloat(isPlainDecimal(text, 0, text.length()) ? text : RowLog.number(text));
    }

    /**
     * True for nearly all numbers of a log; parsing each would delay a long run by half a second.
     */
    private static boolean isPlainDecimal(String line, int from, int end) {
      int digits = 0;
      int points = 0;
      for (int i = from; i < end; i++) {
        char c = line.charAt(i);
        if (c >= '0' && c <= '9') {
          digits++;
        } else if (c == '.' && digits > 0) {
          points++;
        } else if (c != '-' || i > from) {
          return false;
        }
      }
      // No more digits than a float can have before its point, so it cannot overflow.
      return digits <= MAX_DIGITS && points == 1 && line.charAt(end - 1) != '.';
    }

    @Override
    public StepReport parse(String line) {
      String[] fields = RowLog.fields(line, COLUMNS);
      return new StepReport(
          Long.parseLong(fields[0]),
          Integer.parseInt(fields[1]),
          number(fields[2]),
          number(fields[3]),
          number(fields[4]));
    }
  }
}
