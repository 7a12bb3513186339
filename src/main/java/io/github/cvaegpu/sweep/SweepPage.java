// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.eval.Spread;
import io.github.cvaegpu.report.Axes;
import io.github.cvaegpu.report.AxesPage;
import io.github.cvaegpu.report.Block;
import io.github.cvaegpu.report.Block.Cell;
import io.github.cvaegpu.report.Block.Note;
import io.github.cvaegpu.report.Block.Paragraph;
import io.github.cvaegpu.report.Block.Picture;
import io.github.cvaegpu.report.Block.Points;
import io.github.cvaegpu.report.Block.Rows;
import io.github.cvaegpu.report.Block.Table;
import io.github.cvaegpu.report.Block.Warning;
import io.github.cvaegpu.report.Figure;
import io.github.cvaegpu.report.HtmlReport.Section;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code report.html} of a sweep: all that was gathered of it on one page. */
final class SweepPage {
  /** Places of a ranking that are worth reading. */
  static final int PLACES = 10;

  /** Rows of a table that is read at a glance; one of more scrolls by itself. */
  private static final int MOST_ROWS = 20;

  /** Figures of runs and of combinations, in the order of the columns. */
  private static final List<Quantity> FIGURES =
      List.of(
          Quantity.TEST_ELBO,
          Quantity.TEST_RL,
          Quantity.TEST_KL,
          Quantity.IMPORTANCE_WEIGHTED_BOUND,
          Quantity.LOG_LIKELIHOOD,
          Quantity.TRAIN_RL,
          Quantity.TRAIN_KL,
          Quantity.LAST_BETA,
          Quantity.KL_ERROR,
          Quantity.SETTLED_STEP,
          Quantity.VALIDATION_ELBO,
          Quantity.TRAIN_SECONDS,
          Quantity.IMAGES_PER_SECOND);

  private final SweepPlan plan;
  private final SweepResults results;
  private final Measure measure;
  private final List<SweepRow> shown;
  private final Optional<Axes> axes;
  private final Optional<Figure> curve;

  /**
   * @param plan of the sweep
   * @param results of it
   * @param measure that combinations are ranked by
   * @param shown runs that the page has
   * @param axes of those
   * @param curve picture of the rate-distortion curve; empty if there is none, or no fonts
   */
  SweepPage(
      SweepPlan plan,
      SweepResults results,
      Measure measure,
      List<SweepRow> shown,
      Optional<Axes> axes,
      Optional<Figure> curve) {
    this.plan = plan;
    this.results = results;
    this.measure = measure;
    this.shown = shown;
    this.axes = axes;
    this.curve = curve;
  }

  /** Writes the page, and returns its size in bytes. */
  long write(Path file) {
    String name = file.toAbsolutePath().getParent().getFileName().toString();
    return new AxesPage(
            "Sweep " + name,
            sections(),
            axes.orElse(
                new Axes(
                    List.of(new Axes.Axis("runs", List.of(), false, Axes.Wanted.NEITHER)),
                    List.of(),
                    0)))
        .write(file);
  }

  private List<Section> sections() {
    List<Section> sections = new ArrayList<>();
    sections.add(new Section("How it stands", standing()));
    sections.add(new Section("Best settings", best()));
    results
        .rateDistortion()
        .ifPresent(its -> sections.add(new Section("Rate and distortion", of(its))));
    if (axes.isPresent() && shown.stream().anyMatch(SweepRow::isCompleted)) {
      sections.add(
          new Section(
              "Settings and figures",
              List.of(
                  new Note(
                      "A line is a run, from setting to figure; on the axis that gives the colour,"
                          + " the darker end of a light page, and the brighter one of a dark page,"
                          + " is the wanted one. Drag along an axis to keep the runs that cross it"
                          + " there, click on it to let it go; the table of runs follows."),
                  new Points())));
    }
    sections.add(new Section("All combinations", combinations()));
    sections.add(new Section("Runs", runs()));
    return sections;
  }

  // ---- what it is ------------------------------------------------------------------------------

  private List<Block> standing() {
    List<Block> blocks = new ArrayList<>();
    results.warnings().forEach(warning -> blocks.add(new Warning(warning)));
    blocks.add(new Paragraph(results.standing()));
    blocks.add(
        new Paragraph(
            "A %s of %s; %s%s"
                .formatted(
                    plan.search() == Search.GRID ? "grid" : plan.search() + " search",
                    plan.settings().isEmpty()
                        ? "seeds alone"
                        : plan.settings().stream()
                            .map(setting -> setting.name() + " " + setting.spelled())
                            .collect(Collectors.joining("; ")),
                    seeds(),
                    plan.base().isEmpty()
                        ? "."
                        : plan.base().entrySet().stream()
                            .map(entry -> entry.getKey() + " " + entry.getValue())
                            .collect(Collectors.joining("; ", "; all with ", ".")))));
    return blocks;
  }

  private String seeds() {
    return plan.seeds() == 1
        ? "seed " + plan.firstSeed()
        : String.format(
            Locale.ROOT, "seeds %d to %d", plan.firstSeed(), plan.firstSeed() + plan.seeds() - 1);
  }

  // ---- the best --------------------------------------------------------------------------------

  private List<Block> best() {
    List<Block> blocks = new ArrayList<>();
    Ranking ranking = results.best(measure);
    ranking.unranked().ifPresent(why -> blocks.add(new Paragraph(why)));
    if (ranking.places().isEmpty()) {
      return blocks;
    }
    blocks.add(
        new Paragraph(
            ("By %s, %s first: mean over seeds and its 95 %% interval. Beside each is whether it"
                    + " can be told from the next, seed by seed. The best of many is in part the"
                    + " luckiest of many: run it with other seeds before it is believed.")
                .formatted(
                    measure.title(), measure.isHigherBetter() ? "the largest" : "the smallest")));
    List<List<String>> rows = new ArrayList<>();
    for (Ranking.Place place : ranking.places().stream().limit(PLACES).toList()) {
      rows.add(
          List.of(
              String.valueOf(rows.size() + 1),
              place.summary().title(),
              text(measure.quantity(), place.spread()),
              place.seeds(),
              place.text()));
    }
    blocks.add(new Table(List.of("", "settings", measure.title(), "seeds", "next"), rows));
    if (ranking.places().size() > PLACES) {
      blocks.add(
          new Note(
              String.format(
                  Locale.ROOT,
                  "The first %d of %,d; runs.json has all.",
                  PLACES,
                  ranking.places().size())));
    }
    for (Measure other : Measure.values()) {
      Optional<Ranking.Place> first = results.best(other).places().stream().findFirst();
      if (other != measure && first.isPresent()) {
        blocks.add(
            new Paragraph(
                "By %s it is %s: %s."
                    .formatted(
                        other.title(),
                        first.get().summary().title(),
                        text(other.quantity(), first.get().spread()))));
      }
    }
    return blocks;
  }

  private static String text(Quantity quantity, Spread spread) {
    return spread.text(quantity::text).replace("+-", "\u00b1");
  }

  // ---- the curve -------------------------------------------------------------------------------

  private List<Block> of(RateDistortion its) {
    List<Block> blocks = new ArrayList<>();
    blocks.add(
        new Paragraph(
            "What the model pays for telling images apart (KL, the rate) and what it gets for it"
                + " (RL, the distortion), a line for each combination of the other settings (Alemi"
                + " et al. 2018). ELBO is minus their sum, so it is best where the slope is -1."));
    curve.ifPresent(figure -> blocks.add(Picture.of(figure)));
    if (its.checks().isEmpty()) {
      blocks.add(
          new Note(
              its.lines().stream().allMatch(RateDistortion.Line::isWeighted)
                  ? "The slope is not checked: neighbouring points have no seed in common, or no"
                      + " larger KL from one to the next."
                  : "The slope is not checked: what these runs minimised is not RL + beta KL."));
      return blocks;
    }
    blocks.add(new Block.Heading("Minus the slope is beta"));
    blocks.add(new Paragraph(SlopeCheck.EXPLANATION));
    List<List<String>> checks = checks(its);
    blocks.add(
        checks.size() <= MOST_ROWS
            ? new Table(SlopeCheck.COLUMNS, checks)
            : new Rows(
                false,
                SlopeCheck.COLUMNS,
                checks.stream().map(row -> row.stream().map(Cell::of).toList()).toList()));
    blocks.add(new Note(SlopeCheck.CAUTION));
    return blocks;
  }

  private static List<List<String>> checks(RateDistortion its) {
    List<List<String>> rows = new ArrayList<>();
    for (RateDistortion.Line line : its.lines()) {
      for (SlopeCheck check : line.checks()) {
        rows.add(
            List.of(
                check.from().title() + " to " + its.at(check.to()),
                check.slope().text(value -> Numbers.rounded("%.3f", value)).replace("+-", "\u00b1"),
                "%s to %s"
                    .formatted(Numbers.beta(mean(check.from())), Numbers.beta(mean(check.to()))),
                check.beta().text(value -> Numbers.rounded("%.3f", value)).replace("+-", "\u00b1"),
                check.off(),
                check.verdict(),
                String.format(Locale.ROOT, "%d of %d", check.settled(), check.runs())));
      }
    }
    return rows;
  }

  private static double mean(Summary point) {
    return point.of(Quantity.LAST_BETA).orElseThrow().mean();
  }

  // ---- tables ----------------------------------------------------------------------------------

  private List<Quantity> present(Stream<Quantity> all) {
    return all.filter(quantity -> shown.stream().anyMatch(row -> quantity.of(row).isPresent()))
        .toList();
  }

  private List<Block> combinations() {
    List<Quantity> figures = present(FIGURES.stream());
    List<String> header = new ArrayList<>(settings());
    header.add("completed");
    figures.forEach(quantity -> header.add(quantity.title()));
    List<List<Cell>> rows = new ArrayList<>();
    for (Summary summary : results.summaries().stream().limit(SweepResults.MOST_SHOWN).toList()) {
      List<Cell> cells = new ArrayList<>(settings(summary.values()));
      cells.add(
          Cell.of(
              String.format(Locale.ROOT, "%d of %d", summary.completed(), summary.rows().size()),
              summary.completed()));
      for (Quantity quantity : figures) {
        cells.add(
            summary
                .of(quantity)
                .map(spread -> Cell.of(text(quantity, spread), spread.mean()))
                .orElse(Cell.of("-", Double.NaN)));
      }
      rows.add(cells);
    }
    int all = results.summaries().size();
    String which =
        all <= SweepResults.MOST_SHOWN
            ? ""
            : String.format(
                Locale.ROOT,
                " These are the first %,d of %,d; summary.csv has all.",
                SweepResults.MOST_SHOWN,
                all);
    return List.of(
        new Note(
            "Means over the seeds that were trained to their end, \u00b1 half the 95 % interval."
                + " Figures are nats per image; a header sorts."
                + which),
        new Rows(false, header, rows));
  }

  private List<String> settings() {
    return plan.settings().stream().map(Setting::name).toList();
  }

  private static List<Cell> settings(Map<String, String> values) {
    return values.values().stream()
        .map(
            value -> {
              OptionalDouble number = SweepAxes.number(value);
              return number.isPresent() ? Cell.of(value, number.getAsDouble()) : Cell.of(value);
            })
        .toList();
  }

  private List<Block> runs() {
    List<Quantity> figures = present(FIGURES.stream());
    boolean hasNotes = shown.stream().anyMatch(row -> row.note() != null);
    List<String> header = new ArrayList<>(List.of("run"));
    header.addAll(settings());
    header.add("seed");
    header.add("state");
    if (hasNotes) {
      header.add("note");
    }
    header.add("epochs");
    figures.forEach(quantity -> header.add(quantity.title()));
    header.add("engine");
    header.add("message");
    List<List<Cell>> rows = new ArrayList<>();
    for (SweepRow row : shown) {
      SweepPoint point = row.point();
      List<Cell> cells = new ArrayList<>();
      boolean hasFolder = row.state() != RunState.NOT_BEGUN;
      cells.add(
          new Cell(
              String.valueOf(point.index()),
              (double) point.index(),
              hasFolder ? "runs/" + point.name() + "/" : null));
      cells.addAll(settings(point.values()));
      cells.add(Cell.of(String.valueOf(point.seed()), (double) point.seed()));
      cells.add(Cell.of(row.state().text()));
      if (hasNotes) {
        cells.add(Cell.of(row.note() == null ? "" : row.note()));
      }
      Trained trained = row.trained();
      cells.add(
          trained == null
              ? Cell.of("-", Double.NaN)
              : Cell.of(
                  trained.epochsDone() == trained.epochsPlanned()
                      ? String.valueOf(trained.epochsDone())
                      : String.format(
                          Locale.ROOT, "%d of %d", trained.epochsDone(), trained.epochsPlanned()),
                  trained.epochsDone()));
      for (Quantity quantity : figures) {
        OptionalDouble value = quantity.of(row);
        String mark =
            quantity == Quantity.TRAIN_SECONDS && trained != null && trained.openSessions() > 0
                ? " or more"
                : "";
        cells.add(
            value.isPresent()
                ? Cell.of(quantity.text(value.getAsDouble()) + mark, value.getAsDouble())
                : Cell.of("-", Double.NaN));
      }
      cells.add(Cell.of(trained == null ? "" : trained.engine()));
      cells.add(Cell.of(row.message() == null ? "" : row.message()));
      rows.add(cells);
    }
    List<Block> blocks = new ArrayList<>();
    if (shown.size() < results.rows().size()) {
      blocks.add(
          new Note(
              String.format(
                  Locale.ROOT,
                  "The page shows %,d of the %,d runs, the best of them; runs.csv has all.",
                  shown.size(),
                  results.rows().size())));
    }
    blocks.add(new Rows(true, header, rows));
    return blocks;
  }
}
