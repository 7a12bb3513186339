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
 * A log of a run: a CSV file to which row after row is appended, one for each step or each epoch.
 *
 * <p>While it is open it is locked, beside the folder's lock: that one's file can be removed by
 * somebody who takes it for a leftover, this one not without the run's noticing.
 *
 * @param <R> a row
 */
final class RowLog<R> implements AutoCloseable {
  /** Rows between two questions whether to stop. */
  private static final int STOP_ROWS = 4096;

  /** What is left to do where a run has no log to go on with. */
  private static final String ADVICE =
      "; the run cannot go on without it, but evaluate still works on its checkpoint, and train"
          + " with another --out starts a new run.";

  /**
   * How a log's rows are written and read.
   *
   * @param <R> a row
   */
  interface Format<R> {
    /** The first line. */
    String header();

    /** What there is a row of, one word, whose plural ends in s. */
    String unit();

    /** Appends a row without its end. */
    void append(R row, StringBuilder line);

    /** Whether a line is the row of a step or an epoch, from 1, and can be gone on with. */
    boolean isRowOf(long number, String line);

    /**
     * Reads a row.
     *
     * @throws IllegalArgumentException if the line is none
     */
    R parse(String line);
  }

  /** As Java writes them: its parsers take white space, suffixes and other bases too. */
  private static final Pattern NUMBER = Pattern.compile("-?(\\d+\\.\\d+(E-?\\d+)?|Infinity)|NaN");

  /**
   * The fields of a row.
   *
   * @throws IllegalArgumentException if they are not as many
   */
  static String[] fields(String line, int columns) {
    String[] fields = line.split(",", -1);
    if (fields.length != columns) {
      throw new IllegalArgumentException(fields.length + " fields");
    }
    return fields;
  }

  /**
   * The text of a floating-point number.
   *
   * @throws NumberFormatException if it is none as Java writes them
   */
  static String number(String text) {
    if (!NUMBER.matcher(text).matches()) {
      throw new NumberFormatException(text);
    }
    return text;
  }

  private final Format<R> format;
  private final Path file;
  private final FileChannel channel;
  private final MessageDigest digest;
  private final Optional<Object> identity;
  private final OutputStream out;
  private final StringBuilder row = new StringBuilder();

  private RowLog(Format<R> format, Path file, FileChannel channel, MessageDigest digest)
      throws IOException {
    this.format = format;
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
   * @param format of its rows
   * @param file made if absent
   * @param rows rows to keep; those after are cut off, as a run that goes on from a checkpoint
   *     writes them again
   * @param sha256 what {@link #sha256()} was after as many rows; empty if that is not known
   * @param stopRequested asked while there are many rows to read
   * @return empty if it was asked to stop; the file is as it was
   * @throws InputException if there are fewer rows than that, if one of them is not that of its
   *     step or epoch, if they have another checksum, if the file is no log, no regular file or is
   *     in use
   */
  static <R> Optional<RowLog<R>> open(
      Format<R> format,
      Path file,
      long rows,
      Optional<String> sha256,
      BooleanSupplier stopRequested)
      throws IOException {
    if (rows > 0 && !RegularFile.isTaken(file)) {
      throw tooFewRows(format, file, rows);
    }
    FileChannel channel = RegularFile.openToWrite(file);
    boolean opened = false;
    try {
      if (!RunDirectory.lock(channel)) {
        throw RunDirectory.inUse(file.toAbsolutePath().getParent());
      }
      var lines = new LogLines(file, Channels.newInputStream(channel));
      Optional<MessageDigest> digest = digestOf(format, file, lines, rows, stopRequested);
      if (digest.isEmpty()) {
        return Optional.empty();
      }
      if (sha256.isPresent() && !sha256.get().equals(hex(digest.get()))) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "%s is not what was written to it: its first %,d %ss do not have the checksum"
                    + " that the checkpoint beside it records%s",
                file,
                rows,
                format.unit(),
                ADVICE));
      }
      channel.truncate(lines.offset());
      channel.position(lines.offset());
      var log = new RowLog<>(format, file, channel, digest.get());
      if (lines.offset() == 0) {
        // At once: a log of no steps is one that a killed run left before its first checkpoint.
        log.write(format.header() + "\n");
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
      Format<?> format, Path file, LogLines lines, long rows, BooleanSupplier stopRequested)
      throws IOException {
    String header = lines.next();
    boolean lacksHeader =
        header == null || (!lines.isWhole() && format.header().startsWith(header));
    if (!lacksHeader && !(lines.isWhole() && format.header().equals(header))) {
      throw noHeader(format, file);
    }
    for (long number = 1; number <= rows; number++) {
      String line = lacksHeader ? null : lines.next();
      if (line == null || !lines.isWhole()) {
        throw tooFewRows(format, file, rows);
      }
      if (!format.isRowOf(number, line)) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "Line %d of %s is not the row of %s %d%s",
                number + 1,
                file,
                format.unit(),
                number,
                ADVICE));
      }
      if (number % STOP_ROWS == 0 && stopRequested.getAsBoolean()) {
        return Optional.empty();
      }
    }
    return Optional.of(lines.digest());
  }

  private static InputException tooFewRows(Format<?> format, Path file, long rows) {
    return new InputException(
        String.format(
            Locale.ROOT,
            "%s does not have the %d %ss that the checkpoint beside it has done%s",
            file,
            rows,
            format.unit(),
            ADVICE));
  }

  private static InputException noHeader(Format<?> format, Path file) {
    return new InputException("%s does not begin with '%s'.".formatted(file, format.header()));
  }

  /** Appends a row; it may stay in memory until {@link #force}. */
  void append(R added) throws IOException {
    row.setLength(0);
    format.append(added, row);
    write(row.append('\n').toString());
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
          "%s was removed or replaced while the run was writing to it, and the %ss since then with"
                  .formatted(file, format.unit())
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
  void read(Consumer<? super R> sink) throws IOException {
    flush();
    // Through the open file: to open another and close it would give up the lock on Linux.
    var lines = new LogLines(file, new ChannelStream(channel, 0, Long.MAX_VALUE));
    readLines(format, file, lines, sink);
    if (!hex(lines.digest()).equals(sha256())) {
      throw new UnwritableException(
          "%s was changed while the run was writing to it%s".formatted(file, ADVICE), null);
    }
  }

  /**
   * Reads a log.
   *
   * @param format of its rows
   * @param file a log
   * @param sink told of each row; may refuse one with an IllegalArgumentException
   * @throws InputException if a line is no row, or is refused
   */
  static <R> void read(Format<R> format, Path file, Consumer<? super R> sink) throws IOException {
    try (InputStream in = RegularFile.newInputStream(file, Links.REFUSED)) {
      readLines(format, file, new LogLines(file, in), sink);
    }
  }

  private static <R> void readLines(
      Format<R> format, Path file, LogLines lines, Consumer<? super R> sink) throws IOException {
    if (!format.header().equals(lines.next())) {
      throw noHeader(format, file);
    }
    for (String line = lines.next(); line != null; line = lines.next()) {
      parse(format, file, lines, line, sink);
    }
  }

  /**
   * Reads a log that a process may be writing, or was killed while it did: a last line without its
   * end is left out, and a log of which not even the first line is whole has no rows.
   *
   * @param format of its rows
   * @param file a log
   * @param sink told of each whole row; may refuse one with an IllegalArgumentException
   * @return whether there was such a line
   * @throws InputException if a whole line is no row, or is refused
   */
  static <R> boolean readWholeRows(Format<R> format, Path file, Consumer<? super R> sink)
      throws IOException {
    try (InputStream in = RegularFile.newInputStream(file, Links.REFUSED)) {
      var lines = new LogLines(file, in);
      String header = lines.next();
      if (header == null || (!lines.isWhole() && format.header().startsWith(header))) {
        return header != null;
      }
      if (!format.header().equals(header)) {
        throw noHeader(format, file);
      }
      for (String line = lines.next(); line != null && lines.isWhole(); line = lines.next()) {
        parse(format, file, lines, line, sink);
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

  private static <R> void parse(
      Format<R> format, Path file, LogLines lines, String line, Consumer<? super R> sink) {
    try {
      sink.accept(format.parse(line));
    } catch (IllegalArgumentException e) {
      throw new InputException(
          String.format(Locale.ROOT, "Line %d of %s is no row.", lines.number(), file), e);
    }
  }
}
