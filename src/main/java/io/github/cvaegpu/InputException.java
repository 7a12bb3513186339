// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

/**
 * Something the user gave cannot be used: an option, a file, a directory, a checkpoint.
 *
 * <p>The message is one complete sentence that says what is wrong, with which value or path, and
 * where possible what to do about it. The command line prints it without a stack trace. What it
 * names of unknown origin is made fit for a terminal here; see {@link Printable#text}.
 */
public class InputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message one complete sentence for the user
   */
  public InputException(String message) {
    super(Printable.text(message));
  }

  /**
   * @param message one complete sentence for the user
   * @param cause what was caught, for debuggers
   */
  public InputException(String message, Throwable cause) {
    super(Printable.text(message), cause);
  }

  /** The message without its full stop, to go into another sentence. */
  public String phrase() {
    String sentence = getMessage();
    return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
  }
}
