// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.Program;
import io.github.cvaegpu.report.HtmlReport.Section;
import io.github.cvaegpu.train.Json;
import java.nio.file.Path;
import java.util.List;

/**
 * One HTML file about many runs that needs no network and no server: what the caller says of them,
 * and the runs themselves as {@link Axes} to choose of.
 */
public final class AxesPage {
  private final String title;
  private final List<Section> sections;
  private final Axes axes;

  /**
   * What points.js reads.
   *
   * @param axes of the points
   * @param ramp colours of the least to the most wanted value, on a light page
   * @param darkRamp the same on a dark page
   */
  private record Data(Axes axes, List<String> ramp, List<String> darkRamp) {}

  /**
   * @param title of the page
   * @param sections from top to bottom
   * @param axes what a {@link Block.Points} of them shows, and a {@link Block.Rows} of runs filters
   */
  public AxesPage(String title, List<Section> sections, Axes axes) {
    this.title = title;
    this.sections = List.copyOf(sections);
    this.axes = axes;
  }

  /**
   * Writes the page, whole or not at all. {@link HtmlReport#requireReplaceable} knows it.
   *
   * @return its size in bytes
   * @throws io.github.cvaegpu.UnwritableException if it cannot be written
   */
  public long write(Path file) {
    return PageTemplate.write(file, page());
  }

  /** The page. */
  String page() {
    var body = new StringBuilder();
    for (Section section : sections) {
      body.append(Html.heading(section.heading()));
      section.blocks().forEach(block -> body.append(block.html()));
    }
    return PageTemplate.fill(
        new PageTemplate.Parts(
            title,
            "",
            body.toString(),
            "Made by %s. Nothing on this page is loaded from a network."
                .formatted(Program.nameAndVersion()),
            Json.COMPACT.toJson(
                new Data(axes, Palette.ramp(Theme.LIGHT), Palette.ramp(Theme.DARK))),
            "",
            List.of("theme.js", "points.js")));
  }
}
