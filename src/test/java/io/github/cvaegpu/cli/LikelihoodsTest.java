// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.control.GecoRule;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.model.Targets;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.SavedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code --likelihood} and {@code --sigma}, from the training to every figure under them. */
class LikelihoodsTest {
  private static final String CHECKPOINT = "checkpoint.safetensors";

  /** A run each, with what is asked for. */
  enum Run {
    CONTINUOUS,
    GAUSSIAN,
    LEARNED;

    Objective objective() {
      return switch (this) {
        case CONTINUOUS -> new Objective(Likelihood.CONTINUOUS_BERNOULLI, Targets.GREY);
        case GAUSSIAN -> Objective.gaussian(Sigma.of(0.2));
        case LEARNED -> Objective.gaussian(Sigma.LEARNED);
      };
    }

    String[] options() {
      return switch (this) {
        case CONTINUOUS -> new String[] {"--likelihood=continuous-bernoulli"};
        case GAUSSIAN -> new String[] {"--likelihood=gaussian", "--sigma=0.2"};
        case LEARNED -> new String[] {"--likelihood=gaussian", "--sigma=learned"};
      };
    }

    Path folder() {
      return temp.resolve(name());
    }

    /** What figures are of: a standard deviation that was learned is told. */
    String title() {
      return SavedModel.open(folder()).objective().title();
    }
  }

  @TempDir static Path temp;
  private static Path images;

  @TempDir Path folder;

  private static CommandRun train(Path out, String... options) {
    return train(out, 1, options);
  }

  private static CommandRun train(Path out, int epochs, String... options) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "train",
                "--data=" + images,
                "--out=" + out,
                "--epochs=" + epochs,
                "--batch=64",
                "--hidden=20,10",
                "--latent=2",
                "--lr=0.01",
                "--engine=cpu",
                "--threads=1"));
    args.addAll(List.of(options));
    return CommandRun.of(args);
  }

  private static CommandRun with(Run run, String command, String... options) {
    List<String> args =
        new ArrayList<>(List.of(command, run.folder().toString(), "--engine=cpu", "--threads=1"));
    args.addAll(List.of(options));
    return CommandRun.of(args);
  }

  @BeforeAll
  static void trainAll() throws IOException {
    images = TinyImages.writeFolder(temp.resolve("images"), 1);
    for (Run run : Run.values()) {
      CommandRun result = train(run.folder(), run.options()).succeeded();
      assertEquals(
          2, result.out().split("; likelihood " + Pattern.quote(run.title()), -1).length - 1);
      assertTrue(
          result.err().lines().toList().contains("Likelihood " + run.objective().title()),
          result.err());
    }
  }

  // ---- what is trained for ---------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource
  void theRunHasItsObjective(Run run) {
    assertEquals(run.objective(), RunDirectory.readRecord(run.folder()).plan().objective());
    assertEquals(run.objective(), SavedModel.open(run.folder()).plan().objective());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--sigma 0.3 | 0.3 | false",
        "--sigma 1e-6 | 1e-6 | false",
        "--sigma learned | 1 | true",
        "--likelihood gaussian | 1 | false",
        "--likelihood gaussian --sigma 2 | 2 | false",
      })
  void asksForAStandardDeviation(String options, double value, boolean isLearned) {
    Path run = folder.resolve("run");
    train(run, options.split(" ", -1)).succeeded();
    assertEquals(
        Objective.gaussian(new Sigma(value, isLearned)),
        RunDirectory.readRecord(run).plan().objective());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | Sigma must be from 0.000001 to 1000000, not 0.",
        "-1 | Sigma must be from 0.000001 to 1000000, not -1.",
        "NaN | Sigma must be from 0.000001 to 1000000, not NaN.",
        "Infinity | Sigma must be from 0.000001 to 1000000, not Infinity.",
        "9e-7 | Sigma must be from 0.000001 to 1000000, not ",
        "1e7 | Sigma must be from 0.000001 to 1000000, not 10000000.",
        "1e999 | Sigma must be from 0.000001 to 1000000, not Infinity.",
        "wide | 'wide' is neither a number nor learned",
        "Learned | 'Learned' is neither a number nor learned",
      })
  void whatIsNoStandardDeviationIsRefused(String value, String sentence) {
    String refusal =
        train(folder.resolve("run"), "--likelihood=gaussian", "--sigma=" + value).refusal();
    assertTrue(refusal.contains("--sigma") && refusal.contains(sentence), refusal);
    assertTrue(Files.notExists(folder.resolve("run")));
  }

  /** Not in place of what another run has: that is to be said. */
  @Test
  void aStandardDeviationAloneIsNoLikelihoodBesideAnother() {
    assertEquals(
        "--sigma has no effect with --likelihood continuous-bernoulli: it is for gaussian.",
        train(folder.resolve("run"), "--from=" + Run.CONTINUOUS.folder(), "--sigma=0.3").refusal());
  }

  /** The default loss to hold is of the study's likelihood; that of a density may be below 0. */
  @Test
  void aLossToHoldIsToBeNamed() {
    String[] geco = {"--likelihood=continuous-bernoulli", "--control=geco", "--rl=-100"};
    Path run = folder.resolve("run");
    assertEquals(
        "--control geco needs an --rl under the likelihood continuous-bernoulli: 140 is a"
            + " loss under bernoulli.",
        train(run, geco[0], geco[1]).refusal());
    train(run, geco).succeeded();
    assertEquals(-100, ((GecoRule) RunDirectory.readRecord(run).plan().rule()).rl());
  }

  /** A first step of Adam is as long as its rate: the logarithm of sigma comes to -16. */
  @Test
  void aSigmaThatIsLearnedToNothingIsADivergence() {
    Path run = folder.resolve("run");
    CommandRun result =
        CommandRun.of(
            List.of(
                "train",
                "--data=" + images,
                "--out=" + run,
                "--epochs=1",
                "--batch=300",
                "--hidden=4",
                "--lr=16",
                "--sigma=learned",
                "--engine=cpu",
                "--threads=1"));
    assertEquals(ExitCode.DIVERGED, result.code(), result.err());
    assertTrue(
        result
            .err()
            .contains(
                "Training diverged at step 1: the sigma that is learned came to 1.13e-07, outside"
                    + " of 0.000001 to 1000000. "),
        result.err());
    assertEquals(RunRecord.ExitReason.DIVERGED, RunDirectory.readRecord(run).exitReason());
  }

  @ParameterizedTest
  @CsvSource({"bernoulli,1", "bernoulli-binarized,learned", "continuous-bernoulli,0.1"})
  void aStandardDeviationOfNothingIsRefused(String likelihood, String sigma) {
    assertEquals(
        "--sigma has no effect with --likelihood %s: it is for gaussian.".formatted(likelihood),
        train(folder.resolve("run"), "--likelihood=" + likelihood, "--sigma=" + sigma).refusal());
  }

  @Test
  void aNameThatThereIsNotIsRefused() {
    String refusal = train(folder.resolve("run"), "--likelihood=normal").refusal();
    assertTrue(
        refusal.contains(
            "'normal' is none of bernoulli, bernoulli-binarized, continuous-bernoulli and"
                + " gaussian"),
        refusal);
  }

  // ---- going on and starting alike -------------------------------------------------------------

  private CommandRun resume(Run run, String... options) throws IOException {
    Path copy = folder.resolve("copy");
    Files.createDirectories(copy);
    for (String file : List.of("run.json", "metrics.csv", CHECKPOINT)) {
      Files.copy(run.folder().resolve(file), copy.resolve(file));
    }
    List<String> args =
        new ArrayList<>(
            List.of("train", "--resume", "--out=" + copy, "--epochs=2", "--engine=cpu"));
    args.addAll(List.of(options));
    return CommandRun.of(args);
  }

  @ParameterizedTest
  @EnumSource
  void aRunGoesOnAsOneInOnePiece(Run run) throws IOException {
    resume(run, run.options()).succeeded();
    Path whole = folder.resolve("whole");
    train(whole, 2, run.options()).succeeded();
    assertEquals(
        RunDirectory.readRecord(whole).parametersSha256(),
        RunDirectory.readRecord(folder.resolve("copy")).parametersSha256());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GAUSSIAN | --likelihood=bernoulli | started with --likelihood gaussian",
        "GAUSSIAN | --sigma=0.3 | started with --sigma 0.2",
        "GAUSSIAN | --sigma=learned | started with --sigma 0.2",
        "LEARNED | --sigma=1 | started with --sigma learned",
        "CONTINUOUS | --likelihood=gaussian | started with --likelihood continuous-bernoulli",
        "CONTINUOUS | --sigma=1 | --likelihood continuous-bernoulli, which has no --sigma",
      })
  void aRunDoesNotGoOnAsAnother(Run run, String option, String reason) throws IOException {
    String refusal = resume(run, option).refusal();
    assertTrue(refusal.contains(reason), refusal);
  }

  @ParameterizedTest
  @EnumSource
  void aNewRunLikeItHasItToo(Run run) {
    Path like = folder.resolve("like");
    assertEquals(run.objective(), like(like, run));
    // What has the name alone keeps the rest.
    Path named = folder.resolve("named");
    assertEquals(run.objective(), like(named, run, run.options()[0]));
    assertEquals(Objective.study(), like(folder.resolve("other"), run, "--likelihood=bernoulli"));
  }

  private static Objective like(Path out, Run run, String... options) {
    List<String> all = new ArrayList<>(List.of("--from=" + run.folder()));
    all.addAll(List.of(options));
    train(out, all.toArray(String[]::new)).succeeded();
    return RunDirectory.readRecord(out).plan().objective();
  }

  @Test
  void aSigmaAloneReplacesTheRunsOwn() {
    assertEquals(
        Objective.gaussian(Sigma.of(0.7)),
        like(folder.resolve("other"), Run.LEARNED, "--sigma=0.7"));
  }

  @ParameterizedTest
  @EnumSource
  void theRunIsVerifiedToTheBit(Run run) {
    CommandRun result = with(run, "verify", "--epochs=1").succeeded();
    assertTrue(result.out().contains("Verified: "), result.out());
    assertEquals(
        "Mean losses of each epoch; likelihood %s, nats per image".formatted(run.title()),
        result.out().lines().findFirst().orElseThrow());
    JsonObject json = with(run, "verify", "--epochs=1", "--json").succeeded().json();
    assertEquals(run.title(), json.get("likelihood").getAsString());
  }

  // ---- figures ---------------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource
  void anEvaluationSaysItsLikelihood(Run run) {
    String table = with(run, "evaluate", "--samples=1").succeeded().out();
    assertTrue(table.contains("; likelihood " + run.title() + ", nats per image"), table);
    JsonObject json = with(run, "evaluate", "--samples=1", "--json").succeeded().json();
    assertEquals(run.title(), json.get("likelihood").getAsString());
    JsonObject recorded =
        JsonParser.parseString(read(RunDirectory.recordFile(run.folder())))
            .getAsJsonObject()
            .getAsJsonObject("metrics")
            .getAsJsonObject("test");
    assertEquals(recorded.get("rl"), json.getAsJsonObject("evaluation").get("rl"));
  }

  /** What was learned is told beside every figure, and is not what it was before the training. */
  @Test
  void aLearnedSigmaIsTold() {
    double sigma = SavedModel.open(Run.LEARNED.folder()).objective().deviation();
    assertNotEquals(1, sigma);
    assertEquals(
        String.format(Locale.ROOT, "gaussian, sigma %.4g, learned", sigma), Run.LEARNED.title());
    assertEquals("gaussian, sigma 0.2", Run.GAUSSIAN.title());
    assertEquals("continuous-bernoulli", Run.CONTINUOUS.title());
  }

  /** The integral is above the bounds; the annealed figure is the integral but for its chance. */
  @ParameterizedTest
  @EnumSource
  void theIntegralIsFoundByBothWays(Run run) {
    JsonObject exact =
        with(run, "evaluate", "--exact", "--images=5", "--samples=20", "--json").succeeded().json();
    JsonObject ais =
        with(run, "evaluate", "--ais", "--images=5", "--ais-images=5", "--ais-steps=400", "--json")
            .succeeded()
            .json();
    double integral = mean(exact.getAsJsonObject("exact").getAsJsonObject("log_likelihood"));
    double annealed = mean(ais.getAsJsonObject("ais").getAsJsonObject("log_likelihood"));
    JsonObject evaluation = exact.getAsJsonObject("evaluation");
    double elbo = mean(evaluation.getAsJsonObject("elbo"));
    assertTrue(integral > elbo, integral + " and " + elbo);
    assertEquals(integral, annealed, 0.5);
    assertEquals(run.title(), ais.get("likelihood").getAsString());

    String scores = scores(run);
    String[] columns = scores.lines().findFirst().orElseThrow().split(",", -1);
    int at = List.of(columns).indexOf("log_likelihood");
    double sum =
        scores
            .lines()
            .skip(1)
            .limit(5)
            .mapToDouble(line -> Double.parseDouble(line.split(",", -1)[at]))
            .sum();
    assertEquals(integral, sum / 5, 1e-3);
  }

  private static double mean(JsonObject estimate) {
    return estimate.get("mean").getAsDouble();
  }

  private String scores(Run run) {
    Path file = folder.resolve("scores.csv");
    String said =
        with(run, "score", "--exact", "--samples=2", "--output=" + file).succeeded().out();
    assertTrue(
        said.contains("scores of " + TinyImages.TEST + " images, likelihood " + run.title()), said);
    return read(file);
  }

  /** Lines on standard output are the scores alone; what they are of is said beside them. */
  @Test
  void scoresOnStandardOutputSayTheirLikelihoodBeside() {
    CommandRun result = with(Run.GAUSSIAN, "score", "--samples=2", "--output=-").succeeded();
    assertTrue(
        result.err().lines().toList().contains("Likelihood gaussian, sigma 0.2"), result.err());
    assertTrue(result.out().startsWith("image,label,rl,kl,elbo,bound,rank\n"), result.out());
  }

  /** In float, sums of such squares have no hundredths of a nat. */
  @Test
  void noIntegralIsOfANarrowGaussian() {
    Path run = folder.resolve("run");
    train(run, "--sigma=0.0199").succeeded();
    for (String command : List.of("evaluate", "score")) {
      List<String> args = new ArrayList<>(List.of(command, run.toString(), "--engine=cpu"));
      args.addAll(List.of("--exact", "--samples=1"));
      if (command.equals("score")) {
        args.add("--output=" + folder.resolve("scores.csv"));
      }
      CommandRun result = CommandRun.of(args);
      assertEquals(ExitCode.BAD_INPUT, result.code());
      assertTrue(
          result.err().contains("--exact is for a sigma of 0.02 or more, and the model's is"),
          result.err());
    }
    assertTrue(Files.notExists(folder.resolve("scores.csv")));
  }

  @Test
  void aReportSaysThatFiguresCannotBeCompared() {
    Path page = folder.resolve("report.html");
    CommandRun.of(
            "report",
            Run.GAUSSIAN.folder().toString(),
            Run.CONTINUOUS.folder().toString(),
            "--engine=cpu",
            "--out=" + page)
        .succeeded();
    String html = read(page);
    assertTrue(html.contains("GAUSSIAN (gaussian, sigma 0.2)"));
    assertTrue(html.contains("CONTINUOUS (continuous-bernoulli)"));
    String note = "These runs have several likelihoods, under which a loss means different things";
    assertTrue(html.contains(note));

    Path alone = folder.resolve("alone.html");
    CommandRun.of("report", Run.GAUSSIAN.folder().toString(), "--engine=cpu", "--out=" + alone)
        .succeeded();
    assertTrue(!read(alone).contains(note) && !read(alone).contains("GAUSSIAN (gaussian"));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
