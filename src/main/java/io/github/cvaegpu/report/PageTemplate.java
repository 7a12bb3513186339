// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.Resources;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.train.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What all pages have in common: {@code page.html}, its style, its policy and its two themes. */
final class PageTemplate {
  private PageTemplate() {}

  /**
   * What a page has of its own.
   *
   * @param title of it
   * @param libraryStyle CSS of a library; empty for none
   * @param body HTML
   * @param foot a text below
   * @param data JSON that scripts read
   * @param library script of a library; empty for none
   * @param scripts names of resources, in order
   */
  record Parts(
      String title,
      String libraryStyle,
      String body,
      String foot,
      String data,
      String library,
      List<String> scripts) {
    Parts {
      scripts = List.copyOf(scripts);
    }
  }

  /** The page. */
  static String fill(Parts parts) {
    return fill(
        text("page.html"),
        Map.of(
            "title",
            Html.escape(parts.title),
            "style",
            text("page.css"),
            "library-style",
            parts.libraryStyle,
            "body",
            parts.body,
            "foot",
            Html.escape(parts.foot),
            "data",
            Html.json(parts.data),
            "library",
            parts.library,
            "scripts",
            parts.scripts.stream().map(PageTemplate::text).collect(Collectors.joining())));
  }

  /**
   * Writes a page, whole or not at all.
   *
   * @return its size in bytes
   * @throws UnwritableException if it cannot be written
   */
  static long write(Path file, String page) {
    byte[] bytes = page.getBytes(StandardCharsets.UTF_8);
    try {
      AtomicFile.replace(file, out -> out.write(bytes));
    } catch (IOException e) {
      throw new UnwritableException(
          "The report cannot be written to %s: %s.".formatted(file, AtomicFile.reason(e)), e);
    }
    return bytes.length;
  }

  /** In one pass: what is filled in is not looked at for more places. */
  private static String fill(String template, Map<String, String> values) {
    var page = new StringBuilder();
    int from = 0;
    for (int at = template.indexOf("{{"); at >= 0; at = template.indexOf("{{", from)) {
      int end = template.indexOf("}}", at);
      page.append(template, from, at).append(values.get(template.substring(at + 2, end)));
      from = end + 2;
    }
    return page.append(template.substring(from)).toString();
  }

  private static String text(String name) {
    return resource("io/github/cvaegpu/report/" + name);
  }

  static String resource(String path) {
    return new String(
        Resources.read(path).orElseThrow(() -> new IllegalStateException("the jar has no " + path)),
        StandardCharsets.UTF_8);
  }
}
