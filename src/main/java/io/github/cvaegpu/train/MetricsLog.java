// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.InputException;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * {@code metrics.csv}: a row a training step. Numbers are floats in their shortest decimal form,
 * which reads back to the same bits.
 */
public final class MetricsLog implements AutoCloseable {
  /** The first line. Losses are nats per image; step and epoch count from 1. */
  public static final String HEADER = "step,epoch,rl,kl,beta";

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
   * Opens a log to append to.
   *
   * @param file made if absent
   * @param rows rows to keep; those after are cut off, as a run that goes on from a checkpoint
   *     writes them again
   * @throws InputException if there are fewer rows than that, or the file is no log
   */
  public static MetricsLog open(Path file, long rows) throws IOException {
    long end = Files.exists(file) ? offsetAfter(file, rows) : -1;
    if (end >= 0) {
      requireHeader(file);
    }
    if (end < 0 && rows > 0) {
      throw new InputException(
          "%s does not have the %d steps that the checkpoint beside it has done."
              .formatted(file, rows));
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
      String line = in.readLine();
      if (!HEADER.equals(line)) {
        throw noHeader(file);
      }
      long number = 1;
      for (line = in.readLine(); line != null; line = in.readLine()) {
        number++;
        String[] fields = line.split(",", -1);
        try {
          sink.accept(
              Long.parseLong(fields[0]),
              Integer.parseInt(fields[1]),
              Float.parseFloat(fields[2]),
              Float.parseFloat(fields[3]),
              Float.parseFloat(fields[4]));
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
          throw new InputException("Line %d of %s is no row.".formatted(number, file), e);
        }
      }
    }
  }
}
