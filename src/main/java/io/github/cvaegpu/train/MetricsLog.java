// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.Digests;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.RegularFile.Links;
import io.github.cvaegpu.UnwritableException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * {@code metrics.csv}: a row a training step. Numbers are floats in their shortest decimal form,
 * which reads back to the same bits.
 *
 * <p>While it is open it is locked, beside the folder's lock: that one's file can be removed by
 * somebody who takes it for a leftover, this one not without the run's noticing.
 *
 * <p>As an observer it takes a row a step and lets other programs see them an epoch at a time; what
 * cannot be written is thrown as an {@link UncheckedIOException}.
 */
public final class MetricsLog implements RunObserver, AutoCloseable {
  /** The first line. Losses are nats per image; step and epoch count from 1. */
  static final String HEADER = "step,epoch,rl,kl,beta";

  private static final Pattern NUMBER = Pattern.compile("-?(\\d+\\.\\d+(E-?\\d+)?|Infinity)|NaN");

  private static final int COLUMNS = 5;

  private static final int MAX_DIGITS = 38;

  /** Rows between two questions whether to stop. */
  private static final int STOP_ROWS = 4096;

  /** What is left to do where a run has no log to go on with. */
  private static final String ADVICE =
      "; the run cannot go on without it, but evaluate still works on its checkpoint, and train"
          + " with another --out starts a new run.";

  private final Path file;
  private final FileChannel channel;
  private final MessageDigest digest;
  private final Optional<Object> identity;
  private final OutputStream out;
  private final StringBuilder row = new StringBuilder();

  private MetricsLog(Path file, FileChannel channel, MessageDigest digest) throws IOException {
    this.file = file;
    this.channel = channel;
    this.digest = digest;
    identity = RegularFile.identity(file);
    out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
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
   * @throws InputException if there are fewer rows than that, if one of them is not the finite
   *     numbers of its step, if they have another checksum, if the file is no log, no regular file
   *     or is in use
   */
  public static Optional<MetricsLog> open(
      Path file, long rows, Optional<String> sha256, BooleanSupplier stopRequested)
      throws IOException {
    if (rows > 0 && !RegularFile.isTaken(file)) {
      throw tooFewRows(file, rows);
    }
    FileChannel channel = RegularFile.openToWrite(file);
    boolean opened = false;
    try {
      if (!RunDirectory.lock(channel)) {
        throw RunDirectory.inUse(file.toAbsolutePath().getParent());
      }
      var lines = new LogLines(file, Channels.newInputStream(channel));
      Optional<MessageDigest> digest = digestOf(file, lines, rows, stopRequested);
      if (digest.isEmpty()) {
        return Optional.empty();
      }
      if (sha256.isPresent() && !sha256.get().equals(hex(digest.get()))) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "%s is not what was written to it: its first %,d steps do not have the checksum"
                    + " that the checkpoint beside it records%s",
                file,
                rows,
                ADVICE));
      }
      channel.truncate(lines.offset());
      channel.position(lines.offset());
      var log = new MetricsLog(file, channel, digest.get());
      if (lines.offset() == 0) {
        // At once: a log of no steps is one that a killed run left before its first checkpoint.
        log.write(HEADER + "\n");
        log.force();
      }
      opened = true;
      return Optional.of(log);
    } finally {
      if (!opened) {
        channel.close();
      }
    }
  }

  /**
   * Reads the header and the rows to keep, and no further; of a log that is to begin anew nothing.
   *
   * @return of what was read; empty if it was asked to stop
   */
  private static Optional<MessageDigest> digestOf(
      Path file, LogLines lines, long rows, BooleanSupplier stopRequested) throws IOException {
    String header = lines.next();
    boolean lacksHeader = header == null || (!lines.isWhole() && HEADER.startsWith(header));
    if (!lacksHeader && !(lines.isWhole() && HEADER.equals(header))) {
      throw noHeader(file);
    }
    for (long step = 1; step <= rows; step++) {
      String line = lacksHeader ? null : lines.next();
      if (line == null || !lines.isWhole()) {
        throw tooFewRows(file, rows);
      }
      if (!isRowOf(step, line)) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "Line %d of %s is not the row of step %d%s",
                step + 1,
                file,
                step,
                ADVICE));
      }
      if (step % STOP_ROWS == 0 && stopRequested.getAsBoolean()) {
        return Optional.empty();
      }
    }
    return Optional.of(lines.digest());
  }

  private static InputException tooFewRows(Path file, long rows) {
    return new InputException(
        String.format(
            Locale.ROOT,
            "%s does not have the %d steps that the checkpoint beside it has done%s",
            file,
            rows,
            ADVICE));
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
    return isPlainDecimal(line, from, end) || Float.isFinite(number(line.substring(from, end)));
  }

  /** As Java writes them: {@code parseFloat} takes white space, suffixes and other bases too. */
  private static float number(String text) {
    if (!NUMBER.matcher(text).matches()) {
      throw new NumberFormatException(text);
    }
    return Float.parseFloat(text);
  }

  /** True for nearly all numbers of a log; parsing each would delay a long run by half a second. */
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

  private static InputException noHeader(Path file) {
    return new InputException("%s does not begin with '%s'.".formatted(file, HEADER));
  }

  /** Appends a row; it may stay in memory until {@link #force}. */
  @Override
  public void step(StepReport report) {
    row.setLength(0);
    row.append(report.step()).append(',').append(report.epoch());
    row.append(',').append(report.rl()).append(',').append(report.kl());
    row.append(',').append(report.beta()).append('\n');
    try {
      write(row.toString());
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

  private void write(String line) throws IOException {
    byte[] bytes = line.getBytes(StandardCharsets.US_ASCII);
    digest.update(bytes);
    out.write(bytes);
  }

  /** SHA-256 of the header and all rows so far, lower-case hex: of the file's bytes. */
  String sha256() {
    return hex(digest);
  }

  /**
   * Makes sure that what is written here is what is found under the file's name.
   *
   * @throws UnwritableException if the file was removed or replaced
   */
  void requireInPlace() throws IOException {
    if (!RegularFile.isTaken(file) || !RegularFile.identity(file).equals(identity)) {
      throw new UnwritableException(
          "%s was removed or replaced while the run was writing to it, and the steps since then with"
                  .formatted(file)
              + " it"
              + ADVICE,
          null);
    }
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
   * Reads what was written, from the file.
   *
   * @param sink told of each row
   * @throws UnwritableException if the file does not hold what was written to it
   */
  void read(Consumer<StepReport> sink) throws IOException {
    flush();
    // Through the open file: to open another and close it would give up the lock on Linux.
    var lines = new LogLines(file, new ChannelStream(channel, 0, Long.MAX_VALUE));
    readLines(file, lines, sink);
    if (!hex(lines.digest()).equals(sha256())) {
      throw new UnwritableException(
          "%s was changed while the run was writing to it%s".formatted(file, ADVICE), null);
    }
  }

  /**
   * Reads a log.
   *
   * @param file a log
   * @param sink told of each row; may refuse one with an IllegalArgumentException
   * @throws InputException if a line is no row, or is refused
   */
  public static void read(Path file, Consumer<StepReport> sink) throws IOException {
    try (InputStream in = RegularFile.newInputStream(file, Links.REFUSED)) {
      readLines(file, new LogLines(file, in), sink);
    }
  }

  private static void readLines(Path file, LogLines lines, Consumer<StepReport> sink)
      throws IOException {
    if (!HEADER.equals(lines.next())) {
      throw noHeader(file);
    }
    for (String line = lines.next(); line != null; line = lines.next()) {
      parse(file, lines, line, sink);
    }
  }

  /**
   * Reads a log that a process may be writing, or was killed while it did: a last line without its
   * end is left out, and a log of which not even the first line is whole has no rows.
   *
   * @param file a log
   * @param sink told of each whole row; may refuse one with an IllegalArgumentException
   * @return whether there was such a line
   * @throws InputException if a whole line is no row, or is refused
   */
  public static boolean readWholeRows(Path file, Consumer<StepReport> sink) throws IOException {
    try (InputStream in = RegularFile.newInputStream(file, Links.REFUSED)) {
      var lines = new LogLines(file, in);
      String header = lines.next();
      if (header == null || (!lines.isWhole() && HEADER.startsWith(header))) {
        return header != null;
      }
      if (!HEADER.equals(header)) {
        throw noHeader(file);
      }
      for (String line = lines.next(); line != null && lines.isWhole(); line = lines.next()) {
        parse(file, lines, line, sink);
      }
      return !lines.isWhole();
    }
  }

  /**
   * SHA-256 of the header and the first rows of a log, as {@link #sha256()} was after them.
   *
   * @return empty if there are not as many rows
   */
  static Optional<String> sha256(Path file, long rows) throws IOException {
    try (InputStream in = RegularFile.newInputStream(file, Links.REFUSED)) {
      var lines = new LogLines(file, in);
      for (long line = 0; line <= rows; line++) {
        if (lines.next() == null || !lines.isWhole()) {
          return Optional.empty();
        }
      }
      return Optional.of(hex(lines.digest()));
    }
  }

  /** What a digest comes to so far; it can be told more. */
  private static String hex(MessageDigest digest) {
    return Digests.hex(Digests.copy(digest));
  }

  private static void parse(Path file, LogLines lines, String line, Consumer<StepReport> sink) {
    try {
      String[] fields = line.split(",", -1);
      if (fields.length != COLUMNS) {
        throw new IllegalArgumentException(fields.length + " fields");
      }
      sink.accept(
          new StepReport(
              Long.parseLong(fields[0]),
              Integer.parseInt(fields[1]),
              number(fields[2]),
              number(fields[3]),
              number(fields[4])));
    } catch (IllegalArgumentException e) {
      throw new InputException(
          String.format(Locale.ROOT, "Line %d of %s is no row.", lines.number(), file), e);
    }
  }
}
