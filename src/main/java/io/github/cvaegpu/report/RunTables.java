// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.control.ControlReport;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.report.RunRows.Row;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.TrainingPlan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.DoubleFunction;
import java.util.function.Function;

/** Runs side by side: what they are, their final figures, and all that is recorded of them. */
final class RunTables {
  /** What is to be known of figures of several likelihoods. */
  static final String SEVERAL_LIKELIHOODS =
      "These runs have several likelihoods, under which a loss means different things: RL and ELBO"
          + " of one cannot be compared with those of another.";

  private final List<Run> runs;
  private final List<String> names;

  /**
   * @param runs one or more
   * @param names one a run
   */
  RunTables(List<Run> runs, List<String> names) {
    this.runs = runs;
    this.names = names;
  }

  // ---- what they are ---------------------------------------------------------------------------

  /** A row a run, with the settings in which they differ; those that are alike in a sentence. */
  String whatTheyAre() {
    List<Row> columns = new ArrayList<>(List.of(RunRows.MODEL));
    List<String> alike = new ArrayList<>();
    List<String> ofSome = new ArrayList<>();
    for (Row row : RunRows.settings(runs)) {
      List<String> said = applicable(row);
      if (said.size() > 1) {
        columns.add(row);
      } else if (said.size() == 1) {
        // Each rule has settings of its own.
        boolean isOfAll = runs.stream().map(row.cell()).noneMatch(RunRows.NONE::equals);
        (isOfAll ? alike : ofSome).add(row.name() + " " + said.getFirst());
      }
    }
    columns.add(RunRows.STARTED);
    columns.add(RunRows.ENDED);
    if (!runs.stream().allMatch(RunRows::isCompleted)) {
      columns.add(RunRows.STATE);
    }
    List<Html.Row> rows = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      Run run = runs.get(i);
      rows.add(
          new Html.Row(
              names.get(i), "", columns.stream().map(column -> column.cell().apply(run)).toList()));
    }
    String settings =
        (runs.size() == 1 ? "Settings: " : "Alike in all of them: ")
            + String.join("; ", alike)
            + "."
            + (ofSome.isEmpty()
                ? ""
                : " Of those that have it: " + String.join("; ", ofSome) + ".");
    String note = alike.isEmpty() && ofSome.isEmpty() ? "" : Html.note(settings);
    return Html.cards("what", "run", columns.stream().map(Row::name).toList(), rows) + note;
  }

  /** What the runs that have something to say of it say, each once. */
  private List<String> applicable(Row row) {
    return runs.stream()
        .map(row.cell())
        .filter(cell -> !cell.equals(RunRows.NONE))
        .distinct()
        .toList();
  }

  // ---- final figures ---------------------------------------------------------------------------

  /** A row a run, and one for all that differ in nothing but the seed. */
  String finalFigures() {
    List<List<Run>> groups = bySettings();
    List<Html.Row> rows = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      Run run = runs.get(i);
      boolean isAlone = groups.stream().anyMatch(group -> group.size() == 1 && group.contains(run));
      String seed = String.format(Locale.ROOT, "seed %d", run.record().plan().seed());
      rows.add(new Html.Row(names.get(i), isAlone ? "one seed" : seed, figures(run)));
    }
    for (List<Run> group : groups) {
      if (group.size() > 1) {
        rows.add(overSeeds(group));
      }
    }
    String note =
        hasValidation()
            ? " Validation figures are of training images that were held out, after the last epoch."
            : "";
    return Html.cards("figures", "run", figureColumns(), rows)
        + Html.note(about(groups) + note + aboutLikelihoods());
  }

  private List<String> figureColumns() {
    List<String> columns = new ArrayList<>(List.of("test RL", "test KL", "test ELBO"));
    if (hasValidation()) {
      columns.add("validation ELBO");
    }
    columns.add(
        "KL less set point" + lastSteps(run -> RunRows.control(run).map(ControlReport::tailSteps)));
    columns.add("beta" + lastSteps(run -> RunRows.lastSteps(run).map(RunRecord.LastSteps::steps)));
    return columns;
  }

  private boolean hasValidation() {
    return runs.stream().anyMatch(run -> run.record().validated() != null);
  }

  /** Test RL, KL and ELBO, the validation images' where a run has some, and the last steps'. */
  private List<String> row(Function<Figure, String> cell) {
    List<Figure> figures =
        new ArrayList<>(
            List.of(
                new Figure(RunRows::testRl, "%.2f"),
                new Figure(RunRows::testKl, "%.2f"),
                new Figure(RunRows::testElbo, "%.2f")));
    if (hasValidation()) {
      figures.add(new Figure(RunRows::validationElbo, "%.2f"));
    }
    figures.add(new Figure(RunTables::offset, "%+.3f"));
    figures.add(new Figure(RunTables::beta, Numbers::beta));
    return figures.stream().map(cell).toList();
  }

  /** A column of final figures. */
  private record Figure(Function<Run, OptionalDouble> of, DoubleFunction<String> text) {
    Figure(Function<Run, OptionalDouble> of, String format) {
      this(of, number -> Numbers.rounded(format, number));
    }
  }

  /** What a figure is the mean of, where it is the same in all runs. */
  private String lastSteps(Function<Run, Optional<Integer>> steps) {
    List<Integer> counts =
        runs.stream().flatMap(run -> steps.apply(run).stream()).distinct().toList();
    return counts.size() == 1
        ? String.format(Locale.ROOT, ", last %,d steps", counts.getFirst())
        : ", last steps";
  }

  private static OptionalDouble offset(Run run) {
    return RunRows.control(run)
        .map(report -> OptionalDouble.of(report.offset()))
        .orElse(OptionalDouble.empty());
  }

  private static OptionalDouble beta(Run run) {
    return RunRows.lastSteps(run)
        .map(last -> OptionalDouble.of(last.beta()))
        .orElse(OptionalDouble.empty());
  }

  private List<String> figures(Run run) {
    return row(figure -> RunRows.figure(figure.of().apply(run), figure.text()));
  }

  /** Runs that have all settings but the seed and their images in common, each seed once. */
  private List<List<Run>> bySettings() {
    Map<Object, Map<Long, Run>> groups = new LinkedHashMap<>();
    for (int i = 0; i < runs.size(); i++) {
      Run run = runs.get(i);
      TrainingPlan plan = run.record().plan();
      Object settings =
          RunRows.isCompleted(run)
              ? List.of(plan.withSeed(0), run.record().dataset().sha256())
              : (Object) i;
      groups.computeIfAbsent(settings, key -> new LinkedHashMap<>()).putIfAbsent(plan.seed(), run);
    }
    return groups.values().stream().map(group -> List.copyOf(group.values())).toList();
  }

  private Html.Row overSeeds(List<Run> group) {
    String members = Names.joined(group.stream().map(run -> names.get(runs.indexOf(run))).toList());
    return new Html.Row(
        "mean of " + members,
        String.format(Locale.ROOT, "%d seeds", group.size()),
        row(figure -> mean(group, figure)));
  }

  /** Mean and standard deviation; nothing where a run of the group has no such figure. */
  private static String mean(List<Run> group, Figure figure) {
    List<OptionalDouble> values = group.stream().map(figure.of()).toList();
    if (values.stream().anyMatch(OptionalDouble::isEmpty)) {
      return RunRows.NONE;
    }
    double mean = values.stream().mapToDouble(OptionalDouble::getAsDouble).average().orElseThrow();
    double squares = values.stream().mapToDouble(v -> Math.pow(v.getAsDouble() - mean, 2)).sum();
    double deviation = Math.sqrt(squares / (values.size() - 1));
    return RunRows.figure(OptionalDouble.of(mean), figure.text())
        + " ± "
        + RunRows.figure(OptionalDouble.of(deviation), figure.text()).replace("+", "");
  }

  private String aboutLikelihoods() {
    return Names.haveSeveralLikelihoods(runs) ? " " + SEVERAL_LIKELIHOODS : "";
  }

  private static String about(List<List<Run>> groups) {
    String units =
        "RL (reconstruction loss), KL and ELBO = -(RL + KL) are in nats per image, whatever beta"
            + " was; a lower RL and a higher ELBO are better. Test figures are of the held-out"
            + " images after the last step; the other columns are means over the last training"
            + " steps.";
    if (groups.stream().allMatch(group -> group.size() == 1)) {
      return units
          + (groups.size() == 1
              ? " They are of one seed: another seed gives others."
              : " They are of one seed each: with another seed the order may be another.");
    }
    return units
        + " ± is the standard deviation over seeds."
        + (groups.stream().allMatch(group -> group.size() > 1)
            ? ""
            : " Rows marked with one seed have none: with another seed their order may be"
                + " another.");
  }

  // ---- the rest --------------------------------------------------------------------------------

  /** A row a setting or figure, a column a run. */
  String all() {
    List<Row> all = new ArrayList<>(List.of(RunRows.MODEL));
    all.addAll(RunRows.settings(runs));
    all.addAll(List.of(RunRows.STARTED, RunRows.ENDED, RunRows.STATE));
    all.addAll(RunRows.TEST);
    if (hasValidation()) {
      all.addAll(RunRows.VALIDATION);
    }
    all.addAll(RunRows.TRAINING);
    all.add(
        new Row(
            "last steps, number",
            run ->
                RunRows.lastSteps(run).map(it -> RunRows.count(it.steps())).orElse(RunRows.NONE)));
    all.addAll(CONTROL);
    List<Html.Row> rows = new ArrayList<>();
    for (Row row : all) {
      List<String> cells = runs.stream().map(row.cell()).toList();
      boolean differs = applicable(row).size() > 1;
      rows.add(new Html.Row(row.name(), differs ? "differs" : "", cells));
    }
    return Html.cards("all", "", names, rows);
  }

  /** What the controller reports of itself. */
  private static final List<Row> CONTROL =
      List.of(
          new Row("KL less set point", run -> held(run, report -> tail(report, report.offset()))),
          new Row(
              "spread of KL about it", run -> held(run, report -> tail(report, report.spread()))),
          new Row(
              "settled within 2 %",
              run ->
                  held(
                      run,
                      report ->
                          report.settlingStep().isPresent()
                              ? "from step " + RunRows.count(report.settlingStep().getAsLong())
                              : "never for good")),
          new Row("at the lower limit of beta", run -> held(run, report -> share(report.atMin()))),
          new Row("at the upper limit of beta", run -> held(run, report -> share(report.atMax()))));

  private static String held(Run run, Function<ControlReport, String> what) {
    return RunRows.control(run).map(what).orElse(RunRows.NONE);
  }

  private static String tail(ControlReport report, double figure) {
    return String.format(
        Locale.ROOT,
        "%s, last %,d steps",
        RunRows.figure(OptionalDouble.of(figure), "%.3f"),
        report.tailSteps());
  }

  private static String share(ControlReport.Saturation limit) {
    return String.format(Locale.ROOT, "%.1f %% of the steps", 100 * limit.fraction());
  }

  /** A row a process that worked on a run. */
  String sessions() {
    List<Html.Row> rows = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      for (RunRecord.Session session : runs.get(i).record().sessions()) {
        rows.add(new Html.Row(names.get(i), "", session(session)));
      }
    }
    return rows.isEmpty()
        ? Html.note("Nothing is recorded of the processes that worked on these runs.")
        : Html.cards(
            "sessions",
            "run",
            List.of(
                "started",
                "ended",
                "from step",
                "program",
                "commit",
                "bits",
                "engine",
                "device",
                "matrix library",
                "threads",
                "precision",
                "Java",
                "system"),
            rows);
  }

  private static List<String> session(RunRecord.Session session) {
    EngineInfo engine = session.engine();
    return List.of(
        RunRows.minute(session.started()),
        RunRows.minute(session.ended()),
        RunRows.count(session.firstStep()),
        RunRows.orUnknown(session.program()),
        RunRows.orUnknown(session.commit()),
        session.bits() == null ? RunRows.UNKNOWN : RunRows.count(session.bits()),
        engine.engine(),
        engine.device(),
        engine.library(),
        RunRows.count(engine.threads()),
        engine.precision(),
        session.java(),
        session.os());
  }
}
