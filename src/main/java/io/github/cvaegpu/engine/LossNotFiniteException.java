// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

/**
 * A measurement of speed has diverged: a loss is NaN or infinite, so there is nothing to measure.
 * The message is a sentence for the user.
 */
public final class LossNotFiniteException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param what what was under way, as the subject of a sentence
   */
  public LossNotFiniteException(String what) {
    super(what + " diverged: a loss is not a finite number. A lower --lr may help.");
  }
}
