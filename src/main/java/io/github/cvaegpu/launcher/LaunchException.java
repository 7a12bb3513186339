// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

/** The program cannot be started. The message is one complete sentence for the user. */
final class LaunchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LaunchException(String message) {
    super(message);
  }

  LaunchException(String message, Throwable cause) {
    super(message, cause);
  }
}
