// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

/**
 * The device failed in the middle of its work, and what it held is lost. Nothing is wrong with what
 * was asked of it: another process, or the same device after a reset, may well do it.
 */
public class DeviceLostException extends EngineException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message sentences for the user
   */
  public DeviceLostException(String message) {
    super(message);
  }

  /**
   * @param message sentences for the user
   * @param cause what was caught, for debuggers
   */
  public DeviceLostException(String message, Throwable cause) {
    super(message, cause);
  }
}
