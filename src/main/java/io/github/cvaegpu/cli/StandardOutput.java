// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.foreign.Terminal;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.util.function.BooleanSupplier;

/**
 * Standard output, which remembers what print writers swallow: that something could not be written.
 */
final class StandardOutput extends OutputStream {
  private final OutputStream to;
  private final BooleanSupplier isReaderGone;

  /** The first failure; null as long as there is none. */
  private IOException failure;

  private boolean hadReader = true;

  /**
   * @param to where to write
   */
  StandardOutput(OutputStream to) {
    this(to, Terminal::isReaderGone);
  }

  /**
   * @param to where to write
   * @param isReaderGone asked after a write has failed
   */
  StandardOutput(OutputStream to, BooleanSupplier isReaderGone) {
    this.to = to;
    this.isReaderGone = isReaderGone;
  }

  /** Something to write or to flush. */
  @FunctionalInterface
  private interface Attempt {
    void run() throws IOException;
  }

  private synchronized void attempt(Attempt attempt) throws IOException {
    try {
      attempt.run();
    } catch (IOException e) {
      if (failure == null) {
        failure = e;
        hadReader = !isReaderGone.getAsBoolean();
      }
      throw e;
    }
  }

  @Override
  public void write(int b) throws IOException {
    attempt(() -> to.write(b));
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    attempt(() -> to.write(bytes, offset, length));
  }

  @Override
  public void flush() throws IOException {
    attempt(to::flush);
  }

  /**
   * The exit code of a command whose results were to be printed here. Where they could not be, it
   * is no success: one sentence says so, unless the reader has closed its end, as {@code head} does
   * when it has enough.
   *
   * @param code what the command came to; kept where it is no success either
   */
  synchronized int exitCode(int code, PrintWriter err) {
    if (failure == null) {
      return code;
    }
    if (!hadReader) {
      return code == ExitCode.OK ? ExitCode.READER_GONE : code;
    }
    String reason = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    err.println("Standard output could not be written to: " + reason + ".");
    err.flush();
    return code == ExitCode.OK ? ExitCode.FAILED : code;
  }
}
