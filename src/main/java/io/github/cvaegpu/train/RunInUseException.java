// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.InputException;

/** A run directory that another process, or another run of this one, trains in. */
public final class RunInUseException extends InputException {
  private static final long serialVersionUID = 1L;

  RunInUseException(String message) {
    super(message);
  }
}
