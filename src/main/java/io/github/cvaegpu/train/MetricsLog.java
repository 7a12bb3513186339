// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.InputException;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringReader;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;

/**
 * {@code metrics.csv}: a row a training step. Numbers are floats in their shortest decimal form,
 * which reads back to the same bits.
 */
public final class MetricsLog implements AutoCloseable {
  /** The first line. Losses are nats per image; step and epoch count from 1. */
  public static final String HEADER = "step,epoch,rl,kl,beta";

  private static final int COLUMNS = 5;

  private static final int MAX_DIGITS = 38;

  /** What is left to do where a run has no log to go on with. */
  private static final String ADVICE =
      "; the run cannot go on without it, but evaluate still works on its checkpoint, and train"
          + " with another --out starts a new run.";

  private final FileChannel channel;
  private final OutputStream out;
  private final StringBuilder row = new StringBuilder();

  /** One row. */
  @FunctionalInterface
  public interface RowSink {
    /** Called with each row in order. */
    void accept(long step, int epoch, float rl, float kl, float beta);
  }

  private MetricsLog(FileChannel channel) {
    this.channel = channel;
    out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
  }

  /**
   * Opens a log to append to. The rows to keep are checked now: a bad one found by who reads them
   * after the last epoch would come too late.
   *
   * @param file made if absent
   * @param rows rows to keep; those after are cut off, as a run that goes on from a checkpoint
   *     writes them again
   * @throws InputException if there are fewer rows than that, if one of them is not the finite
   *     numbers of its step, or the file is no log
   */
  public static MetricsLog open(Path file, long rows) throws IOException {
    long end = Files.exists(file) ? offsetAfter(file, rows) : -1;
    if (end >= 0) {
      requireHeader(file);
      requireRows(file, rows);
    }
    if (end < 0 && rows > 0) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s does not have the %d steps that the checkpoint beside it has done%s",
              file,
              rows,
              ADVICE));
    }
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    var log = new MetricsLog(channel);
    if (end < 0) {
      channel.truncate(0);
      log.out.write((HEADER + "\n").getBytes(StandardCharsets.US_ASCII));
    } else {
      channel.truncate(end);
      channel.position(end);
    }
    return log;
  }

  private static void requireRows(Path file, long rows) throws IOException {
    try (BufferedReader in = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      in.readLine(); // The header, which has been checked.
      for (long step = 1; step <= rows; step++) {
        String line = in.readLine();
        if (line == null || !isRowOf(step, line)) {
          throw new InputException(
              String.format(
                  Locale.ROOT,
                  "Line %d of %s is not the row of step %d%s",
                  step + 1,
                  file,
                  step,
                  ADVICE));
        }
      }
    }
  }

  private static boolean isRowOf(long step, String line) {
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
    return isPlainDecimal(line, from, end)
        || Float.isFinite(Float.parseFloat(line.substring(from, end)));
  }

  /** True for nearly all numbers of a log; parsing each would delay a long run by half a second. */
  private static boolean isPlainDecimal(String line, int from, int end) {
    int digits = 0;
    int points = 0;
    for (int i = from; i < end; i++) {
      char c = line.charAt(i);
      if (c >= '0' && c <= '9') {
        digits++;
      } else if (c == '.') {
        points++;
      } else if (c != '-' || i > from) {
        return false;
      }
    }
    // No more digits than a float can have before its point, so it cannot overflow.
    return digits > 0 && digits <= MAX_DIGITS && points <= 1;
  }

  private static void requireHeader(Path file) throws IOException {
    byte[] expected = (HEADER + "\n").getBytes(StandardCharsets.US_ASCII);
    try (InputStream in = Files.newInputStream(file)) {
      if (!Arrays.equals(expected, in.readNBytes(expected.length))) {
        throw noHeader(file);
      }
    }
  }

  private static InputException noHeader(Path file) {
    return new InputException("%s does not begin with '%s'.".formatted(file, HEADER));
  }

  /** Byte offset after the header and a number of rows, or -1 where there are not as many. */
  private static long offsetAfter(Path file, long rows) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buffer = new byte[1 << 16];
      long base = 0;
      long lines = 0;
      for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
        for (int i = 0; i < n; i++) {
          if (buffer[i] == '\n') {
            lines++;
            if (lines == rows + 1) {
              return base + i + 1;
            }
          }
        }
        base += n;
      }
      return -1;
    }
  }

  /** Appends a row; it may stay in memory until {@link #force}. */
  void append(long step, int epoch, float rl, float kl, float beta) throws IOException {
    row.setLength(0);
    row.append(step).append(',').append(epoch).append(',').append(rl).append(',').append(kl);
    row.append(',').append(beta).append('\n');
    out.write(row.toString().getBytes(StandardCharsets.US_ASCII));
  }

  /** Hands all rows to the operating system, so that other programs see them. */
  void flush() throws IOException {
    out.flush();
  }

  /** Makes all rows durable: they are there after a power cut. */
  void force() throws IOException {
    out.flush();
    channel.force(false);
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      out.flush();
    }
  }

  /**
   * Reads a log.
   *
   * @param file a log
   * @param sink told of each row; may refuse one with an IllegalArgumentException
   * @throws InputException if a line is no row, or is refused
   */
  public static void read(Path file, RowSink sink) throws IOException {
    try (BufferedReader in = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      readLines(file, in, sink);
    }
  }

  /**
   * Reads a log that a process may be writing, or was killed while it did: a last line without its
   * end is left out.
   *
   * @param file a log
   * @param sink told of each whole row; may refuse one with an IllegalArgumentException
   * @return whether there was such a line
   * @throws InputException if a whole line is no row, or is refused
   */
  public static boolean readWholeRows(Path file, RowSink sink) throws IOException {
    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
    int end = text.lastIndexOf('\n') + 1;
    try (var in = new BufferedReader(new StringReader(text.substring(0, end)))) {
      readLines(file, in, sink);
    }
    return end < text.length();
  }

  private static void readLines(Path file, BufferedReader in, RowSink sink) throws IOException {
    String line = in.readLine();
    if (!HEADER.equals(line)) {
      throw noHeader(file);
    }
    long number = 1;
    for (line = in.readLine(); line != null; line = in.readLine()) {
      number++;
      try {
        parse(line, sink);
      } catch (IllegalArgumentException e) {
        throw new InputException(
            String.format(Locale.ROOT, "Line %d of %s is no row.", number, file), e);
      }
    }
  }

  private static void parse(String line, RowSink sink) {
    String[] fields = line.split(",", -1);
    if (fields.length != COLUMNS) {
      throw new IllegalArgumentException(fields.length + " fields");
    }
    sink.accept(
        Long.parseLong(fields[0]),
        Integer.parseInt(fields[1]),
        Float.parseFloat(fields[2]),
        Float.parseFloat(fields[3]),
        Float.parseFloat(fields[4]));
  }
}
