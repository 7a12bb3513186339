// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import java.util.Locale;

/**
 * Makes text of unknown origin fit for a terminal: names of files, strings out of other people's
 * files, words of the command line. What would move the cursor, change a title or turn the
 * direction of reading is shown, not done.
 */
public final class Printable {
  private static final int ZERO_WIDTH_NON_JOINER = 0x200C;
  private static final int ZERO_WIDTH_JOINER = 0x200D;

  private Printable() {}

  /**
   * One line of text with everything that is not seen as itself written as an escape: control
   * characters, line ends and tabs among them, marks that turn the direction of reading and other
   * invisible formatting, and halves of surrogate pairs. All else, backslashes too, stays as it is.
   * Twice is the same as once.
   *
   * @param text may be null
   * @return the text with {@code \n}, {@code \t}, {@code \}{@code u001b} and the like in their
   *     place; {@code null} as a word for null
   */
  public static String text(String text) {
    return escaped(String.valueOf(text), false);
  }

  /**
   * The same for whole output, whose line ends and tabs are the program's own and stay.
   *
   * @param text lines of text, or a part of one
   */
  public static String lines(String text) {
    return escaped(text, true);
  }

  private static String escaped(String text, boolean keepLines) {
    int length = text.length();
    for (int i = 0; i < length; i += Character.charCount(text.codePointAt(i))) {
      if (isEscaped(text.codePointAt(i), keepLines)) {
        var escaped = new StringBuilder(length + 16);
        text.codePoints()
            .forEach(
                c -> {
                  if (isEscaped(c, keepLines)) {
                    escaped.append(escape(c));
                  } else {
                    escaped.appendCodePoint(c);
                  }
                });
        return escaped.toString();
      }
    }
    return text;
  }

  private static boolean isEscaped(int c, boolean keepLines) {
    if (c >= ' ' && c <= '~') {
      return false;
    }
    if (keepLines && (c == '\n' || c == '\r' || c == '\t')) {
      return false;
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      // The joiners shape letters and pictures of many languages, and turn nothing.
      case Character.FORMAT -> c != ZERO_WIDTH_NON_JOINER && c != ZERO_WIDTH_JOINER;
      default -> false;
    };
  }

  private static String escape(int c) {
    return switch (c) {
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      default -> String.format(Locale.ROOT, c > 0xFFFF ? "\\U%08x" : "\\u%04x", c);
    };
  }
}
