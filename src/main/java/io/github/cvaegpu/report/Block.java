// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.InputException;
import java.util.List;

/** A piece of a section of the page. */
public sealed interface Block {
  /** The piece as HTML. */
  String html();

  /** A paragraph. */
  record Paragraph(String text) implements Block {
    @Override
    public String html() {
      return Html.paragraph(text);
    }
  }

  /** A sentence that must not be missed. */
  record Warning(String text) implements Block {
    @Override
    public String html() {
      return Html.warning(text);
    }
  }

  /** A heading within a section. */
  record Heading(String text) implements Block {
    @Override
    public String html() {
      return "<h3>" + Html.escape(text) + "</h3>\n";
    }
  }

  /** A table; verdicts in it have their colours. */
  record Table(List<String> header, List<List<String>> rows) implements Block {
    @Override
    public String html() {
      return Html.table(header, rows);
    }
  }

  /**
   * A PNG.
   *
   * @param title of it
   * @param light as a light page shows it
   * @param dark as a dark one does
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  record Picture(String title, byte[] light, byte[] dark) implements Block {
    /**
     * A figure.
     *
     * @throws InputException if the machine has no fonts to write with
     */
    public static Picture of(Figure figure) {
      return new Picture(figure.title(), figure.png(Theme.LIGHT), figure.png(Theme.DARK));
    }

    @Override
    public String html() {
      return Html.picture(title, light, dark);
    }
  }
}
