// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.Printable;
import java.util.ArrayList;
import java.util.List;

/** Parts of a page. Every text is escaped. */
final class Html {
  /** What points.js draws on. */
  static final String POINTS =
      """
      <div class="bar"><label class="check">Colour <select id="colour"></select></label></div>
      <div class="points">
      <div class="scroll"><canvas id="parallel" tabindex="0" role="application" aria-label="Runs on parallel axes. Left and right arrows go from run to run; drag along an axis to keep a part of it."></canvas></div>
      <p class="note" id="run" aria-live="polite"></p>
      <div class="bar"><label class="check">Across <select id="across"></select></label><label class="check">Up <select id="up"></select></label></div>
      <canvas id="scatter" role="img" aria-label="Runs on the two axes that are chosen"></canvas>
      </div>
      """;

  /** Characters of a cell that is to have some width, so that its row is not many lines high. */
  private static final int LONG = 24;

  private Html() {}

  /**
   * A text for an element's content or an attribute in double quotes. Characters that act instead
   * of being seen are written as escapes.
   */
  static String escape(String text) {
    return Printable.lines(text)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  /** The same escapes for a name that a script shows; line ends and tabs are escaped, too. */
  static String oneLine(String text) {
    return Printable.text(text);
  }

  static String heading(String text) {
    return "<h2>" + escape(text) + "</h2>\n";
  }

  static String paragraph(String text) {
    return "<p>" + escape(text) + "</p>\n";
  }

  static String note(String text) {
    return "<p class=\"note\">" + escape(text) + "</p>\n";
  }

  static String warning(String text) {
    return "<p class=\"warning\">" + escape(text) + "</p>\n";
  }

  /** A table that scrolls where the page is too narrow. */
  static String table(List<String> header, List<List<String>> rows) {
    var html = new StringBuilder("<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>");
    for (String cell : header) {
      html.append("<th scope=\"col\">").append(escape(cell)).append("</th>");
    }
    html.append("</tr></thead><tbody>\n");
    for (List<String> row : rows) {
      html.append("<tr>");
      for (String cell : row) {
        html.append(isNumber(cell) ? "<td class=\"number\">" : "<td>").append(cell(cell));
        html.append("</td>");
      }
      html.append("</tr>\n");
    }
    return html.append("</tbody></table></div>\n").toString();
  }

  /**
   * A row of {@link #cards}.
   *
   * @param name what it is about
   * @param tag a word beside the name; empty for none
   * @param cells one a column
   */
  record Row(String name, String tag, List<String> cells) {
    Row {
      cells = List.copyOf(cells);
    }
  }

  /**
   * A table whose rows become cards where the page is narrow, so that every cell stays in sight
   * with its column's name beside it.
   *
   * @param kind class of the table
   * @param corner name of the column of names
   */
  static String cards(String kind, String corner, List<String> columns, List<Row> rows) {
    var html = new StringBuilder("<div class=\"scroll\" tabindex=\"0\"><table class=\"cards ");
    html.append(kind).append("\"><thead><tr><th scope=\"col\">").append(escape(corner));
    html.append("</th>");
    List<Boolean> numbers = new ArrayList<>();
    for (int c = 0; c < columns.size(); c++) {
      int column = c;
      boolean isNumber =
          rows.stream().map(row -> row.cells.get(column)).allMatch(Html::isNumberOrNone);
      numbers.add(isNumber);
      html.append(isNumber ? "<th scope=\"col\" class=\"number\">" : "<th scope=\"col\">");
      html.append(escape(columns.get(c))).append("</th>");
    }
    html.append("</tr></thead><tbody>\n");
    for (Row row : rows) {
      html.append("<tr><th scope=\"row\">").append(escape(row.name));
      if (!row.tag.isEmpty()) {
        html.append(" <span class=\"tag\">").append(escape(row.tag)).append("</span>");
      }
      html.append("</th>");
      for (int c = 0; c < columns.size(); c++) {
        html.append(numbers.get(c) ? "<td class=\"number\" data-of=\"" : "<td data-of=\"");
        html.append(escape(columns.get(c))).append("\">").append(escape(row.cells.get(c)));
        html.append("</td>");
      }
      html.append("</tr>\n");
    }
    return html.append("</tbody></table></div>\n").toString();
  }

  /** A table that points.js sorts and filters. */
  static String rows(Block.Rows table) {
    var html = new StringBuilder();
    if (table.areRuns()) {
      html.append(
          "<div class=\"bar\"><label class=\"check\">Filter <input type=\"search\" id=\"filter\""
              + " placeholder=\"words, or a state\"></label><button type=\"button\""
              + " id=\"all\">All runs</button><span class=\"note\" id=\"count\""
              + " aria-live=\"polite\"></span></div>\n");
    }
    html.append("<div class=\"scroll tall\" tabindex=\"0\"><table class=\"sortable\"");
    html.append(table.areRuns() ? " id=\"runs\"" : "").append("><thead><tr>");
    for (int c = 0; c < table.header().size(); c++) {
      int column = c;
      boolean isNumber =
          table.rows().stream().map(row -> row.get(column)).anyMatch(cell -> cell.value() != null);
      html.append(isNumber ? "<th scope=\"col\" class=\"number\">" : "<th scope=\"col\">");
      html.append("<button type=\"button\">").append(escape(table.header().get(c)));
      html.append("</button></th>");
    }
    html.append("</tr></thead><tbody>\n");
    for (int r = 0; r < table.rows().size(); r++) {
      html.append("<tr data-i=\"").append(r).append("\">");
      for (Block.Cell cell : table.rows().get(r)) {
        append(html, cell);
      }
      html.append("</tr>\n");
    }
    return html.append("</tbody></table></div>\n").toString();
  }

  private static void append(StringBuilder html, Block.Cell cell) {
    if (cell.value() == null) {
      html.append(cell.text().length() > LONG ? "<td class=\"long\">" : "<td>");
    } else if (Double.isFinite(cell.value())) {
      html.append("<td class=\"number\" data-v=\"").append(cell.value()).append("\">");
    } else {
      html.append("<td class=\"number\">");
    }
    if (cell.link() == null) {
      html.append(escape(cell.text()));
    } else {
      html.append("<a href=\"").append(escape(cell.link())).append("\">");
      html.append(escape(cell.text())).append("</a>");
    }
    html.append("</td>");
  }

  private static boolean isNumberOrNone(String cell) {
    return cell.equals(RunRows.NONE) || isNumber(cell);
  }

  private static boolean isNumber(String cell) {
    return cell.matches("[+-]?[0-9][0-9,.]*( .*)?");
  }

  /** A verdict has its colour. */
  private static String cell(String text) {
    for (String verdict : List.of("holds", "does not hold", "cannot be told")) {
      if (text.equals(verdict) || text.startsWith(verdict + " (")) {
        return "<span class=\"badge %s\">%s</span>"
            .formatted(verdict.replace(' ', '-'), escape(text));
      }
    }
    return escape(text);
  }

  /** A PNG inside the page, and the one that a dark page has in its place. */
  static String picture(String title, byte[] light, byte[] dark) {
    return "<figure>%s%s<figcaption>%s</figcaption></figure>\n"
        .formatted(
            image(title, light, "when-light"), image(title, dark, "when-dark"), escape(title));
  }

  private static String image(String title, byte[] png, String when) {
    return "<img class=\"%s\" alt=\"%s\" src=\"data:image/png;base64,%s\">"
        .formatted(when, escape(title), Embedded.base64(png));
  }

  /** JSON that no browser takes for the end of its script element. */
  static String json(String json) {
    return json.replace("<", "\\u003c");
  }
}
