// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import com.google.gson.JsonParseException;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.RegularFile.Links;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.BitsVersion;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.eval.LossFloor;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.report.Run;
import io.github.cvaegpu.study.RunFigures.LabelFigure;
import io.github.cvaegpu.study.StudyRun.Role;
import io.github.cvaegpu.train.AtomicFile;
import io.github.cvaegpu.train.Checkpoint;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.RunQueue;
import io.github.cvaegpu.train.SideBySide;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Measures a study's finished runs and judges its sentences by them. */
public final class StudyReport {
  private static final String EVALUATION = "evaluation.json";
  private static final int MAX_EVALUATION_BYTES = 1 << 20;

  private final Study study;
  private final Dataset dataset;
  private final RunQueue queue;
  private final Map<StudyRun, RunFacts> facts = new LinkedHashMap<>();
  private StudyResult result;

  /**
   * @param study what was run
   * @param dataset on which images
   * @param queue that ran it
   */
  public StudyReport(Study study, Dataset dataset, RunQueue queue) {
    this.study = study;
    this.dataset = dataset;
    this.queue = queue;
  }

  /**
   * Measures every finished model that has not been measured before.
   *
   * @param accelerator to encode and score on
   * @param atOnce models that are measured at a time, from 1
   * @param stopRequested asked before each model
   * @return false if it was asked to stop
   */
  public boolean measure(
      Accelerator accelerator, int atOnce, StudyListener listener, BooleanSupplier stopRequested) {
    List<StudyRun> finished =
        study.runs().stream().filter(run -> queue.isFinished(run.named())).toList();
    var measured = new RunFacts[finished.size()];
    new SideBySide(atOnce)
        .work(
            measured.length,
            i -> {
              if (stopRequested.getAsBoolean()) {
                return false;
              }
              measured[i] = measured(finished.get(i), accelerator, listener);
              return true;
            });
    for (int i = 0; i < measured.length; i++) {
      if (measured[i] == null) {
        return false;
      }
      facts.put(finished.get(i), measured[i]);
    }
    return true;
  }

  private RunFacts measured(StudyRun run, Accelerator accelerator, StudyListener listener) {
    Run files = Run.read(queue.folder(run.named()));
    if (files.series().isEmpty() || files.checkpoint().isEmpty()) {
      throw new InputException(
          "%s is finished but %s is missing: put it back, or remove the folder to train it again."
              .formatted(
                  files.folder(),
                  files.series().isEmpty() ? "metrics.csv" : "checkpoint.safetensors"));
    }
    return new RunFacts(
        run, files, files.series().get(), evaluation(run, files, accelerator, listener));
  }

  private RunEvaluation evaluation(
      StudyRun run, Run files, Accelerator accelerator, StudyListener listener) {
    Path file = files.folder().resolve(EVALUATION);
    String sha256 = files.record().parametersSha256().getLast();
    Optional<RunEvaluation> before = read(file).filter(evaluation -> evaluation.isOf(sha256));
    if (before.isPresent()) {
      return before.get();
    }
    listener.measures(run);
    Checkpoint checkpoint = files.checkpoint().orElseThrow();
    try (VaeModel model = checkpoint.model(accelerator)) {
      RunEvaluation evaluation = RunEvaluation.of(model, checkpoint, dataset, sha256);
      write(file, Json.PRETTY.toJson(evaluation) + "\n");
      return evaluation;
    }
  }

  /** What an earlier process measured; empty if it cannot be used, and is measured anew. */
  private static Optional<RunEvaluation> read(Path file) {
    try {
      if (!RegularFile.isTaken(file)) {
        return Optional.empty();
      }
      byte[] json = RegularFile.readAllBytes(file, Links.REFUSED, MAX_EVALUATION_BYTES);
      return Optional.ofNullable(
          Json.PRETTY.fromJson(new String(json, StandardCharsets.UTF_8), RunEvaluation.class));
    } catch (IOException | JsonParseException e) {
      return Optional.empty();
    }
  }

  /** Judges the study's sentences by what was measured. */
  public void judge() {
    List<RunFigures> runs = facts.values().stream().map(RunFacts::figures).toList();
    Floors floors = floors();
    List<Claim> claims = new ArrayList<>();
    for (double rate : study.learningRates()) {
      claims.addAll(new Claims(rate, runs, study.setPoints(), floors).judge());
    }
    result =
        new StudyResult(
            about(),
            warnings(),
            floors.train(),
            floors.test(),
            claims,
            published(runs),
            floors.testByLabel(),
            runs);
  }

  private Floors floors() {
    var floor = new LossFloor(Objective.study());
    List<Integer> labels = dataset.test().hasLabels() ? Comparison.NAMED_DIGITS : List.of();
    return new Floors(
        floor.mean(dataset.train()),
        floor.mean(dataset.test()),
        labels.stream()
            .map(label -> new LabelFigure(label, floor.mean(dataset.test(), label)))
            .toList());
  }

  /** A run's facts; empty if it was not trained to its end. */
  Optional<RunFacts> facts(StudyRun run) {
    return Optional.ofNullable(facts.get(run));
  }

  /** The finished runs of a learning rate and a role, by seed. */
  List<RunFacts> finished(double rate, Role role) {
    return study.runs(rate, role).stream().filter(facts::containsKey).map(facts::get).toList();
  }

  private String about() {
    return String.format(
        Locale.ROOT,
        "Measured on %s with %d epoch%s, %d seed%s and learning rate%s %s; the ControlVAE's set"
            + " point is %s. The test figures are means of %d samples an image over %,d images.",
        dataset.name(),
        study.epochs(),
        study.epochs() == 1 ? "" : "s",
        study.seeds(),
        study.seeds() == 1 ? "" : "s",
        study.learningRates().size() == 1 ? "" : "s",
        String.join(" and ", study.learningRates().stream().map(Numbers::plain).toList()),
        Numbers.plain(Study.setPoint()),
        RunEvaluation.TEST_SAMPLES,
        dataset.test().size());
  }

  private List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    if (!dataset.name().equals("mnist")) {
      warnings.add(
          "The study is about MNIST; these figures are of %s and say nothing about its claims."
              .formatted(dataset.name()));
    }
    for (StudyRun run : study.runs()) {
      if (!facts.containsKey(run)) {
        warnings.add("%s was not trained to its end and is left out.".formatted(run.name()));
      }
    }
    otherBits().ifPresent(warnings::add);
    facts.forEach(
        (run, found) ->
            found.evaluation().exact().doubts().stream()
                .map(doubt -> run.name() + ": " + doubt)
                .forEach(warnings::add));
    return warnings;
  }

  /** A warning where the runs do not all have the bits of one version of this program. */
  private Optional<String> otherBits() {
    List<Integer> numbers =
        facts.values().stream()
            .flatMap(finished -> finished.run().record().bits().stream())
            .distinct()
            .sorted()
            .toList();
    if (numbers.size() < 2) {
      return Optional.empty();
    }
    return Optional.of(
        "These runs were trained by versions of this program that give different bits (%s): the"
                .formatted(
                    String.join(" and ", numbers.stream().map(StudyReport::numberOfBits).toList()))
            + " figures are not those that one version alone gives.");
  }

  private static String numberOfBits(int bits) {
    return bits == BitsVersion.UNKNOWN
        ? "a number that was not recorded"
        : String.format(Locale.ROOT, "number %d", bits);
  }

  private List<Published.Row> published(List<RunFigures> runs) {
    List<RunFigures> beta = published(runs, Role.BETA);
    List<RunFigures> control = published(runs, Role.CONTROL);
    boolean isComparable =
        study.epochs() == Published.EPOCHS && !beta.isEmpty() && !control.isEmpty();
    return isComparable ? Published.compare(beta, control) : List.of();
  }

  private static List<RunFigures> published(List<RunFigures> runs, Role role) {
    return runs.stream()
        .filter(run -> run.role() == role && run.learningRate() == Published.LEARNING_RATE)
        .toList();
  }

  /** What was judged. */
  StudyResult result() {
    return result;
  }

  /** The study's sentences and verdicts, a line each, for the terminal. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    double rate = Double.NaN;
    for (Claim claim : result.claims()) {
      if (claim.learningRate() != rate) {
        rate = claim.learningRate();
        lines.add("Learning rate %s".formatted(Numbers.plain(rate)));
      }
      lines.add("  " + ClaimsDocument.line(claim));
    }
    if (study.seeds() == 1) {
      lines.add("One seed shows differences and gives no verdict; --seeds 3 or more can give one.");
    }
    result.warnings().forEach(warning -> lines.add("Warning: " + warning));
    return lines;
  }

  /** The result as one line of JSON. */
  public String json() {
    return Json.COMPACT.toJson(result);
  }

  /**
   * Writes {@code claims.md} and {@code claims.json}.
   *
   * @throws UnwritableException if they cannot be written
   */
  public void writeClaims(Path folder) {
    write(folder.resolve("claims.md"), ClaimsDocument.markdown(result));
    write(folder.resolve("claims.json"), Json.PRETTY.toJson(result) + "\n");
  }

  private static void write(Path file, String text) {
    try {
      AtomicFile.replace(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UnwritableException(
          "%s cannot be written: %s.".formatted(file, AtomicFile.reason(e)), e);
    }
  }

  // ---- for figures -----------------------------------------------------------------------------

  Study study() {
    return study;
  }

  ImageSet testImages() {
    return dataset.test();
  }

  /** Encodes the test images with a model. */
  Posterior testPosterior(RunFacts run, Accelerator accelerator) {
    Checkpoint checkpoint = run.run().checkpoint().orElseThrow();
    try (VaeModel model = checkpoint.model(accelerator)) {
      return Posterior.of(model, dataset.test());
    }
  }
}
