// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

/**
 * What the program has to write could not be written, and no other option would mend that: a full
 * disk, a device that fails, a file taken away while it was written. A failure, not bad input; as
 * every refusal it is one sentence.
 */
public class UnwritableException extends InputException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message one complete sentence for the user
   * @param cause what was caught, for debuggers; may be null
   */
  public UnwritableException(String message, Throwable cause) {
    super(message, cause);
  }
}
