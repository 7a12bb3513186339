// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.Digests;
import io.github.cvaegpu.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Locale;

/**
 * The lines of a log, one after the other, in memory that does not depend on what the file holds:
 * no row is as long as {@value #MAX_LENGTH} bytes, so a longer line is refused when that many are
 * read. Keeps the SHA-256 of the whole lines so far, which is that of the file up to there.
 */
final class LogLines {
  static final int MAX_LENGTH = 256;

  private final Path file;
  private final InputStream in;
  private final MessageDigest digest = Digests.sha256();
  private final byte[] buffer = new byte[1 << 16];
  private int from;
  private int to;
  private long offset;
  private long number;
  private boolean whole = true;

  /**
   * @param file named in refusals
   * @param in its bytes; closed by the caller
   */
  LogLines(Path file, InputStream in) {
    this.file = file;
    this.in = in;
  }

  /**
   * The next line without its end, which may be that of Windows; null if there is none.
   *
   * @throws InputException if it is too long to be a row
   */
  String next() throws IOException {
    int end = from;
    while (true) {
      while (end < to && buffer[end] != '\n') {
        end++;
      }
      if (end - from > MAX_LENGTH) {
        throw new InputException(
            String.format(Locale.ROOT, "Line %d of %s is no row.", number + 1, file));
      }
      if (end < to) {
        break;
      }
      int length = to - from;
      System.arraycopy(buffer, from, buffer, 0, length);
      from = 0;
      to = length;
      end = length;
      int count = in.read(buffer, to, buffer.length - to);
      if (count < 0) {
        whole &= length == 0;
        break;
      }
      to += count;
    }
    if (end == from && end == to) {
      return null;
    }
    number++;
    boolean carriageReturn = end > from && buffer[end - 1] == '\r';
    String line =
        new String(
            buffer, from, end - from - (carriageReturn ? 1 : 0), StandardCharsets.ISO_8859_1);
    if (end < to) {
      digest.update(buffer, from, end + 1 - from);
      offset += end + 1 - from;
      from = end + 1;
    } else {
      from = end;
    }
    return line;
  }

  /** False once {@link #next} has given a last line that has no end. */
  boolean isWhole() {
    return whole;
  }

  /** Number of lines given. */
  long number() {
    return number;
  }

  /** Bytes of the whole lines given. */
  long offset() {
    return offset;
  }

  /** Of the bytes of the whole lines given; a copy. */
  MessageDigest digest() {
    return Digests.copy(digest);
  }
}
