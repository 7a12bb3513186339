// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * {@code validation.csv}: a row an epoch, a {@link ValidationRow}. Numbers are in their shortest
 * decimal form, which reads back to the same bits; {@code settled} is 1 or 0.
 */
public final class ValidationLog implements AutoCloseable {
  /** The first line. */
  static final String HEADER = "epoch,step,beta,rl,kl,elbo,settled";

  private static final Epochs FORMAT = new Epochs();

  private final RowLog<ValidationRow> log;

  private ValidationLog(RowLog<ValidationRow> log) {
    this.log = log;
  }

  /**
   * Opens a log to append to, as {@link MetricsLog#open} does.
   *
   * @param rows epochs to keep
   */
  static Optional<ValidationLog> open(
      Path file, long rows, Optional<String> sha256, BooleanSupplier stopRequested)
      throws IOException {
    return RowLog.open(FORMAT, file, rows, sha256, stopRequested).map(ValidationLog::new);
  }

  /** Appends a row, and lets other programs see it. */
  void append(ValidationRow row) throws IOException {
    log.append(row);
    log.flush();
  }

  /** SHA-256 of the header and all rows so far, lower-case hex: of the file's bytes. */
  String sha256() {
    return log.sha256();
  }

  /** See {@link MetricsLog#requireInPlace}. */
  void requireInPlace() throws IOException {
    log.requireInPlace();
  }

  /** Makes all rows durable: they are there after a power cut. */
  void force() throws IOException {
    log.force();
  }

  /** Reads what was written, from the file. */
  void read(Consumer<ValidationRow> sink) throws IOException {
    log.read(sink);
  }

  /**
   * Reads a log that a process may be writing, as {@link MetricsLog#readWholeRows} does.
   *
   * @return whether a last line without its end was left out
   */
  public static boolean readWholeRows(Path file, Consumer<ValidationRow> sink) throws IOException {
    return RowLog.readWholeRows(FORMAT, file, sink);
  }

  /** SHA-256 of the header and the first rows; empty if there are not as many. */
  static Optional<String> sha256(Path file, long rows) throws IOException {
    return RowLog.sha256(file, rows);
  }

  @Override
  public void close() throws IOException {
    log.close();
  }

  /** A row an epoch. */
  private static final class Epochs implements RowLog.Format<ValidationRow> {
    private static final int COLUMNS = 7;

    @Override
    public String header() {
      return HEADER;
    }

    @Override
    public String unit() {
      return "epoch";
    }

    @Override
    public void append(ValidationRow row, StringBuilder line) {
      line.append(row.epoch()).append(',').append(row.step()).append(',').append(row.beta());
      line.append(',').append(row.rl()).append(',').append(row.kl()).append(',').append(row.elbo());
      line.append(',').append(row.settled() ? 1 : 0);
    }

    @Override
    public boolean isRowOf(long number, String line) {
      try {
        ValidationRow row = parse(line);
        return row.epoch() == number && row.step() >= number && Float.isFinite(row.beta());
      } catch (IllegalArgumentException e) {
        return false;
      }
    }

    @Override
    public ValidationRow parse(String line) {
      String[] fields = RowLog.fields(line, COLUMNS);
      return new ValidationRow(
          Integer.parseInt(fields[0]),
          Long.parseLong(fields[1]),
          Float.parseFloat(RowLog.number(fields[2])),
          number(fields[3]),
          number(fields[4]),
          number(fields[5]),
          flag(fields[6]));
    }

    private static double number(String text) {
      return Double.parseDouble(RowLog.number(text));
    }

    private static boolean flag(String text) {
      if (!text.equals("0") && !text.equals("1")) {
        throw new NumberFormatException(text);
      }
      return text.equals("1");
    }
  }
}
