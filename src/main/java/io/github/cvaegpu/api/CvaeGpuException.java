// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.api;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.train.DivergedException;
import java.util.function.Supplier;

/**
 * Something was asked for that cannot be had. The message is one or more complete sentences for
 * people: what is wrong, with which value or file, and where possible what to do about it.
 */
public final class CvaeGpuException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What kind of thing went wrong. */
  public enum Reason {
    /** A file, a setting, or what they are together, cannot be used. */
    INPUT,
    /** A device is not there, has too little memory, or was lost. */
    DEVICE,
    /** A file cannot be written: another setting would not help. */
    OUTPUT,
    /** A loss or a parameter stopped being a finite number. */
    DIVERGED
  }

  private final Reason reason;

  private CvaeGpuException(Reason reason, RuntimeException cause) {
    super(cause.getMessage(), cause);
    this.reason = reason;
  }

  /** What kind of thing went wrong. */
  public Reason reason() {
    return reason;
  }

  /** Calls what may throw this program's own exceptions, which no other program knows. */
  static <T> T translating(Supplier<T> call) {
    try {
      return call.get();
    } catch (UnwritableException e) {
      throw new CvaeGpuException(Reason.OUTPUT, e);
    } catch (InputException e) {
      throw new CvaeGpuException(Reason.INPUT, e);
    } catch (EngineException e) {
      throw new CvaeGpuException(Reason.DEVICE, e);
    } catch (DivergedException e) {
      throw new CvaeGpuException(Reason.DIVERGED, e);
    }
  }
}
