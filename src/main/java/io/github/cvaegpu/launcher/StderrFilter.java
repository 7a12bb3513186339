// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Drops the one line that a JVM writes to standard error because of an incubating module, and
 * passes every other byte on at once.
 *
 * <p>The line is dropped only at the very start, where the JVM writes it. Only what a JVM says of
 * options that it took from the environment may come before it, and is passed on.
 */
final class StderrFilter {
  private static final byte[] WARNING =
      "WARNING: Using incubator modules: jdk.incubator.vector".getBytes(StandardCharsets.US_ASCII);
  private static final byte[][] PREFACES = {
    "Picked up ".getBytes(StandardCharsets.US_ASCII),
    "NOTE: Picked up ".getBytes(StandardCharsets.US_ASCII),
  };

  private final OutputStream out;
  private boolean atStart = true;

  /** What the current line may turn out to be; null before its first byte. */
  private byte[] expected;

  /** Bytes of the current line that were as expected. */
  private int matched;

  /** A carriage return after the whole warning, which is held back with it. */
  private boolean heldReturn;

  /**
   * @param out where the bytes go; nothing is left in a buffer of this class
   */
  StderrFilter(OutputStream out) {
    this.out = out;
  }

  /** Takes the next bytes. */
  void write(byte[] bytes, int length) throws IOException {
    // The first byte of these that is neither written, dropped nor held back.
    int from = 0;
    for (int i = 0; i < length && atStart; i++) {
      byte b = bytes[i];
      if (expected == null) {
        expected = lineThatBegins(b);
      }
      if (expected == WARNING) {
        if (matched < WARNING.length && b == WARNING[matched]) {
          matched++;
          from = i + 1;
        } else if (matched == WARNING.length && b == '\r' && !heldReturn) {
          heldReturn = true;
          from = i + 1;
        } else if (matched == WARNING.length && b == '\n') {
          matched = 0;
          heldReturn = false;
          atStart = false;
          from = i + 1;
        } else {
          release();
        }
      } else if (expected != null && matched < expected.length) {
        atStart = b == expected[matched++];
      } else if (expected != null) {
        if (b == '\n') {
          expected = null;
          matched = 0;
          out.write(bytes, from, i + 1 - from);
          from = i + 1;
        }
      } else {
        atStart = false;
      }
    }
    if (from < length) {
      out.write(bytes, from, length - from);
    }
  }

  /** Passes on what looked like the warning and was not completed. */
  void end() throws IOException {
    if (expected == WARNING) {
      release();
    }
  }

  private void release() throws IOException {
    atStart = false;
    out.write(WARNING, 0, matched);
    if (heldReturn) {
      out.write('\r');
    }
    matched = 0;
    heldReturn = false;
  }

  private static byte[] lineThatBegins(byte first) {
    if (first == WARNING[0]) {
      return WARNING;
    }
    for (byte[] preface : PREFACES) {
      if (first == preface[0]) {
        return preface;
      }
    }
    return null;
  }
}
