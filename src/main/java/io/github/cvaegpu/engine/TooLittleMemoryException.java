// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

/**
 * What an engine computes on has too little free memory. It may have more another time: others use
 * it too.
 */
public final class TooLittleMemoryException extends EngineException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message one complete sentence for the user
   */
  public TooLittleMemoryException(String message) {
    super(message);
  }
}
