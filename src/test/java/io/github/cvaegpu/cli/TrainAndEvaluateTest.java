// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.HoldRule;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The commands that train and score, in process, on images that take no time. */
class TrainAndEvaluateTest {
  @TempDir static Path temp;
  private static Path images;
  private static Path otherImages;
  private static Path finished;
  private static Path held;

  @TempDir Path folder;
  private Path run;

  @BeforeAll
  static void trainOnce() throws IOException {
    images = TinyImages.writeFolder(temp.resolve("images"), 1);
    otherImages = TinyImages.writeFolder(temp.resolve("other"), 7);
    finished = temp.resolve("finished");
    CommandRun.of(train(finished)).succeeded();
    // So low a set point takes beta off its lower limit at once.
    held = temp.resolve("held");
    CommandRun.of(train(held, "--control", "pi", "--kl", "0.001")).succeeded();
  }

  private Path newRun() {
    run = folder.resolve("run");
    return run;
  }

  private static List<String> train(Path out, String... options) {
    List<String> args = new ArrayList<>();
    args.addAll(List.of("train", "--data", images.toString(), "--out", out.toString()));
    Set<String> given = new HashSet<>(List.of(options));
    List<String> small =
        List.of(
            "--epochs",
            "2",
            "--batch",
            "64",
            "--hidden",
            "20,10",
            "--lr",
            "0.01",
            "--threads",
            "1",
            "--engine",
            "cpu");
    for (int i = 0; i < small.size(); i += 2) {
      if (!given.contains(small.get(i))) {
        args.addAll(small.subList(i, i + 2));
      }
    }
    args.addAll(List.of(options));
    return args;
  }

  @Test
  void trainingPrintsALineAnEpochAndItsFigures() {
    CommandRun result = CommandRun.of(train(newRun())).succeeded();
    List<String> lines = result.out().lines().toList();
    assertEquals(9, lines.size(), result.out());
    assertTrue(
        lines.get(0).matches("epoch 1/2  RL \\d+\\.\\d\\d  KL \\d+\\.\\d\\d  beta .* images/s"));
    assertTrue(lines.get(1).startsWith("epoch 2/2  RL "));
    assertTrue(
        lines
            .get(2)
            .startsWith(
                "Training, mean of the last 10 steps; likelihood bernoulli, nats per image: RL "));
    assertTrue(lines.get(3).startsWith("Test, 50 images of images; likelihood bernoulli: RL "));
    assertTrue(lines.get(4).startsWith("Controller: KL of the last step "));
    assertEquals(
        "Too short to tell whether KL is held: that takes windows of 100 steps.", lines.get(5));
    assertEquals("Run directory: " + run, lines.get(6));
    assertEquals("To look at it: " + Program.command("report", run.toString()), lines.get(7));
    assertEquals("To score it: " + Program.command("evaluate", run.toString()), lines.get(8));
    List<String> said = result.err().lines().toList();
    assertEquals(3, said.size(), result.err());
    assertTrue(
        said.getFirst()
            .matches(
                "Engine cpu on .*: (native step for \\S+|Java step), 1 thread, float32 \\(.*\\)"),
        result.err());
    assertEquals("Likelihood bernoulli", said.get(1));
    assertEquals("VAE held at KL 9.97 (--control hold)", said.getLast());
  }

  @Test
  void aRunThatHasNotSettledSaysHowFarItIsOff() {
    CommandRun result = CommandRun.of(train(newRun(), "--epochs", "40", "--kl", "500")).succeeded();
    assertTrue(
        result
            .out()
            .matches(
                "(?s).*\n"
                    + "Not settled within 2 % of the set point of 500: KL is \\d+\\.\\d\\d nats"
                    + " below it and (rising|falling|steady)\\. More --epochs may bring it there"
                    + "\\.\n"
                    + ".*"),
        result.out());
  }

  @Test
  void scoringOtherImagesThanAskedForIsSaid() {
    String first = evaluate(finished, "--images", "7").succeeded().out();
    assertTrue(first.contains(" on the first 7 of 50 test images of "), first);
    CommandRun few = evaluate(finished, "--images", "100000");
    assertTrue(few.out().contains(" on the 50 test images of "), few.out());
    assertEquals(
        "Warning: there are 50 test images, fewer than --images 100,000 asks for.\n", few.err());
    CommandRun others = evaluate(finished, "--data", otherImages.toString());
    assertEquals(
        "Warning: the run was trained on other images than those of other, which it is scored"
            + " on.\n",
        others.err());
  }

  private static CommandRun evaluate(Path of, String... options) {
    List<String> args = new ArrayList<>(List.of("evaluate", of.toString(), "--samples", "2"));
    args.addAll(List.of("--engine", "cpu", "--threads", "1"));
    args.addAll(List.of(options));
    return CommandRun.of(args).succeeded();
  }

  /** A scheduler that starts a run again gives it no more processors than before. */
  @Test
  void aRunThatGoesOnKeepsItsThreads() {
    CommandRun.of(train(newRun(), "--threads", "3")).succeeded();
    List<String> resume = new ArrayList<>(List.of("train", "--resume", "--out", run.toString()));
    resume.addAll(List.of("--engine", "cpu", "--epochs", "3"));
    CommandRun.of(resume).succeeded();
    RunRecord.Session second = RunDirectory.readRecord(run).sessions().getLast();
    assertEquals(3, second.engine().threads());
    assertEquals(3, second.askedThreads());
    resume.removeLast();
    resume.addAll(List.of("4", "--threads", "2"));
    CommandRun.of(resume).succeeded();
    assertEquals(2, RunDirectory.readRecord(run).sessions().getLast().engine().threads());
  }

  /** Not dropped in silence beside the default model, nor does it need another option. */
  @Test
  void aBetaMeansABetaVae() {
    CommandRun.of(train(newRun(), "--beta", "4", "--epochs", "1")).succeeded();
    RunRecord record = RunDirectory.readRecord(run);
    assertEquals(new ConstantRule(4), record.plan().rule());
    assertEquals(4, record.metrics().lastSteps().beta());
  }

  @Test
  void quietPrintsNothing() {
    CommandRun result = CommandRun.of(train(newRun(), "--quiet")).succeeded();
    assertEquals("", result.out());
    assertEquals("", result.err());
  }

  @Test
  void quietStillWarns() {
    CommandRun result =
        CommandRun.of(train(newRun(), "--quiet", "--anti-windup", "study", "--ki", "0.01"))
            .succeeded();
    assertEquals("", result.out());
    assertTrue(result.err().startsWith("Warning: With --anti-windup study"), result.err());
  }

  @Test
  void trainingsOutcomeIsOneLineOfJson() {
    CommandRun result = CommandRun.of(train(newRun(), "--json", "--quiet")).succeeded();
    assertEquals(1, result.out().lines().count());
    JsonObject json = result.json();
    assertEquals(
        Set.of("run", "exit_reason", "message", "steps", "dataset", "likelihood", "metrics"),
        json.keySet());
    assertEquals("bernoulli", json.get("likelihood").getAsString());
    assertEquals(run.toString(), json.get("run").getAsString());
    assertEquals("completed", json.get("exit_reason").getAsString());
    assertEquals(10, json.get("steps").getAsInt());
    JsonObject metrics = json.getAsJsonObject("metrics");
    assertEquals(Set.of("last_steps", "test", "controller", "images_per_second"), metrics.keySet());
    assertEquals(
        Set.of("steps", "rl", "kl", "elbo", "beta"),
        metrics.getAsJsonObject("last_steps").keySet());
    assertEquals(
        JsonParser.parseString(read(run.resolve("run.json"))).getAsJsonObject().get("metrics"),
        metrics);
    // With progress the JSON is the last line.
    CommandRun loud = CommandRun.of(train(folder.resolve("loud"), "--json")).succeeded();
    assertEquals("completed", loud.json().get("exit_reason").getAsString());
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aBetaVaeHasNoControllersFigures() {
    CommandRun result =
        CommandRun.of(train(newRun(), "--control", "constant", "--beta", "4", "--json"))
            .succeeded();
    assertFalse(result.out().contains("Controller:"), result.out());
    assertTrue(result.json().getAsJsonObject("metrics").get("controller").isJsonNull());
    assertTrue(read(run.resolve("metrics.csv")).lines().skip(1).allMatch(r -> r.endsWith(",4.0")));
  }

  // ---- options that decide the numbers ---------------------------------------------------------

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--kl | 0.001",
        "--kp | 0.5",
        "--ki | 0.5",
        "--beta-min | 0.5",
        "--beta-max | 0.0100001",
        "--lr | 0.02",
        "--batch | 65",
        "--epochs | 3",
        "--hidden | 20,11",
        "--latent | 3",
        "--activation | tanh",
        "--likelihood | bernoulli-binarized",
        "--likelihood | continuous-bernoulli",
        "--likelihood | gaussian",
        "--sigma | 0.1",
        "--seed | 1",
        "--seed | -1",
        "--control | constant",
      })
  void everyKnobTurnsSomething(String option, String value) {
    boolean controls = option.matches("--(kp|ki|beta-min|beta-max)");
    List<String> args = new ArrayList<>(train(newRun(), option, value));
    if (controls) {
      args.addAll(List.of("--control", "pi", "--kl", "0.001"));
    }
    CommandRun.of(args).succeeded();
    RunRecord usual = RunDirectory.readRecord(controls ? held : finished);
    RunRecord turned = RunDirectory.readRecord(run);
    assertNotEquals(usual.plan(), turned.plan());
    assertNotEquals(usual.parametersSha256().getLast(), turned.parametersSha256().getLast());
  }

  /** The same of the options that are another rule's. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hold | --kl-schedule 5:1",
        "warm-up | --beta 4",
        "warm-up | --ramp-steps 5",
        "cyclical | --beta 4",
        "cyclical --cycle-steps 4 | --cycles 1",
        "cyclical | --cycle-steps 4",
        "cyclical --cycle-steps 4 | --cycle-ramp 1",
        "capacity | --kl 1",
        "capacity --ramp-steps 1 | --gamma 5",
        "capacity | --ramp-steps 1",
        "free-bits --free-nats 0 | --beta 4",
        "free-bits | --free-nats 0",
        "geco | --rl 10",
        "geco | --geco-rate 0.01",
        "geco | --geco-decay 0.1",
        "dynamic | --kl 1",
        "dynamic | --kp 5",
        "dynamic | --ki 1",
        "dynamic --ki 5 --kl 1000 --ramp-steps 1 | --beta-min 50",
        "dynamic | --beta-max 5",
        "dynamic --ki 1 | --ramp-steps 1",
      })
  void everyKnobOfAnotherRuleTurnsSomething(String rule, String option) {
    String[] base = ("--control " + rule).split(" ", -1);
    CommandRun.of(train(newRun(), base)).succeeded();
    List<String> args = new ArrayList<>(train(folder.resolve("turned"), base));
    args.addAll(List.of(option.split(" ", -1)));
    CommandRun.of(args).succeeded();
    assertNotEquals(
        RunDirectory.readRecord(run).parametersSha256().getLast(),
        RunDirectory.readRecord(folder.resolve("turned")).parametersSha256().getLast());
  }

  /** The names of the rules, and what implies them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hold | --seed 0",
        "hold | --kl 3",
        "hold | --kl-schedule 5:1",
        "constant | --beta 1",
        "pi | --kl 3 --kp 0.02",
        "pi | --beta-max 5",
        "warm-up | --ramp-steps 5",
        "warm-up | --beta 2 --ramp-steps 5",
        "cyclical | --cycles 2",
        "capacity | --gamma 100",
        "free-bits | --free-nats 0.1",
        "geco | --rl 100",
        "capacity | --kl 3 --ramp-steps 5",
        "dynamic | --ki 3 --ramp-steps 5",
      })
  void whatIsGivenImpliesTheRule(String rule, String options) {
    String[] given = ("--epochs 1 " + options).split(" ", -1);
    CommandRun result = CommandRun.of(train(newRun(), given)).succeeded();
    assertEquals(rule, RunDirectory.readRecord(run).plan().rule().name());
    assertTrue(result.err().contains(" (--control " + rule + ")"), result.err());
  }

  /** A density's loss may be held below 0, and by a run that goes on; another's is no default. */
  @Test
  void gecoHoldsALossBelowZero() {
    CommandRun.of(
            train(newRun(), "--likelihood", "continuous-bernoulli", "--rl", "-30", "--epochs", "1"))
        .succeeded();
    CommandRun.of(
            train(run, "--resume", "--control", "geco", "--epochs", "2", "--geco-rate", "0.0001"))
        .succeeded();
    assertEquals(
        "GECO, reconstruction loss -30", RunDirectory.readRecord(run).plan().rule().title());
    Path other = folder.resolve("other");
    assertEquals(
        "--control geco needs an --rl under the likelihood gaussian, sigma 0.5: -30 is a loss under"
            + " continuous-bernoulli.",
        CommandRun.of(
                train(
                    other, "--from", run.toString(), "--sigma", "0.5", "--likelihood", "gaussian"))
            .refusal());
    CommandRun.of(train(other, "--from", run.toString(), "--seed", "2")).succeeded();
  }

  @Test
  void theAntiWindupMattersOnceBetaIsAtItsLimit() {
    // Kp above the range puts beta at its upper limit, from where only one of the rules comes back.
    String[] options = {"--kp", "1", "--ki", "0.05", "--kl", "0.5", "--beta-max", "0.3"};
    CommandRun.of(train(newRun(), options)).succeeded();
    List<String> other = new ArrayList<>(train(folder.resolve("study"), options));
    other.addAll(List.of("--anti-windup", "study"));
    CommandRun.of(other).succeeded();
    assertNotEquals(
        RunDirectory.readRecord(run).parametersSha256(),
        RunDirectory.readRecord(folder.resolve("study")).parametersSha256());
  }

  @Test
  void theWeightOfABetaVaeMatters() {
    CommandRun.of(train(newRun(), "--control", "constant")).succeeded();
    Path heavier = folder.resolve("heavier");
    CommandRun.of(train(heavier, "--control", "constant", "--beta", "2")).succeeded();
    assertNotEquals(
        RunDirectory.readRecord(run).parametersSha256(),
        RunDirectory.readRecord(heavier).parametersSha256());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--threads 3", "--engine cpu", "--checkpoint-every 3steps", "--offline", "--json"})
  void otherOptionsTurnNothing(String options) {
    CommandRun.of(train(newRun(), options.split(" ", -1))).succeeded();
    assertEquals(
        RunDirectory.readRecord(finished).parametersSha256(),
        RunDirectory.readRecord(run).parametersSha256());
  }

  @Test
  void everyPlanOptionIsCovered() {
    Set<String> known = new HashSet<>();
    for (var option :
        CommandLine.Model.CommandSpec.forAnnotatedObject(new PlanOptions()).options()) {
      known.add(option.longestName());
    }
    assertEquals(
        Set.of(
            "--control",
            "--kl-schedule",
            "--ramp-steps",
            "--cycles",
            "--cycle-steps",
            "--cycle-ramp",
            "--gamma",
            "--free-nats",
            "--rl",
            "--geco-rate",
            "--geco-decay",
            "--kl",
            "--kp",
            "--ki",
            "--beta-min",
            "--beta-max",
            "--anti-windup",
            "--beta",
            "--epochs",
            "--batch",
            "--lr",
            "--latent",
            "--hidden",
            "--activation",
            "--likelihood",
            "--sigma",
            "--seed"),
        known);
  }

  // ---- going on --------------------------------------------------------------------------------

  private static CommandRun resume(Path out, String... options) {
    List<String> args = new ArrayList<>(List.of("train", "--resume", "--out", out.toString()));
    args.addAll(List.of("--engine", "cpu"));
    args.addAll(List.of(options));
    return CommandRun.of(args);
  }

  @Test
  void moreEpochsGoOn() {
    CommandRun.of(train(newRun())).succeeded();
    resume(run, "--epochs", "3").succeeded();
    Path longer = folder.resolve("longer");
    CommandRun.of(train(longer, "--epochs", "3")).succeeded();
    assertEquals(
        RunDirectory.readRecord(longer).parametersSha256(),
        RunDirectory.readRecord(run).parametersSha256());
    assertEquals(read(longer.resolve("metrics.csv")), read(run.resolve("metrics.csv")));
    assertEquals(3, RunDirectory.readRecord(run).plan().epochs());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--lr 0.02 | --lr 0.01 and cannot go on with 0.02.",
        "--batch 65 | --batch 64 and cannot go on with 65.",
        "--hidden 20,11 | --hidden 20,10 and cannot go on with 20,11.",
        "--latent 3 | --latent 2 and cannot go on with 3.",
        "--activation tanh | --activation relu and cannot go on with tanh.",
        "--seed 1 | --seed 0 and cannot go on with 1.",
        "--control constant | --control hold and cannot go on with constant.",
        "--kl 9 | --kl 9.97 and cannot go on with 9.",
        "--kl auto | --kl 9.97 and cannot go on with auto.",
        "--kl-schedule 5:9 | --kl-schedule none and cannot go on with 5:9.",
      })
  void anotherSettingIsRefusedByName(String options, String sentence) {
    assertEquals(
        "The run was started with " + sentence, resume(finished, options.split(" ", -1)).refusal());
  }

  @Test
  void anActivationThatThereIsNotIsRefusedByThoseThatThereAre() {
    assertEquals(
        "--activation must be relu or tanh, not 'sigmoid'.",
        CommandRun.of(train(newRun(), "--activation", "sigmoid")).refusal());
    assertFalse(Files.exists(run));
  }

  @Test
  void aRunKeepsItsActivation() {
    CommandRun.of(train(newRun(), "--activation", "tanh")).succeeded();
    resume(run, "--activation", "tanh", "--epochs", "3").succeeded();
    assertEquals(Activation.TANH, RunDirectory.readRecord(run).plan().network().activation());
    Path like = folder.resolve("like");
    CommandRun.of("train", "--from", run.toString(), "--out", like.toString(), "--engine", "cpu")
        .succeeded();
    assertEquals(
        RunDirectory.readRecord(run).parametersSha256(),
        RunDirectory.readRecord(like).parametersSha256());
  }

  @Test
  void whatWouldHaveNoEffectIsRefusedToo() {
    assertEquals(
        "--beta has no effect with --control hold: it is for constant, warm-up, cyclical and"
            + " free-bits.",
        resume(finished, "--beta", "1").refusal());
    assertEquals(
        "The run was started without --kl auto, so --calibration-epochs has no effect on it.",
        resume(finished, "--calibration-epochs", "3").refusal());
  }

  @Test
  void aMeasuredSetPointIsGoneOnWithByItsName() {
    CommandRun.of(train(newRun(), "--kl", "auto", "--calibration-epochs", "1", "--quiet"))
        .succeeded();
    resume(run, "--kl", "auto", "--epochs", "3").succeeded();
    resume(run, "--calibration-epochs", "1").succeeded();
    assertEquals(
        "The run was started with --calibration-epochs 1 and cannot go on with 2.",
        resume(run, "--kl", "auto", "--calibration-epochs", "2").refusal());
    double setPoint = ((HoldRule) RunDirectory.readRecord(run).plan().rule()).setPoint();
    assertEquals(
        "The run was started with --kl %s and cannot go on with 77."
            .formatted(BigDecimal.valueOf(setPoint).stripTrailingZeros().toPlainString()),
        resume(run, "--kl", "77").refusal());
  }

  @Test
  void theThreadsThatWereAskedForStay() {
    CommandRun.of(train(newRun(), "--threads", "3")).succeeded();
    resume(run, "--epochs", "3").succeeded();
    assertEquals(3, RunDirectory.readRecord(run).sessions().getLast().engine().threads());
    resume(run, "--epochs", "4", "--threads", "2").succeeded();
    resume(run, "--epochs", "5").succeeded();
    assertEquals(2, RunDirectory.readRecord(run).sessions().getLast().engine().threads());
  }

  /** Each value of a run.json in turn is null: it is refused in a sentence, or was never needed. */
  @Test
  void noNullInARecordIsAStackTrace() throws IOException {
    copy(held, newRun());
    Path file = run.resolve("run.json");
    String json = read(file);
    JsonObject whole = JsonParser.parseString(json).getAsJsonObject();
    List<List<Object>> places = new ArrayList<>();
    places(whole, List.of(), places);
    assertTrue(places.size() > 60, places.toString());
    int accepted = 0;
    for (List<Object> place : places) {
      JsonObject damaged = whole.deepCopy();
      setNull(damaged, place);
      Files.writeString(file, damaged.toString());
      CommandRun report =
          CommandRun.of(
              "report",
              run.toString(),
              "--out",
              folder.resolve("report.html").toString(),
              "--engine",
              "cpu",
              "--threads",
              "1");
      CommandRun resumed = resume(run, "--threads", "1");
      for (CommandRun result : List.of(report, resumed)) {
        assertFalse(result.err().contains("Exception"), place + ": " + result.err());
        assertTrue(result.code() == ExitCode.OK || result.code() == ExitCode.BAD_INPUT, place + "");
      }
      accepted += report.code() == ExitCode.OK ? 1 : 0;
    }
    assertTrue(accepted > 5 && accepted < places.size() / 2, accepted + " of " + places.size());
  }

  private static void places(JsonElement value, List<Object> at, List<List<Object>> all) {
    if (!at.isEmpty()) {
      all.add(at);
    }
    if (value.isJsonObject()) {
      value.getAsJsonObject().asMap().forEach((name, inside) -> places(inside, and(at, name), all));
    } else if (value.isJsonArray()) {
      for (int i = 0; i < value.getAsJsonArray().size(); i++) {
        places(value.getAsJsonArray().get(i), and(at, i), all);
      }
    }
  }

  private static List<Object> and(List<Object> place, Object next) {
    List<Object> longer = new ArrayList<>(place);
    longer.add(next);
    return longer;
  }

  private static void setNull(JsonElement root, List<Object> place) {
    JsonElement holder = root;
    for (Object part : place.subList(0, place.size() - 1)) {
      holder =
          part instanceof String name
              ? holder.getAsJsonObject().get(name)
              : holder.getAsJsonArray().get((Integer) part);
    }
    if (place.getLast() instanceof String name) {
      holder.getAsJsonObject().add(name, JsonNull.INSTANCE);
    } else {
      holder.getAsJsonArray().set((Integer) place.getLast(), JsonNull.INSTANCE);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    for (String name : List.of("run.json", "metrics.csv", "checkpoint.safetensors")) {
      Files.copy(from.resolve(name), to.resolve(name));
    }
  }

  @Test
  void aRunKilledBeforeItsFirstCheckpointHasAReport() throws IOException {
    copy(held, newRun());
    Files.delete(run.resolve("checkpoint.safetensors"));
    String json = read(run.resolve("run.json"));
    Files.writeString(
        run.resolve("run.json"),
        json.replace("\"exit_reason\": \"completed\"", "\"exit_reason\": \"running\""));
    for (String log : List.of("", "step,ep", "step,epoch,rl,kl,beta\n")) {
      Files.writeString(run.resolve("metrics.csv"), log);
      CommandRun report =
          CommandRun.of("report", run.toString(), "--out", folder.resolve("report.html").toString())
              .succeeded();
      assertTrue(
          report
              .err()
              .contains(
                  "Warning: "
                      + run
                      + " has no checkpoint yet; if it was stopped before its first one, this"
                      + " begins again: cvae-gpu train --resume --out "
                      + run),
          report.err());
    }
  }

  /** A pipe would be waited for, a device read without end, a link written through. */
  @ParameterizedTest
  @ValueSource(strings = {"run.json", "metrics.csv", "checkpoint.safetensors", ".lock"})
  void filesThatAreNoRegularFilesAreRefused(String name) throws IOException, InterruptedException {
    copy(held, newRun());
    Files.deleteIfExists(run.resolve(name));
    Path target = Files.writeString(folder.resolve("target"), "mine");
    Path file = run.resolve(name);
    for (String kind : List.of("a link", "a link to /dev/zero", "a pipe")) {
      if (kind.equals("a link")) {
        Files.createSymbolicLink(file, target);
      } else if (kind.equals("a pipe")) {
        assertEquals(0, new ProcessBuilder("mkfifo", file.toString()).start().waitFor());
      } else {
        Files.createSymbolicLink(file, Path.of("/dev/zero"));
      }
      String what = kind.equals("a pipe") ? "a pipe, a socket or a device" : "a link";
      String sentence = file + " is " + what + ", not a regular file.";
      assertTimeoutPreemptively(
          Duration.ofSeconds(60),
          () -> {
            assertEquals(sentence, resume(run).err().lines().toList().getLast());
            if (!name.equals(".lock")) {
              assertEquals(
                  sentence,
                  CommandRun.of(
                          "report",
                          run.toString(),
                          "--out",
                          folder.resolve("report.html").toString())
                      .refusal());
            }
            if (name.equals("checkpoint.safetensors")) {
              assertEquals(sentence, CommandRun.of("evaluate", run.toString()).refusal());
            }
          });
      Files.delete(file);
    }
    assertEquals("mine", Files.readString(target));
  }

  @Test
  void aNewRunWritesThroughNoLink() throws IOException {
    newRun();
    for (String name : List.of("run.json", "metrics.csv", "checkpoint.safetensors", ".lock")) {
      Files.createDirectories(run);
      Files.deleteIfExists(run.resolve(".lock"));
      Path target = folder.resolve("target of " + name);
      Files.createSymbolicLink(run.resolve(name), target);
      CommandRun result = CommandRun.of(train(run));
      assertEquals(ExitCode.BAD_INPUT, result.code(), result.err());
      assertFalse(Files.exists(target), name);
      Files.delete(run.resolve(name));
    }
  }

  @Test
  void whatAFileSaysMovesNoCursor() throws IOException {
    copy(held, newRun());
    String json = read(run.resolve("run.json"));
    Files.writeString(
        run.resolve("run.json"),
        json.replaceFirst("\"data\": \"[^\"]*\"", "\"data\": \"/\\\\u001b]0;title\\\\u0007\""));
    assertTrue(read(run.resolve("run.json")).contains("\\u001b]0;title"));
    CommandRun resumed = resume(run, "--epochs", "3");
    assertEquals(ExitCode.BAD_INPUT, resumed.code());
    assertFalse(resumed.err().contains("\u001b"), resumed.err());
    assertTrue(resumed.err().contains("\\u001b]0;title\\u0007"), resumed.err());
  }

  @Test
  void aLostRecordIsAWarning() throws IOException {
    CommandRun.of(train(newRun())).succeeded();
    List<String> sums = RunDirectory.readRecord(run).parametersSha256();
    Files.delete(run.resolve("run.json"));
    List<String> lines = resume(run).succeeded().err().lines().toList();
    assertEquals(
        "Warning: "
            + run
            + " has no run.json; the settings are those of the checkpoint, and run.json is written"
            + " anew, without the sessions so far.",
        lines.get(3));
    assertTrue(lines.getFirst().startsWith("Engine "), lines.getFirst());
    assertEquals(sums, RunDirectory.readRecord(run).parametersSha256());
    assertEquals(RunRecord.ExitReason.COMPLETED, RunDirectory.readRecord(run).exitReason());
  }

  @Test
  void theSameSettingsAreNoObstacle() {
    CommandRun.of(train(newRun())).succeeded();
    resume(run, "--lr", "1e-2", "--hidden", "20,10", "--seed", "0", "--kl", "9.97").succeeded();
  }

  @Test
  void aFinishedRunHasNothingLeftToTrain() {
    CommandRun again = resume(finished).succeeded();
    assertTrue(
        again
            .out()
            .startsWith(
                "Nothing was left to train: the run is complete. To train it further, add --epochs"
                    + " with a larger number.\nTraining, mean of the last "),
        again.out());
    CommandRun.of(train(newRun())).succeeded();
    String further = resume(run, "--epochs", "3").succeeded().out();
    assertFalse(further.contains("Nothing was left"), further);
    assertEquals("", resume(finished, "--quiet").succeeded().out());
  }

  @Test
  void otherImagesAreRefused() {
    String refusal = refusalAfterEngineLine(resume(finished, "--data", otherImages.toString()));
    assertEquals(
        "The run was started on other images than those of other (%s): their checksums differ."
            .formatted(otherImages),
        refusal);
    assertEquals(RunRecord.ExitReason.COMPLETED, RunDirectory.readRecord(finished).exitReason());
  }

  private static String refusalAfterEngineLine(CommandRun result) {
    List<String> lines = result.err().lines().toList();
    assertEquals(ExitCode.BAD_INPUT, result.code());
    assertEquals(4, lines.size(), result.err());
    assertTrue(lines.getFirst().startsWith("Engine "));
    return lines.getLast();
  }

  @Test
  void aRunIsNotStartedTwice() {
    List<String> lines = CommandRun.of(train(finished)).err().lines().toList();
    assertEquals(
        finished
            + " already holds files of a run: add --resume to go on with it, or choose another"
            + " --out.",
        lines.getLast());
  }

  @Test
  void aFailedRunEndsWithALineOfJsonToo() {
    CommandRun result = CommandRun.of(train(newRun(), "--lr", "1e30", "--json", "--quiet"));
    assertEquals(ExitCode.DIVERGED, result.code());
    JsonObject json = result.json();
    assertEquals("diverged", json.get("exit_reason").getAsString());
    assertEquals(result.err().strip(), json.get("message").getAsString());
  }

  @Test
  void aRefusedRunHasNoLineOfJson() {
    CommandRun result = resume(finished, "--data", otherImages.toString(), "--json");
    assertTrue(refusalAfterEngineLine(result).startsWith("The run was started on other images"));
    assertEquals("", result.out());
  }

  @Test
  void aRefusalIsSaidWhereThereIsNoRecordEither() throws IOException {
    CommandRun.of(train(newRun())).succeeded();
    Files.delete(run.resolve("run.json"));
    CommandRun result = resume(run, "--data", otherImages.toString(), "--json");
    assertEquals(ExitCode.BAD_INPUT, result.code());
    String last = result.err().lines().toList().getLast();
    assertTrue(last.startsWith("The run was started on other images"), last);
    assertEquals("", result.out());
  }

  @Test
  void divergenceHasItsOwnExitCode() {
    CommandRun result = CommandRun.of(train(newRun(), "--lr", "1e30", "--quiet"));
    assertEquals(ExitCode.DIVERGED, result.code());
    assertEquals(1, result.err().lines().count(), result.err());
    assertTrue(result.err().startsWith("Training diverged at step "), result.err());
    assertEquals(RunRecord.ExitReason.DIVERGED, RunDirectory.readRecord(run).exitReason());
  }

  /** Losses may stay finite where the held-out images' do not: no reason for a stack trace. */
  @ParameterizedTest
  @ValueSource(strings = {"3", "100", "1e4", "1e6", "1e8", "1e12", "1e16", "1e19"})
  void aLearningRateThatIsFarTooLargeEndsInOrder(String rate) {
    CommandRun result = CommandRun.of(train(newRun(), "--lr", rate, "--epochs", "1", "--json"));
    assertTrue(
        result.code() == ExitCode.OK || result.code() == ExitCode.DIVERGED,
        result.code() + ": " + result.err());
    if (result.code() == ExitCode.OK) {
      assertEquals("completed", result.json().get("exit_reason").getAsString());
      CommandRun.of("evaluate", run.toString(), "--samples", "3", "--json").succeeded();
    }
  }

  // ---- evaluation ------------------------------------------------------------------------------

  @Test
  void anEvaluationIsOneLineOfJson() {
    // Not auto, which tells of a GPU that cannot be taken.
    String run = finished.toString();
    CommandRun result =
        CommandRun.of("evaluate", run, "--engine", "cpu", "--samples", "5", "--json").succeeded();
    assertEquals("", result.err());
    assertEquals(1, result.out().lines().count());
    JsonObject json = result.json();
    assertEquals(
        Set.of(
            "run",
            "dataset",
            "split",
            "steps",
            "likelihood",
            "evaluation",
            "exact",
            "ais",
            "latent",
            "aggregate_posterior"),
        json.keySet());
    assertEquals("images", json.get("dataset").getAsString());
    assertEquals("test", json.get("split").getAsString());
    assertEquals(10, json.get("steps").getAsInt());
    JsonObject evaluation = json.getAsJsonObject("evaluation");
    assertEquals(
        Set.of(
            "images",
            "samples",
            "rl",
            "kl",
            "elbo",
            "importance_weighted_bound",
            "effective_sample_size"),
        evaluation.keySet());
    assertEquals(50, evaluation.get("images").getAsInt());
    assertEquals(5, evaluation.get("samples").getAsInt());
    double elbo = mean(evaluation, "elbo");
    assertEquals(-(mean(evaluation, "rl") + mean(evaluation, "kl")), elbo, 1e-9);
    assertTrue(mean(evaluation, "importance_weighted_bound") >= elbo);
  }

  private static double mean(JsonObject evaluation, String name) {
    JsonObject estimate = evaluation.getAsJsonObject(name);
    assertEquals(Set.of("mean", "standard_error"), estimate.keySet());
    return estimate.get("mean").getAsDouble();
  }

  @Test
  void theFiguresAtTheEndOfTrainingAreThoseOfAnEvaluationWithOneSample() {
    JsonObject json =
        CommandRun.of("evaluate", finished.toString(), "--samples", "1", "--json")
            .succeeded()
            .json();
    JsonObject recorded =
        JsonParser.parseString(read(finished.resolve("run.json"))).getAsJsonObject();
    assertEquals(recorded.getAsJsonObject("metrics").get("test"), json.get("evaluation"));
  }

  @Test
  void anEvaluationForPeopleIsATable() {
    CommandRun result =
        CommandRun.of("evaluate", finished.toString(), "--samples", "7", "--split", "train")
            .succeeded();
    List<String> lines = result.out().lines().toList();
    assertEquals(5, lines.size(), result.out());
    assertTrue(lines.get(0).contains("after 10 steps, on the 300 train images of images"));
    assertTrue(lines.get(1).startsWith("  RL "));
    assertTrue(lines.get(2).startsWith("  KL "));
    assertTrue(lines.get(3).startsWith("  ELBO "));
    assertTrue(lines.get(4).startsWith("  L_7 "));
  }

  @Test
  void anEvaluationOfTheFirstImagesIsOfThemAlone() {
    JsonObject line =
        JsonParser.parseString(
                CommandRun.of("evaluate", finished.toString(), "--images", "7", "--json")
                    .succeeded()
                    .out())
            .getAsJsonObject();
    assertEquals(7, line.getAsJsonObject("evaluation").get("images").getAsInt());
    assertTrue(line.get("latent").isJsonNull());
    assertEquals(
        "--images must be 1 or more, not 0.",
        CommandRun.of("evaluate", finished.toString(), "--images", "0").refusal());
  }

  @Test
  void theLatentSpaceIsMeasuredWhereAskedFor() {
    List<String> lines =
        CommandRun.of("evaluate", finished.toString(), "--samples", "1", "--latent")
            .succeeded()
            .out()
            .lines()
            .toList();
    assertEquals(15, lines.size(), lines.toString());
    assertEquals("Latent space of the 50 test images", lines.get(5));
    assertTrue(lines.get(8).contains("the ceiling for 50 images is 3.91"), lines.get(8));
    JsonObject measures =
        JsonParser.parseString(
                CommandRun.of("evaluate", finished.toString(), "--latent", "--json")
                    .succeeded()
                    .out())
            .getAsJsonObject()
            .getAsJsonObject("latent");
    assertEquals(2, measures.getAsJsonArray("dimensions").size());
    double told = measures.getAsJsonObject("labels").get("neighbour_accuracy").getAsDouble();
    assertTrue(told > 0 && told <= 1, measures.toString());
  }

  /** Labels are for measures and pictures: a model is trained and scored without. */
  @Test
  void imagesWithoutLabelsTrainTheSameModel() throws IOException {
    Path bare = TinyImages.writeFolder(folder.resolve("bare"), 1);
    Files.delete(bare.resolve("train-labels-idx1-ubyte"));
    Files.delete(bare.resolve("t10k-labels-idx1-ubyte"));
    List<String> args = train(newRun());
    args.set(args.indexOf(images.toString()), bare.toString());
    args.add("--quiet");
    String warning =
        "Warning: bare has no labels, so maps are drawn without colours and there is no accuracy of"
            + " nearest neighbours, no linear probe and no label MIG.";
    assertEquals(List.of(warning), CommandRun.of(args).succeeded().err().lines().toList());
    assertEquals(
        RunDirectory.readRecord(finished).parametersSha256(),
        RunDirectory.readRecord(run).parametersSha256());
    CommandRun evaluation =
        CommandRun.of("evaluate", run.toString(), "--latent", "--engine", "cpu").succeeded();
    assertTrue(evaluation.out().contains("the images have none"), evaluation.out());
    assertEquals(List.of(warning), evaluation.err().lines().toList());
  }

  @ParameterizedTest
  @ValueSource(strings = {"--threads 3", "--engine cpu", "--offline"})
  void anEvaluationDependsOnItsImagesOnly(String options) {
    List<String> args =
        new ArrayList<>(List.of("evaluate", finished.toString(), "--samples", "2", "--json"));
    String usual = CommandRun.of(args).succeeded().out();
    args.addAll(List.of(options.split(" ", -1)));
    assertEquals(usual, CommandRun.of(args).succeeded().out());
  }

  @Test
  void otherImagesCanBeScored() {
    CommandRun result =
        CommandRun.of(
                "evaluate",
                finished.toString(),
                "--samples",
                "2",
                "--json",
                "--data",
                otherImages.toString())
            .succeeded();
    assertEquals("other", result.json().get("dataset").getAsString());
  }

  @Test
  void imagesOfAnotherSizeCannotBeScored() {
    CommandRun result = CommandRun.of("evaluate", finished.toString(), "--data", "synthetic");
    assertEquals(
        "The images of synthetic have 28 x 28 = 784 pixels, but the checkpoint's network has 81"
            + " inputs.",
        result.refusal());
  }

  @Test
  void aDamagedRunIsOneSentence() throws IOException {
    newRun();
    Files.createDirectories(run);
    assertEquals(
        run + " holds no run: there is no run.json.",
        CommandRun.of("evaluate", run.toString()).refusal());
    Files.copy(finished.resolve("run.json"), run.resolve("run.json"));
    assertEquals(
        "There is no checkpoint %s.".formatted(run.resolve("checkpoint.safetensors")),
        CommandRun.of("evaluate", run.toString()).refusal());
    Files.delete(run.resolve("run.json"));
    Files.copy(finished.resolve("checkpoint.safetensors"), run.resolve("checkpoint.safetensors"));
    // The checkpoint knows all that an evaluation needs.
    CommandRun.of("evaluate", run.toString()).succeeded();
    Files.writeString(run.resolve("run.json"), "{");
    CommandRun.of("evaluate", run.toString()).succeeded();
    Files.writeString(run.resolve("checkpoint.safetensors"), "short");
    String both = resume(run).refusal();
    assertTrue(
        both.startsWith(
            run.resolve("run.json")
                + " is damaged: it is not the JSON of a run, and its checkpoint is of no help: "),
        both);
    String cut = CommandRun.of("evaluate", run.toString()).refusal();
    assertTrue(cut.startsWith(run.resolve("checkpoint.safetensors").toString()), cut);
  }
}
