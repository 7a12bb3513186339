// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import java.util.List;

/** Parts of a page. Every text is escaped. */
final class Html {
  private Html() {}

  /** A text for an element's content or an attribute in double quotes. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
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

  /** A picture inside the page. */
  static String picture(String title, byte[] content) {
    // PNG begins with a byte that GIF does not have.
    String type = content[0] == 'G' ? "gif" : "png";
    return "<figure><img alt=\"%s\" src=\"data:image/%s;base64,%s\"><figcaption>%s</figcaption></figure>\n"
        .formatted(escape(title), type, Embedded.base64(content), escape(title));
  }

  /** JSON that no browser takes for the end of its script element. */
  static String json(String json) {
    return json.replace("<", "\\u003c");
  }
}
