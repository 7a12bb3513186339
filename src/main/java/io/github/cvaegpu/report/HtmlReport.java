// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.train.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One HTML file about runs that needs no network and no server: what the runs are, their final
 * figures, their curves to zoom into, what the caller adds, a latent map on which the decoder
 * draws, and all that is recorded of them.
 */
public final class HtmlReport {
  /** What {@link #requireReplaceable} knows a report by. */
  private static final String MARKER = "<meta name=\"generator\" content=\"cvae-gpu\">";

  private static final int MARKER_WITHIN = 1000;

  /** The charting library in the page. */
  private static final String UPLOT = "io/github/cvaegpu/report/uplot/uPlot";

  /** How the library's script says its version. */
  private static final Pattern UPLOT_VERSION = Pattern.compile("\\(v(\\d+(\\.\\d+)+)\\)");

  private final String title;
  private final List<Subject> subjects;
  private final List<String> names;
  private final List<Section> sections;

  /**
   * A run to report on.
   *
   * @param run its files
   * @param testPosterior of its test images, for the latent map; empty where they could not be had
   */
  public record Subject(Run run, Optional<Posterior> testPosterior) {}

  /**
   * A part of the page that the caller adds.
   *
   * @param heading over it
   * @param blocks from top to bottom
   */
  public record Section(String heading, List<Block> blocks) {
    /** Copies the list. */
    public Section {
      blocks = List.copyOf(blocks);
    }
  }

  /**
   * A report whose title is its runs' names.
   *
   * @param subjects runs, one or more
   * @param sections after the curves
   */
  public HtmlReport(List<Subject> subjects, List<Section> sections) {
    this(Names.joined(Names.of(runs(subjects))), subjects, sections);
  }

  /**
   * @param title of the page
   * @param subjects runs, one or more
   * @param sections after the curves
   */
  public HtmlReport(String title, List<Subject> subjects, List<Section> sections) {
    this.title = title;
    this.subjects = List.copyOf(subjects);
    this.sections = List.copyOf(sections);
    names = Names.of(runs(subjects));
  }

  private static List<Run> runs(List<Subject> subjects) {
    return subjects.stream().map(Subject::run).toList();
  }

  /**
   * Refuses a file that is something else than an earlier report, and a folder that cannot be
   * written to, before any work is done.
   *
   * @throws InputException if the report could not be written there
   */
  public static void requireReplaceable(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (Files.isDirectory(file)) {
      throw new InputException(
          "%s is a folder: name a file for the report with --out.".formatted(file));
    }
    if (folder == null || !Files.isDirectory(folder) || !Files.isWritable(folder)) {
      throw new InputException(
          "The report cannot be written to %s: its folder is missing or not writable."
              .formatted(file));
    }
    if (RegularFile.isTaken(file) && !(Files.isRegularFile(file) && isReport(file))) {
      throw new InputException(
          "%s exists and is no report of this program: name another file with --out."
              .formatted(file));
    }
  }

  private static boolean isReport(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(MARKER_WITHIN), StandardCharsets.UTF_8).contains(MARKER);
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Writes the page, whole or not at all.
   *
   * @return its size in bytes
   * @throws UnwritableException if it cannot be written
   */
  public long write(Path file) {
    return PageTemplate.write(file, page());
  }

  /** The page. */
  String page() {
    String library = PageTemplate.resource(UPLOT + ".iife.min.js");
    return PageTemplate.fill(
        new PageTemplate.Parts(
            title,
            PageTemplate.resource(UPLOT + ".min.css"),
            body(),
            foot(library),
            Json.COMPACT.toJson(PageData.of(subjects, names)),
            library,
            List.of("theme.js", "charts.js", "explorer.js", "page.js")));
  }

  private static String foot(String library) {
    Matcher version = UPLOT_VERSION.matcher(library);
    if (!version.find()) {
      throw new IllegalStateException("the charting library does not say its version");
    }
    return ("Made by %s. Charts by uPlot %s (MIT licence, Copyright 2022 Leon Sorokin). Nothing on"
            + " this page is loaded from a network.")
        .formatted(Program.nameAndVersion(), version.group(1));
  }

  private String body() {
    var html = new StringBuilder();
    for (Subject subject : subjects) {
      subject.run.warnings().forEach(warning -> html.append(Html.warning(warning)));
    }
    if (runs(subjects).stream().map(run -> run.record().dataset().sha256()).distinct().count()
        > 1) {
      html.append(
          Html.warning(
              "These runs were trained on different images: their losses cannot be compared."));
    }
    var tables = new RunTables(runs(subjects), names);
    var blocks = new PageBlocks(subjects, names);
    html.append(Html.heading(subjects.size() == 1 ? "What the run is" : "What the runs are"))
        .append(tables.whatTheyAre())
        .append(Html.heading("Final figures"))
        .append(tables.finalFigures());
    html.append(blocks.curves());
    for (Section section : sections) {
      html.append(Html.heading(section.heading));
      section.blocks.forEach(block -> html.append(block.html()));
    }
    html.append(blocks.explorer())
        .append(Html.heading("All settings and figures"))
        .append(tables.all())
        .append(Html.heading("Sessions and machines"))
        .append(tables.sessions());
    return html.toString();
  }
}
