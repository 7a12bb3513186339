// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.control.ControlReport;
import io.github.cvaegpu.eval.Estimate;
import io.github.cvaegpu.eval.Evaluation;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.train.Patience;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.RunRecord.LastSteps;
import io.github.cvaegpu.train.TrainingPlan;
import io.github.cvaegpu.train.ValidationRow;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.DoubleFunction;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * What there is to say of a run, each under the name that help, {@code run.json} and figures have
 * for it. What a run's files may lack is said to be unknown.
 */
final class RunRows {
  /** What a run should have and its files do not say. */
  static final String UNKNOWN = "unknown";

  /** What a run does not have. */
  static final String NONE = "-";

  private static final DateTimeFormatter MINUTE =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm 'UTC'", Locale.ROOT);

  /**
   * One thing to say.
   *
   * @param name of it
   * @param cell what a run has
   */
  record Row(String name, Function<Run, String> cell) {}

  /** The model and what it is known by, in one. */
  static final Row MODEL = new Row("model", RunRows::model);

  /** Settings of any run, whatever decides its beta. */
  private static final List<Row> OF_ANY =
      List.of(
          new Row("likelihood", run -> run.record().likelihood()),
          new Row("learning rate", run -> ofPlan(run, p -> p.schedule().ratesTitle())),
          new Row("epochs", run -> ofPlan(run, p -> count(p.epochs()))),
          new Row("batch size", run -> ofPlan(run, p -> count(p.batchSize()))),
          new Row("hidden widths", run -> ofPlan(run, p -> joined(p.hidden()))),
          new Row("latent dimensions", run -> ofPlan(run, p -> count(p.latent()))),
          new Row("seed", run -> ofPlan(run, p -> String.valueOf(p.seed()))),
          new Row("images", RunRows::images),
          new Row("program", run -> run.record().program()));

  /** The activation is only worth a row where a run has another. */
  private static final String USUAL_ACTIVATION = Activation.RELU.text();

  /** Settings that are only worth a row where a run has them, or others than usual. */
  private static final List<Row> OF_SOME =
      List.of(
          new Row("activation", run -> ofPlan(run, p -> p.network().activation().text())),
          new Row("patience", run -> ofPlan(run, RunRows::patience)));

  static final Row STARTED = new Row("started", run -> date(run, true));
  static final Row ENDED = new Row("ended", run -> date(run, false));
  static final Row STATE = new Row("how it stands", RunRows::state);

  /** Figures of the training images. */
  static final List<Row> TRAINING =
      List.of(
          new Row("training RL, last steps", run -> training(run, LastSteps::rl, "%.2f")),
          new Row("training KL, last steps", run -> training(run, LastSteps::kl, "%.2f")),
          new Row("training ELBO, last steps", run -> training(run, LastSteps::elbo, "%.2f")),
          new Row(
              "beta, last steps",
              run ->
                  lastSteps(run)
                      .map(last -> figure(OptionalDouble.of(last.beta()), Numbers::beta))
                      .orElse(NONE)));

  /** Figures of the test images. */
  static final List<Row> TEST =
      List.of(
          new Row("test RL", run -> figure(testRl(run), "%.2f")),
          new Row("test KL", run -> figure(testKl(run), "%.2f")),
          new Row("test ELBO", run -> figure(testElbo(run), "%.2f")));

  /** Figures of the validation images. */
  static final List<Row> VALIDATION =
      List.of(
          new Row("validation RL", run -> validation(run, ValidationRow::rl)),
          new Row("validation KL", run -> validation(run, ValidationRow::kl)),
          new Row("validation ELBO", run -> validation(run, ValidationRow::elbo)),
          new Row("best epoch", RunRows::best));

  private RunRows() {}

  // ---- settings --------------------------------------------------------------------------------

  private static String ofPlan(Run run, Function<TrainingPlan, String> setting) {
    return setting.apply(run.record().plan());
  }

  /** Settings beside those of {@link #MODEL}: of what decides beta in one run or another first. */
  static List<Row> settings(List<Run> runs) {
    List<Row> rows =
        runs.stream()
            .flatMap(run -> run.record().plan().rule().settings().stream())
            .map(BetaRule.Setting::name)
            .distinct()
            .map(name -> new Row(name, run -> ofRule(run, name)))
            .collect(Collectors.toCollection(ArrayList::new));
    rows.addAll(OF_ANY);
    OF_SOME.stream()
        .filter(
            row ->
                runs.stream()
                    .map(row.cell())
                    .anyMatch(cell -> !cell.equals(NONE) && !cell.equals(USUAL_ACTIVATION)))
        .forEach(rows::add);
    return rows;
  }

  private static String patience(TrainingPlan plan) {
    return plan.patience()
        .map(
            it ->
                String.format(
                    Locale.ROOT,
                    "%,d %s on %s",
                    it.epochs(),
                    it.epochs() == 1 ? "epoch" : "epochs",
                    it.measure().title()))
        .orElse(NONE);
  }

  private static String ofRule(Run run, String name) {
    return run.record().plan().rule().settings().stream()
        .filter(setting -> setting.name().equals(name))
        .map(BetaRule.Setting::value)
        .findFirst()
        .orElse(NONE);
  }

  private static String model(Run run) {
    return run.record().plan().rule().title();
  }

  /** The KL divergence that a run is to hold; empty if it holds none. */
  static OptionalDouble setPoint(Run run) {
    return run.record()
        .plan()
        .rule()
        .target()
        .map(target -> OptionalDouble.of(target.kl()))
        .orElse(OptionalDouble.empty());
  }

  private static String images(Run run) {
    RunRecord.DatasetRecord images = run.record().dataset();
    return String.format(
        Locale.ROOT,
        "%s (%,d to train with, %s%,d to test with)",
        images.name(),
        images.trainImages(),
        images.validationImages() == null
            ? ""
            : String.format(Locale.ROOT, "%,d to validate on, ", images.validationImages()),
        images.testImages());
  }

  // ---- how it went -----------------------------------------------------------------------------

  private static String state(Run run) {
    RunRecord record = run.record();
    String word =
        switch (record.exitReason()) {
          case RUNNING -> "running, or killed";
          case COMPLETED -> "completed";
          case INTERRUPTED -> "interrupted";
          case DIVERGED -> "diverged";
          case FAILED -> "failed";
        };
    String state =
        String.format(Locale.ROOT, "%s, %,d of %,d steps", word, record.stepsDone(), planned(run));
    return record.message() == null
        ? state + record.stoppedAfter().map(RunRows::early).orElse("")
        : state + ": " + record.message();
  }

  private static String early(int epoch) {
    return String.format(Locale.ROOT, ", stopped early after epoch %,d", epoch);
  }

  private static long planned(Run run) {
    return run.record().plan().steps(run.record().dataset().trainImages());
  }

  static boolean isCompleted(Run run) {
    return run.record().exitReason() == RunRecord.ExitReason.COMPLETED;
  }

  private static String date(Run run, boolean isStart) {
    List<RunRecord.Session> sessions = run.record().sessions();
    if (sessions.isEmpty()) {
      return UNKNOWN;
    }
    RunRecord.Session session = isStart ? sessions.getFirst() : sessions.getLast();
    return minute(isStart ? session.started() : session.ended());
  }

  /** An instant of ISO 8601 as people read it; what is none is shown as it is. */
  static String minute(String instant) {
    if (instant == null) {
      return UNKNOWN;
    }
    try {
      return MINUTE.format(Instant.parse(instant).atOffset(ZoneOffset.UTC));
    } catch (DateTimeException e) {
      return instant;
    }
  }

  // ---- figures ---------------------------------------------------------------------------------

  private static Optional<RunRecord.Metrics> metrics(Run run) {
    return Optional.ofNullable(run.record().metrics());
  }

  /**
   * Means of the last steps: as recorded of a finished run, else of the last steps that its log
   * has.
   */
  static Optional<LastSteps> lastSteps(Run run) {
    Optional<LastSteps> recorded = metrics(run).map(RunRecord.Metrics::lastSteps);
    return recorded.isPresent()
        ? recorded
        : run.series().filter(series -> series.size() > 0).map(RunRows::lastSteps);
  }

  private static LastSteps lastSteps(Series series) {
    double rl = Series.lastMean(series.rl());
    double kl = Series.lastMean(series.kl());
    return new LastSteps(
        Math.min(Series.WINDOW, series.size()), rl, kl, -(rl + kl), Series.lastMean(series.beta()));
  }

  private static String training(Run run, Function<LastSteps, Double> figure, String format) {
    return lastSteps(run)
        .map(last -> figure(OptionalDouble.of(figure.apply(last)), format))
        .orElse(NONE);
  }

  /** How well a ControlVAE held its set point; empty for others and before the last step. */
  static Optional<ControlReport> control(Run run) {
    return metrics(run).map(RunRecord.Metrics::controller);
  }

  private static OptionalDouble test(Run run, Function<Evaluation, Estimate> figure) {
    return metrics(run)
        .map(RunRecord.Metrics::test)
        .map(figure)
        .map(estimate -> OptionalDouble.of(estimate.mean()))
        .orElse(OptionalDouble.empty());
  }

  private static Optional<ValidationRow> lastValidation(Run run) {
    return Optional.ofNullable(run.record().validated()).map(RunRecord.Validated::last);
  }

  private static String validation(Run run, ToDoubleFunction<ValidationRow> figure) {
    return lastValidation(run)
        .map(row -> figure(OptionalDouble.of(figure.applyAsDouble(row)), "%.2f"))
        .orElse(NONE);
  }

  /** After the last epoch done; empty of a run without validation images. */
  static OptionalDouble validationElbo(Run run) {
    return lastValidation(run)
        .map(row -> OptionalDouble.of(row.elbo()))
        .orElse(OptionalDouble.empty());
  }

  private static String best(Run run) {
    if (run.record().best().isEmpty()) {
      return NONE;
    }
    ValidationRow row = run.record().best().get();
    Patience.Measure measure = run.record().plan().patience().orElseThrow().measure();
    return String.format(
        Locale.ROOT, "%,d, %s %.2f", row.epoch(), measure.title(), measure.of(row));
  }

  static OptionalDouble testRl(Run run) {
    return test(run, Evaluation::reconstructionLoss);
  }

  static OptionalDouble testKl(Run run) {
    return test(run, Evaluation::klDivergence);
  }

  static OptionalDouble testElbo(Run run) {
    return test(run, Evaluation::elbo);
  }

  /** A figure; one that overflowed, which files have as null, is not known. */
  static String figure(OptionalDouble value, String format) {
    return figure(value, number -> Numbers.rounded(format, number));
  }

  /** The same of a number with a text of its own. */
  static String figure(OptionalDouble value, DoubleFunction<String> text) {
    if (value.isEmpty()) {
      return NONE;
    }
    return Double.isFinite(value.getAsDouble()) ? text.apply(value.getAsDouble()) : UNKNOWN;
  }

  // ---- words -----------------------------------------------------------------------------------

  static String orUnknown(String text) {
    return text == null ? UNKNOWN : text;
  }

  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String joined(List<Integer> widths) {
    return String.join(", ", widths.stream().map(String::valueOf).toList());
  }
}
