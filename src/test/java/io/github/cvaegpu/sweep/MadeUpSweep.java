// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import de.siegmar.fastcsv.reader.CsvReader;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.ControlReport;
import io.github.cvaegpu.control.ControlReport.Saturation;
import io.github.cvaegpu.control.HoldRule;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.eval.Estimate;
import io.github.cvaegpu.eval.Evaluation;
import io.github.cvaegpu.eval.ExactLikelihood;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.Plans;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import io.github.cvaegpu.train.TrainingPlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Stream;

/** Sweeps whose runs nobody trained: the files of runs with figures that a test chooses. */
final class MadeUpSweep {
  static final String SHA256 = "ab".repeat(32);
  private static final int IMAGES = 1280;
  private static final int STEPS_PER_EPOCH = 10;

  final SweepPlan plan;
  final SweepFolder folder;

  MadeUpSweep(Path folder, SweepPlan plan) {
    this.folder = new SweepFolder(folder);
    this.plan = plan;
    this.folder.begin(plan);
  }

  /** A grid of some settings, each as {@code name=value,value}. */
  static SweepPlan grid(int seeds, String... settings) {
    return new SweepPlan(
        Search.GRID,
        Stream.of(settings)
            .<Setting>map(
                text ->
                    new Setting.Choice(
                        text.substring(0, text.indexOf('=')),
                        List.of(text.substring(text.indexOf('=') + 1).split(",", -1))))
            .toList(),
        null,
        seeds,
        0,
        Map.of());
  }

  /** Figures of a run. */
  static final class Figures {
    double testRl = 100;
    double testKl = 5;
    double trainRl = 99;
    double trainKl = 5;
    double beta = 1;
    Double setPoint = 5.0;
    boolean settled = true;
    int latent = 2;
    Double logLikelihood;
    Double bound;
    BetaRule rule;
    ExitReason reason = ExitReason.COMPLETED;
    String message;
    String sha256 = SHA256;
    int epochs = 2;
    List<String[]> sessions =
        List.<String[]>of(new String[] {"2026-01-01T00:00:00Z", "2026-01-01T00:01:30Z"});

    /** Test figures, and the same in training. */
    static Figures of(double rl, double kl) {
      var figures = new Figures();
      figures.testRl = rl;
      figures.testKl = kl;
      figures.trainRl = rl;
      figures.trainKl = kl;
      return figures;
    }

    static Figures ended(ExitReason reason, String message) {
      var figures = new Figures();
      figures.reason = reason;
      figures.message = message;
      return figures;
    }
  }

  void put(int index, Figures figures) {
    Path run = folder.folder(plan.point(index));
    try {
      Files.createDirectories(run);
      Files.writeString(
          RunDirectory.recordFile(run), Json.PRETTY.toJson(record(plan.point(index), figures)));
      if (figures.bound != null || figures.logLikelihood != null) {
        measures(figures).write(run);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A value of each run, by index. */
  void putAll(Function<SweepPoint, Figures> of) {
    plan.points().forEach(point -> put(point.index(), of.apply(point)));
  }

  /** This sweep, with a value of each run. */
  MadeUpSweep with(Function<SweepPoint, Figures> of) {
    putAll(of);
    return this;
  }

  SweepResults read() {
    return SweepResults.read(plan, folder, Map.of(), point -> Optional.empty());
  }

  private static Evaluation evaluation(double rl, double kl, double bound) {
    return new Evaluation(
        50,
        1,
        new Estimate(rl, 0.5),
        new Estimate(kl, 0.1),
        new Estimate(-(rl + kl), 0.5),
        new Estimate(bound, 0.5),
        1);
  }

  private static RunMeasures measures(Figures figures) {
    double bound = figures.bound == null ? -(figures.testRl + figures.testKl) : figures.bound;
    var some = new Estimate(1, 0.1);
    return new RunMeasures(
        RunMeasures.FORMAT,
        SHA256,
        evaluation(figures.testRl, figures.testKl, bound),
        figures.logLikelihood == null
            ? null
            : new ExactLikelihood(
                50, new Estimate(figures.logLikelihood, 0.5), some, some, some, 0, 0, 0, 8, 0, 0));
  }

  private static RunRecord record(SweepPoint point, Figures figures) {
    BetaRule rule =
        figures.rule != null
            ? figures.rule
            : figures.setPoint == null
                ? new ConstantRule(figures.beta)
                : new HoldRule(figures.setPoint);
    TrainingPlan plan =
        Plans.of(
            rule,
            figures.epochs,
            IMAGES / STEPS_PER_EPOCH,
            1e-3,
            figures.latent,
            List.of(20),
            point.seed());
    boolean isCompleted = figures.reason == ExitReason.COMPLETED;
    int done = isCompleted ? figures.epochs : figures.epochs - 1;
    return new RunRecord(
        RunRecord.FORMAT,
        "cvae-gpu test",
        plan,
        "tiny",
        null,
        new RunRecord.Network(81, 4000),
        new RunRecord.DatasetRecord(
            "tiny", "memory", Dataset.Status.SYNTHETIC, IMAGES, null, 50, Map.of("train", "1")),
        figures.sessions.stream()
            .map(
                times ->
                    new RunRecord.Session(
                        "cvae-gpu test",
                        null,
                        null,
                        new EngineInfo("cpu", "a processor", "native step", 1, "float32"),
                        null,
                        "25",
                        "Linux",
                        0,
                        times[0],
                        times[1]))
            .toList(),
        (long) done * STEPS_PER_EPOCH,
        (long) done * STEPS_PER_EPOCH,
        figures.reason,
        figures.message,
        Collections.nCopies(done, figures.sha256),
        isCompleted ? metrics(figures) : null,
        null,
        null);
  }

  private static RunRecord.Metrics metrics(Figures figures) {
    return new RunRecord.Metrics(
        new RunRecord.LastSteps(
            20,
            figures.trainRl,
            figures.trainKl,
            -(figures.trainRl + figures.trainKl),
            figures.beta),
        evaluation(figures.testRl, figures.testKl, -(figures.testRl + figures.testKl)),
        figures.setPoint == null
            ? null
            : new ControlReport(
                20,
                new Saturation(0, 0, 0),
                new Saturation(0, 0, 0),
                figures.settled ? OptionalLong.of(12) : OptionalLong.empty(),
                OptionalDouble.of(0.25),
                2,
                figures.trainKl - figures.setPoint,
                0.1,
                0,
                OptionalLong.empty(),
                false),
        12_345,
        null);
  }

  /** A number of a setting of a run. */
  static double number(SweepPoint point, String setting) {
    return Double.parseDouble(point.values().get(setting));
  }

  /** Rows of CSV by the names of their columns. */
  static List<Map<String, String>> table(Path csv) {
    try (var reader = CsvReader.builder().ofNamedCsvRecord(csv)) {
      return reader.stream()
          .<Map<String, String>>map(row -> new LinkedHashMap<>(row.getFieldsAsMap()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
