// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.Resources;
import io.github.cvaegpu.report.HtmlReport.Subject;
import io.github.cvaegpu.train.Json;
import java.util.List;

/**
 * Parts of the report's page, one run each, for a page that asks for them one by one: HTML whose
 * every text is escaped and which needs no style or script of its own, and JSON for the scripts.
 */
public final class RunView {
  private RunView() {}

  /** What a run is, its final figures, all settings and figures, and its sessions. */
  public static String tables(Run run) {
    var tables = new RunTables(List.of(run), names(run));
    return String.join(
        "",
        Html.heading("What the run is"),
        tables.whatTheyAre(),
        Html.heading("Final figures"),
        tables.finalFigures(),
        Html.heading("All settings and figures"),
        tables.all(),
        Html.heading("Sessions and machines"),
        tables.sessions());
  }

  /** Where explorer.js draws; a sentence where the run has no model. */
  public static String explorer(Subject subject) {
    return new PageBlocks(List.of(subject), names(subject.run())).explorer();
  }

  /** What explorer.js reads, as JSON. */
  public static String explorerData(Subject subject) {
    return Json.COMPACT.toJson(PageData.of(List.of(subject), names(subject.run())));
  }

  /** Colours of curves, first to last, as CSS has them; a run beyond the last begins anew. */
  public static List<String> colours(Theme theme) {
    return Palette.models(theme);
  }

  /**
   * A script or style of the page.
   *
   * @param name of the file, with the library's folder before it where it is of the library's
   */
  public static byte[] resource(String name) {
    String path = "io/github/cvaegpu/report/" + name;
    return Resources.read(path)
        .orElseThrow(() -> new IllegalStateException("the jar has no " + path));
  }

  private static List<String> names(Run run) {
    return Names.of(List.of(run));
  }
}
