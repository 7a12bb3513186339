// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

/**
 * What an engine computes on has let it down: too little memory, a device that is lost, a library
 * that fails. What was trained since the last checkpoint is lost.
 *
 * <p>The message is one or more complete sentences for the user, with what to do about it.
 */
public class EngineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message sentences for the user
   */
  public EngineException(String message) {
    super(message);
  }

  /**
   * @param message sentences for the user
   * @param cause what was caught, for debuggers
   */
  public EngineException(String message, Throwable cause) {
    super(message, cause);
  }
}
