// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.Printable;
import java.util.ArrayList;
import java.util.List;

/** Parts of a page. Every text is escaped. */
final class Html {
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
