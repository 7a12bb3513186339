// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.Program;
import io.github.cvaegpu.report.Axes;
import io.github.cvaegpu.report.Figure;
import io.github.cvaegpu.report.Fonts;
import io.github.cvaegpu.report.HtmlReport;
import io.github.cvaegpu.train.AtomicFile;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.TrainingPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What a sweep came to: its runs as their folders have them now, their combinations over seeds, the
 * best of these, and the files that say so. It trains nothing and measures nothing, and may be
 * asked at any time.
 */
public final class SweepResults {
  /** Runs that a page bears; of more, the best ones are on it. */
  static final int MOST_SHOWN = 2000;

  /** Lines of a table for the terminal. */
  private static final int LINES = 5;

  private static final String REPORT = "report.html";

  private final SweepPlan plan;
  private final SweepFolder folder;
  private final List<SweepRow> rows;
  private final List<Summary> summaries;
  private final Optional<RateDistortion> curve;

  private SweepResults(SweepPlan plan, SweepFolder folder, List<SweepRow> rows) {
    this.plan = plan;
    this.folder = folder;
    this.rows = List.copyOf(rows);
    summaries = Summary.of(rows);
    curve = RateDistortion.of(plan, summaries);
  }

  /**
   * Reads the runs of a sweep.
   *
   * @param notes what is to be said of a run in the tables, by its index, e.g. {@code stopped at
   *     rung 1}; empty for nothing
   * @param expected what a run is to be trained by; empty where its settings do not go together
   * @throws io.github.cvaegpu.InputException if the plan has two runs of one name
   */
  public static SweepResults read(
      SweepPlan plan,
      SweepFolder folder,
      Map<Integer, String> notes,
      Function<SweepPoint, Optional<TrainingPlan>> expected) {
    return new SweepResults(
        plan,
        folder,
        plan.points().stream()
            .map(
                point ->
                    SweepRow.read(folder, point, notes.get(point.index()), expected.apply(point)))
            .toList());
  }

  /** All runs, in the order of their indices. */
  public List<SweepRow> rows() {
    return rows;
  }

  /** All combinations over their seeds, in the sweep's order. */
  public List<Summary> summaries() {
    return summaries;
  }

  /** Combinations from the best. */
  public Ranking best(Measure measure) {
    return Ranking.of(measure, summaries);
  }

  /** The rate-distortion curve; empty of a sweep that varies nothing that leads KL. */
  public Optional<RateDistortion> rateDistortion() {
    return curve;
  }

  /** Whether every run is over: completed, or nothing that could be gone on with. */
  public boolean isOver() {
    return rows.stream().noneMatch(row -> row.state().isOpen());
  }

  // ---- sentences -------------------------------------------------------------------------------

  /** How many runs stand where, a sentence. */
  public String standing() {
    Map<RunState, Long> counts =
        rows.stream()
            .collect(Collectors.groupingBy(SweepRow::state, TreeMap::new, Collectors.counting()));
    return String.format(
        Locale.ROOT,
        "%,d run%s: %s.",
        rows.size(),
        rows.size() == 1 ? "" : "s",
        counts.entrySet().stream()
            .map(of -> String.format(Locale.ROOT, "%,d %s", of.getValue(), of.getKey().text()))
            .collect(Collectors.joining(", ")));
  }

  /** What speaks against comparing the runs, complete sentences. */
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    if (distinct(Trained::likelihood) > 1) {
      warnings.add(
          "The runs have different likelihoods: their RL, ELBO and log p(x) cannot be compared.");
    }
    if (distinct(Trained::images) > 1) {
      warnings.add("The runs were trained on different images: their losses cannot be compared.");
    }
    if (distinct(Trained::epochsPlanned) > 1
        && plan.settings().stream().noneMatch(setting -> setting.name().equals("epochs"))) {
      warnings.add(
          "The runs were trained for different numbers of epochs: those of fewer are at a"
              + " disadvantage.");
    }
    return warnings;
  }

  private long distinct(Function<Trained, Object> of) {
    return rows.stream()
        .filter(SweepRow::isCompleted)
        .map(SweepRow::trained)
        .map(of)
        .distinct()
        .count();
  }

  /** The best combinations, and how to go on, a line each, for the terminal. */
  public List<String> lines(Measure measure) {
    List<String> lines = new ArrayList<>();
    lines.add(standing());
    warnings().forEach(warning -> lines.add("Warning: " + warning));
    Ranking ranking = best(measure);
    ranking.unranked().ifPresent(lines::add);
    if (!ranking.places().isEmpty()) {
      lines.add(
          "Best by %s, %s first, mean and 95 %% interval over seeds:"
              .formatted(
                  measure.title(), measure.isHigherBetter() ? "the largest" : "the smallest"));
      lines.addAll(table(ranking));
    }
    long open = rows.stream().filter(row -> row.state().isOpen()).count();
    if (open > 0) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%,d run%s not over. To go on: %s",
              open,
              open == 1 ? " is" : "s are",
              Program.command("sweep", "--out", folder.folder().toString())));
    }
    return lines;
  }

  private static List<String> table(Ranking ranking) {
    List<Ranking.Place> shown = ranking.places().stream().limit(LINES).toList();
    Quantity quantity = ranking.measure().quantity();
    int names = width(shown, place -> place.summary().title());
    int figures = width(shown, place -> place.spread().text(quantity::text));
    int seeds = width(shown, Ranking.Place::seeds);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < shown.size(); i++) {
      Ranking.Place place = shown.get(i);
      lines.add(
          String.format(
                  Locale.ROOT,
                  "  %d  %-" + names + "s  %" + figures + "s  %" + seeds + "s seeds  %s",
                  i + 1,
                  place.summary().title(),
                  place.spread().text(quantity::text),
                  place.seeds(),
                  place.text())
              .stripTrailing());
    }
    return lines;
  }

  private static int width(List<Ranking.Place> places, Function<Ranking.Place, String> text) {
    return places.stream().map(text).mapToInt(String::length).max().orElse(1);
  }

  // ---- files -----------------------------------------------------------------------------------

  /**
   * Refuses a folder in which {@code report.html} is something else than a report of this program,
   * before any work is done.
   *
   * @throws io.github.cvaegpu.InputException if it could not be written there
   */
  public static void requireWritable(SweepFolder folder) {
    HtmlReport.requireReplaceable(folder.folder().resolve(REPORT));
  }

  /**
   * Writes {@code runs.csv}, {@code runs.json}, {@code summary.csv}, the pictures in {@code
   * figures/} and {@code report.html}, each whole or not at all. On a machine without fonts there
   * are no pictures, which {@link Fonts#problem} says.
   *
   * @param measure that combinations are ranked by and runs coloured
   * @return the page
   * @throws io.github.cvaegpu.InputException if a file cannot be written, or {@code report.html} is
   *     something else than a report
   */
  public Path write(Measure measure) {
    requireWritable(folder);
    writeTables(measure);
    List<SweepRow> shown = shown(measure);
    Optional<Axes> axes = SweepAxes.of(plan.settings(), shown, measure);
    Map<String, Figure> figures =
        Fonts.problem().isEmpty() ? SweepPictures.of(curve, axes) : Map.of();
    figures.forEach((name, figure) -> figure.write(folder.folder().resolve("figures"), name));
    Path page = folder.folder().resolve(REPORT);
    new SweepPage(
            plan, this, measure, shown, axes, Optional.ofNullable(figures.get("rate-distortion")))
        .write(page);
    return page;
  }

  private void writeTables(Measure measure) {
    List<String> settings = plan.settings().stream().map(Setting::name).toList();
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("runs.csv", SweepCsv.runs(settings, rows));
    texts.put("summary.csv", SweepCsv.summary(settings, summaries));
    texts.put(
        "runs.json",
        Json.PRETTY.toJson(
                GatheredJson.of(settings, rows, summaries, best(measure), curve.orElse(null)))
            + "\n");
    Map<Path, AtomicFile.Content> contents = new LinkedHashMap<>();
    texts.forEach(
        (name, text) ->
            contents.put(
                folder.folder().resolve(name),
                out -> out.write(text.getBytes(StandardCharsets.UTF_8))));
    try {
      AtomicFile.replaceAll(contents);
    } catch (IOException e) {
      throw AtomicFile.refusal(
          "What was gathered cannot be written to %s: %s.", folder.folder(), e);
    }
  }

  /** All runs, or of a very large sweep the best ones. */
  private List<SweepRow> shown(Measure measure) {
    if (rows.size() <= MOST_SHOWN) {
      return rows;
    }
    Comparator<SweepRow> byValue =
        Comparator.comparingDouble(
            row -> {
              double value =
                  row.isCompleted() ? measure.quantity().of(row).orElse(Double.NaN) : Double.NaN;
              double badness = measure.isHigherBetter() ? -value : value;
              return Double.isNaN(badness) ? Double.POSITIVE_INFINITY : badness;
            });
    return rows.stream()
        .sorted(byValue)
        .limit(MOST_SHOWN)
        .sorted(Comparator.comparingInt(row -> row.point().index()))
        .toList();
  }
}
