// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;

/** A dataset that exists cannot be had here and now: no network, a full disk, mirrors gone. */
public final class DataUnavailableException extends InputException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message one complete sentence for the user
   * @param cause what was caught
   */
  DataUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
