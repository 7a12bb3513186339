// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.Printable;
import java.io.FilterWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.Locale;

/**
 * What all that the commands print goes through: a name of a folder, a string of somebody's file or
 * a word of the command line cannot move a terminal's cursor, change its title or clear it. The
 * line ends and tabs of the program's own tables stay. Progress that redraws its own line goes
 * another way.
 *
 * <p>Escapes are those of JSON, so that a line of JSON stays what it is.
 */
final class PrintableWriter extends FilterWriter {
  private PrintableWriter(Writer to) {
    super(to);
  }

  /** A print writer that flushes at the end of each line. */
  static PrintWriter to(Writer to) {
    return new PrintWriter(new PrintableWriter(to), true);
  }

  @Override
  public void write(String text, int offset, int length) throws IOException {
    out.write(escaped(text.substring(offset, offset + length)));
  }

  @Override
  public void write(char[] text, int offset, int length) throws IOException {
    write(new String(text, offset, length), 0, length);
  }

  @Override
  public void write(int c) throws IOException {
    write(String.valueOf((char) c), 0, 1);
  }

  private static String escaped(String text) {
    String kept = text.indexOf('\r') < 0 ? text : text.replaceAll("\r(?!\n)", "\\\\r");
    return Printable.lines(beyondOneWord(kept));
  }

  /** Invisible characters that take two words of UTF-16, in JSON's way. */
  private static String beyondOneWord(String text) {
    if (text.codePoints().noneMatch(PrintableWriter::isInvisibleBeyondOneWord)) {
      return text;
    }
    var escaped = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              if (isInvisibleBeyondOneWord(c)) {
                escaped.append(
                    String.format(
                        Locale.ROOT,
                        "\\u%04x\\u%04x",
                        (int) Character.highSurrogate(c),
                        (int) Character.lowSurrogate(c)));
              } else {
                escaped.appendCodePoint(c);
              }
            });
    return escaped.toString();
  }

  private static boolean isInvisibleBeyondOneWord(int c) {
    return c > Character.MAX_VALUE && Character.getType(c) == Character.FORMAT;
  }
}
