// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

/**
 * A loss or a parameter is none that training goes on from, e.g. not finite. The message is a
 * sentence for the user.
 */
public final class DivergedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message a sentence for the user
   */
  public DivergedException(String message) {
    super(message);
  }
}
