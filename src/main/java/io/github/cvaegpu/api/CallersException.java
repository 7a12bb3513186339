// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.api;

import java.util.function.Supplier;

/**
 * What the calling program's own code threw while it was called back: it goes through training as
 * this, so that nothing on the way takes it for a failure of its own.
 */
final class CallersException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final RuntimeException thrown;

  private CallersException(RuntimeException thrown) {
    super(thrown.toString(), thrown);
    this.thrown = thrown;
  }

  /** As it was thrown. */
  RuntimeException thrown() {
    return thrown;
  }

  /** Calls back where there is no answer. */
  static void running(Runnable call) {
    passing(
        () -> {
          call.run();
          return null;
        });
  }

  /** Calls back. */
  static <T> T passing(Supplier<T> call) {
    try {
      return call.get();
    } catch (RuntimeException e) {
      throw new CallersException(e);
    }
  }
}
