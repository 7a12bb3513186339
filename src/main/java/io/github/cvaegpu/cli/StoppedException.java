// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

/** The command was asked to stop, and has. */
final class StoppedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param cause what the request made of the work; null if that was done
   */
  StoppedException(Throwable cause) {
    super("Stopped.", cause);
  }
}
