// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.Printable;
import java.io.FilterWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;

/**
 * What all that the commands print goes through: a name of a folder, a string of somebody's file or
 * a word of the command line cannot move a terminal's cursor, change its title or clear it. The
 * line ends and tabs of the program's own tables stay. Progress that redraws its own line goes
 * another way.
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
    out.write(Printable.lines(text.substring(offset, offset + length)));
  }

  @Override
  public void write(char[] text, int offset, int length) throws IOException {
    write(new String(text, offset, length), 0, length);
  }

  @Override
  public void write(int c) throws IOException {
    write(String.valueOf((char) c), 0, 1);
  }
}
