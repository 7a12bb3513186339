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
   * Twice is the same as once. Escapes are those of JSON, which has two for a character above
   * U+FFFF, so that a line of JSON stays what it is.
   *
   * @param text may be null
   * @return the text with {@code \n}, {@code \t}, {@code \}{@code u001b} and the like in their
   *     place; {@code null} as a word for null
   */
  public static String text(String text) {
    return escaped(String.valueOf(text), false);
  }

  /**
   * The same for whole output, whose line ends and tabs are the program's own and stay; a carriage
   * return without its line feed would go back to write over the line.
   *
   * @param text lines of text, or a part of one
   */
  public static String lines(String text) {
    return escaped(text, true);
  }

  private static String escaped(String text, boolean keepLines) {
    var escaped = new StringBuilder(text.length());
    int c;
    for (int i = 0; i < text.length(); i += Character.charCount(c)) {
      c = text.codePointAt(i);
      if ((keepLines && isLayout(text, i)) || !acts(c)) {
        escaped.appendCodePoint(c);
      } else {
        escape(c, escaped);
      }
    }
    // An escape is longer than what it stands for.
    return escaped.length() == text.length() ? text : escaped.toString();
  }

  private static boolean isLayout(String text, int i) {
    char c = text.charAt(i);
    return c == '\n' || c == '\t' || (c == '\r' && text.startsWith("\n", i + 1));
  }

  private static boolean acts(int c) {
    if (c >= ' ' && c <= '~') {
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

  private static void escape(int c, StringBuilder into) {
    switch (c) {
      case '\n' -> into.append("\\n");
      case '\r' -> into.append("\\r");
      case '\t' -> into.append("\\t");
      default -> {
        for (char word : Character.toChars(c)) {
          into.append(String.format(Locale.ROOT, "\\u%04x", (int) word));
        }
      }
    }
  }
}
