// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.data.Split;
import io.github.cvaegpu.engine.RateSchedule;
import io.github.cvaegpu.train.Patience;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.Validation;
import io.github.cvaegpu.train.ValidationRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** {@code train} with images held out, with patience, and with a learning rate that goes. */
class ValidationAndRatesTest {
  @TempDir static Path temp;
  private static Path images;
  private static Path plain;
  private static Path validated;
  private static Path stopped;
  private static CommandRun stopping;

  @TempDir Path folder;
  private Path run;

  @BeforeAll
  static void trainOnce() throws IOException {
    images = TinyImages.writeFolder(temp.resolve("images"), 1);
    plain = temp.resolve("plain");
    CommandRun.of(train(plain, "")).succeeded();
    validated = temp.resolve("validated");
    CommandRun.of(
            train(
                validated,
                "--validation 0.2 --patience 9 --lr-schedule cosine --lr-end 1e-3"
                    + " --lr-warm-up 3"))
        .succeeded();
    stopped = temp.resolve("stopped");
    stopping =
        CommandRun.of(
                train(stopped, "--control constant --validation 0.2 --patience 1 --epochs 60"))
            .succeeded();
  }

  private Path newRun() {
    run = folder.resolve("run");
    return run;
  }

  private static List<String> train(Path out, String options) {
    List<String> args = new ArrayList<>(List.of("train", "--out", out.toString()));
    args.addAll(List.of("--data", images.toString()));
    String small = "--batch 64 --hidden 20,10 --lr 0.01 --threads 1 --engine cpu";
    args.addAll(List.of(small.split(" ", -1)));
    if (!options.contains("--epochs")) {
      args.addAll(List.of("--epochs", "2"));
    }
    if (!options.isEmpty()) {
      args.addAll(List.of(options.split(" ", -1)));
    }
    return args;
  }

  private static CommandRun resume(Path out, String options) {
    List<String> args = new ArrayList<>(List.of("train", "--resume", "--out", out.toString()));
    args.addAll(List.of("--engine", "cpu"));
    args.addAll(List.of(options.split(" ", -1)));
    return CommandRun.of(args);
  }

  // ---- what is refused -------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--validation 0 | The fraction of the training images to validate on must be between 0 and"
            + " 1, not 0.0.",
        "--validation 1.5 | The fraction of the training images to validate on must be between 0"
            + " and 1, not 1.5.",
        "--validation 0.001 | Validation on 0.001 of 300 training images leaves none to validate"
            + " on: take a larger fraction.",
        "--validation 0.999 | Validation on 0.999 of 300 training images leaves none to train on:"
            + " take a smaller fraction.",
        "--validation 0.9 | A batch of 64 does not fit the 30 training images that validation"
            + " leaves: take a smaller one.",
        "--patience 3 | --patience needs images to go by: add --validation 0.1, which holds a tenth"
            + " of the training images out.",
        "--validation 0.2 --patience-on rl | --patience-on has no effect without --patience N.",
        "--validation 0.2 --patience 0 | Patience must be 1 epoch or more, not 0.",
        "--lr-end 0 --lr-step 3 | No learning-rate schedule knows --lr-end and --lr-step together:"
            + " leave out what belongs to another.",
        "--lr-schedule step --lr-end 0 | --lr-end has no effect with --lr-schedule step: it is for"
            + " cosine.",
        "--lr-schedule constant --lr-factor 0.5 | --lr-factor has no effect with --lr-schedule"
            + " constant: it is for step.",
        "--lr-schedule cosine --lr-step 5 | --lr-step has no effect with --lr-schedule cosine: it"
            + " is for step.",
        "--lr-warm-up -1 | The warm-up must be of 0 steps or more, not -1.",
        "--lr-end -1 | The learning rate must end at 0 or a positive number, not -1.0.",
        "--lr-end 0.5 | A cosine from a learning rate of 0.01 cannot end at 0.5: it falls.",
        "--lr-schedule cosine --lr-warm-up 10 | A warm-up of 10 steps leaves none of the cosine's"
            + " 10: take fewer.",
        "--lr-step 0 | The learning rate must stay for 1 epoch or more between its steps, not 0.",
        "--lr-factor 1 | The factor of the learning rate must be above 0 and below 1, not 1.0.",
      })
  void badInputIsASentence(String options, String sentence) {
    assertEquals(sentence, CommandRun.of(train(newRun(), options)).refusal());
    assertFalse(Files.exists(run));
  }

  /** picocli's own sentences. */
  @ParameterizedTest
  @CsvSource({
    "--validation=half",
    "--patience=1.5",
    "--patience-on=kl",
    "--lr-schedule=spiral",
    "--lr-warm-up=some"
  })
  void whatIsNoValueIsRefused(String option) {
    String refusal = CommandRun.of(train(newRun(), option)).refusal();
    String[] parts = option.split("=", -1);
    assertTrue(refusal.contains(parts[0]) && refusal.contains(parts[1]), refusal);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "plain | --validation 0.2 | --validation none and cannot go on with 0.2.",
        "plain | --patience 2 | --patience none and cannot go on with 2.",
        "plain | --lr-schedule cosine | --lr-schedule constant and cannot go on with cosine.",
        "plain | --lr-warm-up 5 | --lr-warm-up 0 and cannot go on with 5.",
        "validated | --validation 0.3 | --validation 0.2 and cannot go on with 0.3.",
        "validated | --patience 3 | --patience 9 and cannot go on with 3.",
        "validated | --patience-on rl | --patience-on elbo and cannot go on with rl.",
        "validated | --lr-schedule step | --lr-schedule cosine and cannot go on with step.",
        "validated | --lr-end 0.002 | --lr-end 0.001 and cannot go on with 0.002.",
        "validated | --lr-warm-up 4 | --lr-warm-up 3 and cannot go on with 4.",
      })
  void anotherSettingIsRefusedByName(String which, String options, String sentence) {
    assertEquals(
        "The run was started with " + sentence, resume(temp.resolve(which), options).refusal());
  }

  @Test
  void whatWouldHaveNoEffectOnARunIsRefused() {
    assertEquals(
        "--lr-factor has no effect with --lr-schedule cosine: it is for step.",
        resume(validated, "--lr-factor 0.5").refusal());
  }

  @Test
  void theSameSettingsAreNoObstacle() {
    assertTrue(
        resume(
                validated,
                "--validation 0.2 --patience 9 --patience-on elbo --lr-schedule cosine --lr-end"
                    + " 0.001 --lr-warm-up 3")
            .succeeded()
            .out()
            .startsWith("Nothing was left to train: "));
  }

  @Test
  void aCosineThatFellToZeroTrainsNoFurther() {
    CommandRun.of(train(newRun(), "--lr-schedule cosine")).succeeded();
    assertEquals(
        "The learning rate has fallen to 0 after 2 epochs, so that more of them would train"
            + " nothing: begin a new run whose cosine is longer, or ends above 0.",
        resume(run, "--epochs 3").refusal());
    // Where it ends above 0, it stays there.
    Path above = folder.resolve("above");
    CommandRun.of(train(above, "--lr-end 1e-3")).succeeded();
    resume(above, "--epochs 3").succeeded();
    assertEquals(3, RunDirectory.readRecord(above).parametersSha256().size());
  }

  // ---- what the options do ---------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | --validation 0.2",
        "--validation 0.2 | --validation 0.3",
        "'' | --lr-schedule cosine",
        "'' | --lr-warm-up 5",
        "--lr-schedule cosine | --lr-end 0.005",
        "--lr-schedule step | --lr-step 1",
        "--lr-step 1 | --lr-factor 0.7",
      })
  void everyKnobTurnsSomething(String base, String option) {
    CommandRun.of(train(newRun(), base)).succeeded();
    Path turned = folder.resolve("turned");
    // The later of two is taken as an error: the base's is left out where it is given again.
    String name = option.substring(0, option.indexOf(' '));
    CommandRun.of(train(turned, base.contains(name) ? option : (base + " " + option).strip()))
        .succeeded();
    assertNotEquals(
        RunDirectory.readRecord(run).parametersSha256().getLast(),
        RunDirectory.readRecord(turned).parametersSha256().getLast());
  }

  @Test
  void everyOptionIsCovered() {
    Set<String> known = new HashSet<>();
    for (Object options : List.of(new RateOptions(), new ValidationOptions())) {
      for (var option : CommandLine.Model.CommandSpec.forAnnotatedObject(options).options()) {
        known.add(option.longestName());
      }
    }
    assertEquals(
        Set.of(
            "--validation",
            "--patience",
            "--patience-on",
            "--lr-schedule",
            "--lr-warm-up",
            "--lr-end",
            "--lr-step",
            "--lr-factor"),
        known);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "constant | --lr-warm-up 4",
        "cosine | --lr-end 0",
        "cosine | --lr-warm-up 4 --lr-end 0",
        "step | --lr-step 3",
        "step | --lr-factor 0.5",
      })
  void whatIsGivenImpliesTheSchedule(String name, String options) {
    CommandRun.of(train(newRun(), options)).succeeded();
    assertEquals(name, RunDirectory.readRecord(run).plan().schedule().rateSchedule().name());
  }

  @Test
  void aRunsSettingsAreTakenOver() {
    List<String> args = train(newRun(), "--epochs 4");
    args.addAll(List.of("--from", validated.toString()));
    CommandRun.of(args).succeeded();
    RunRecord record = RunDirectory.readRecord(run);
    assertEquals(
        new Validation(0.2, new Patience(9, Patience.Measure.ELBO)), record.plan().validation());
    // As long as the new run.
    assertEquals(new RateSchedule.Cosine(3, 1e-3, 4), record.plan().schedule().rates());
    args.set(args.indexOf(run.toString()), folder.resolve("other").toString());
    args.addAll(List.of("--patience-on", "rl", "--lr-factor", "0.5"));
    CommandRun.of(args).succeeded();
    record = RunDirectory.readRecord(folder.resolve("other"));
    assertEquals(
        new Validation(0.2, new Patience(9, Patience.Measure.RL)), record.plan().validation());
    // A rise is part of any schedule.
    assertEquals(new RateSchedule.Step(3, 50, 0.5), record.plan().schedule().rates());
    List<String> longer = train(folder.resolve("longer"), "--epochs 4 --lr-warm-up 5");
    longer.addAll(List.of("--from", validated.toString()));
    CommandRun.of(longer).succeeded();
    assertEquals(
        new RateSchedule.Cosine(5, 1e-3, 4),
        RunDirectory.readRecord(folder.resolve("longer")).plan().schedule().rates());
  }

  @Test
  void theFirstLinesSayWhatBecomesOfTheLearningRate() {
    CommandRun result = CommandRun.of(train(newRun(), "--lr-end 0 --lr-warm-up 4")).succeeded();
    assertTrue(
        result
            .err()
            .contains(
                "\nLearning rate 0.01, 4 steps of warm-up, then a cosine to 0 over 2 epochs\n"),
        result.err());
    assertFalse(CommandRun.of(train(folder.resolve("plain"), "")).err().contains("Learning rate"));
  }

  // ---- what is said ----------------------------------------------------------------------------

  private static String figures(ValidationRow row) {
    return String.format(
        Locale.ROOT,
        "RL %.2f  KL %s  ELBO %.2f",
        row.rl(),
        Numbers.rounded("%.2f", row.kl()),
        row.elbo());
  }

  @Test
  void anEpochsLineAndTheLastOnesHaveTheValidationImages() {
    RunRecord record = RunDirectory.readRecord(stopped);
    ValidationRow best = record.best().orElseThrow();
    int last = record.stoppedAfter().orElseThrow();
    assertTrue(last < 60 && last == best.epoch() + 1, "epoch " + last);
    List<String> lines = stopping.out().lines().toList();
    assertTrue(
        lines.get(last - 1).startsWith("epoch " + last + "/60  RL ")
            && lines
                .get(last - 1)
                .contains("  validation " + figures(record.validated().last()) + "  "),
        lines.get(last - 1));
    int at = last + 2;
    assertEquals(
        "Validation, 60 training images held out; likelihood bernoulli: "
            + figures(record.validated().last()),
        lines.get(at));
    assertEquals(
        "Stopped early after epoch " + last + ": no better validation ELBO for an epoch",
        lines.get(at + 1));
    Path model = stopped.resolve("best.safetensors");
    assertEquals(
        String.format(
            Locale.ROOT,
            "Best epoch: %d, validation ELBO %.2f; to score its model: %s",
            best.epoch(),
            best.elbo(),
            Program.command("evaluate", model.toString())),
        lines.get(at + 2));
    // Which is what that command gives for those images.
    JsonObject scores =
        evaluate(model, "--split validation").succeeded().json().getAsJsonObject("evaluation");
    assertEquals(best.elbo(), scores.getAsJsonObject("elbo").get("mean").getAsDouble(), 1e-9);
  }

  private static CommandRun evaluate(Path model, String options) {
    List<String> args = new ArrayList<>(List.of("evaluate", model.toString(), "--json"));
    args.addAll(List.of("--samples", "1", "--engine", "cpu"));
    args.addAll(List.of(options.split(" ", -1)));
    return CommandRun.of(args);
  }

  @Test
  void whatStoppedEarlyIsComplete() {
    String out = resume(stopped, "--epochs 70").succeeded().out();
    assertTrue(
        out.startsWith("Nothing was left to train: the run is complete, as it stopped early.\n"),
        out);
  }

  @Test
  void theLineOfJsonHasWhatCameOfThem() {
    JsonObject line =
        resume(stopped, "--quiet --json").succeeded().json().getAsJsonObject("validated");
    RunRecord record = RunDirectory.readRecord(stopped);
    assertEquals(record.stoppedAfter().orElseThrow(), line.get("stopped_after").getAsInt());
    assertEquals(
        record.best().orElseThrow().elbo(), line.getAsJsonObject("best").get("elbo").getAsDouble());
    assertFalse(resume(plain, "--quiet --json").succeeded().json().has("validated"));
  }

  @Test
  void noEpochCountsWhereKlDoesNotSettle() {
    String out = CommandRun.of(train(newRun(), "--validation 0.2 --patience 1")).succeeded().out();
    assertTrue(
        out.contains(
            "\nNo epoch counted for --patience: beta was still rising or KL had not settled.\n"),
        out);
  }

  // ---- the parts of what a model was trained on ------------------------------------------------

  @Test
  void partsAreScoredAsTheRunDividedThem() throws IOException {
    RunRecord record = RunDirectory.readRecord(stopped);
    JsonObject line = evaluate(stopped, "--split validation").succeeded().json();
    assertEquals("validation", line.get("split").getAsString());
    JsonObject scores = line.getAsJsonObject("evaluation");
    assertEquals(60, scores.get("images").getAsInt());
    assertEquals(
        record.validated().last().rl(),
        scores.getAsJsonObject("rl").get("mean").getAsDouble(),
        1e-9);
    assertEquals(240, images(evaluate(stopped, "--split train")));
    assertEquals(300, images(evaluate(plain, "--split train")));
    // Of images that the run knows nothing of, nothing was held out.
    Path other = TinyImages.writeFolder(folder.resolve("other"), 7);
    assertEquals(300, images(evaluate(stopped, "--split train --data " + other)));
    assertEquals(
        "--split validation is a part of the images that the model was trained on: name no"
            + " others.",
        evaluate(stopped, "--split validation --data " + other).refusal());
    assertEquals(
        "The model was trained without --validation, so there are no validation images: take"
            + " --split test or train.",
        evaluate(plain, "--split validation").refusal());
  }

  private static int images(CommandRun result) {
    return result.succeeded().json().getAsJsonObject("evaluation").get("images").getAsInt();
  }

  @Test
  void validationImagesCanBeEncoded() throws IOException {
    Path out = folder.resolve("z.csv");
    CommandRun.of(
            "encode",
            stopped.toString(),
            "--split",
            "validation",
            "--output",
            out.toString(),
            "--engine",
            "cpu")
        .succeeded();
    assertEquals(61, Files.readAllLines(out).size());
    assertEquals(
        "--split validation is a part of the images that the model was trained on: name no"
            + " others.",
        CommandRun.of(
                "encode",
                stopped.toString(),
                "--input",
                TinyImages.writeFolder(folder.resolve("other"), 2).toString(),
                "--split",
                "validation",
                "--output",
                folder.resolve("other.csv").toString())
            .refusal());
  }

  /** What was held out is not among what was trained on, however the images are named. */
  @Test
  void theRunsOwnImagesHaveItsParts() throws IOException {
    for (Split split : List.of(Split.TRAIN, Split.VALIDATION)) {
      Path out = folder.resolve(split + ".csv");
      CommandRun.of(
              "encode",
              stopped.toString(),
              "--input",
              images.toString(),
              "--split",
              split.toString(),
              "--output",
              out.toString(),
              "--engine",
              "cpu")
          .succeeded();
      assertEquals(split == Split.TRAIN ? 241 : 61, Files.readAllLines(out).size());
    }
  }

  // ---- the page --------------------------------------------------------------------------------

  @Test
  void thePageHasThem() throws IOException {
    Path page = folder.resolve("report.html");
    CommandRun.of(
            "report",
            stopped.toString(),
            validated.toString(),
            plain.toString(),
            "--out",
            page.toString(),
            "--engine",
            "cpu")
        .succeeded();
    String html = Files.readString(page);
    RunRecord record = RunDirectory.readRecord(stopped);
    assertTrue(html.contains("validation ELBO"));
    assertTrue(html.contains(", stopped early after epoch " + record.stoppedAfter().orElseThrow()));
    assertTrue(html.contains("1 epoch on validation ELBO"));
    assertTrue(html.contains("(240 to train with, 60 to validate on, 50 to test with)"));
    assertTrue(
        html.contains("0.01, 3 steps of warm-up, then a cosine to 0.001 over 2 epochs"), "rate");
  }
}
