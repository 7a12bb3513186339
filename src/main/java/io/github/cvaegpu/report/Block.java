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

  /** A paragraph of less weight. */
  record Note(String text) implements Block {
    @Override
    public String html() {
      return Html.note(text);
    }
  }

  /**
   * A cell of a {@link Rows}.
   *
   * @param text of it
   * @param value that rows are sorted by; null where the text is
   * @param link to go to from it, relative to the page; null for none
   */
  record Cell(String text, Double value, String link) {
    /** A text. */
    public static Cell of(String text) {
      return new Cell(text, null, null);
    }

    /** A number, by which rows are sorted; NaN for none. */
    public static Cell of(String text, double value) {
      return new Cell(text, value, null);
    }
  }

  /**
   * A table whose rows the reader sorts and, where they are the page's runs, filters.
   *
   * @param areRuns whether row i is point i of the page's {@link Axes}
   * @param header names of the columns
   * @param rows each as long as the header
   */
  record Rows(boolean areRuns, List<String> header, List<List<Cell>> rows) implements Block {
    /** Copies the lists. */
    public Rows {
      header = List.copyOf(header);
      rows = List.copyOf(rows);
    }

    @Override
    public String html() {
      return Html.rows(this);
    }
  }

  /** Where an {@link AxesPage} draws its points, on parallel axes and on two that are chosen. */
  record Points() implements Block {
    @Override
    public String html() {
      return Html.POINTS;
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
