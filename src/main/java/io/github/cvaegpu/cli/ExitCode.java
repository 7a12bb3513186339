// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

/** What the program's exit codes mean. */
final class ExitCode {
  /** All done. */
  static final int OK = 0;

  /** Something failed that is not the user's input, such as a defect of this program. */
  static final int FAILED = 1;

  /** An option, a file or a directory that cannot be used. */
  static final int BAD_INPUT = 2;

  /** Training diverged. */
  static final int DIVERGED = 3;

  /**
   * Stopped by SIGUSR1; or the GPU was lost to what can be gone on with, memory ran out, or what is
   * to be written could not be, as on a full disk: as schedulers have it, to be started again.
   */
  static final int TRY_AGAIN = 75;

  /** Stopped by Ctrl-C or SIGTERM; what trains has written a checkpoint. */
  static final int INTERRUPTED = 130;

  /** All done, but whoever read standard output had closed it: 128 and SIGPIPE's number. */
  static final int READER_GONE = 141;

  private ExitCode() {}
}
