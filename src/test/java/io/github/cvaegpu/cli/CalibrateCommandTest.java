// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.control.HoldRule;
import io.github.cvaegpu.train.Calibration;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code calibrate} and {@code train --kl auto}, in process. */
class CalibrateCommandTest {
  @TempDir private Path folder;
  private String images;

  @BeforeEach
  void draw() throws IOException {
    images = TinyImages.writeFolder(folder.resolve("images"), 1).toString();
  }

  private CommandRun run(String command, Path out, String... options) {
    List<String> args = new ArrayList<>(List.of(command, "--data", images));
    args.addAll(List.of("--out", out.toString(), "--engine", "cpu", "--threads", "1"));
    args.addAll(List.of("--batch", "16", "--hidden", "30", "--lr", "0.01"));
    if (command.equals("calibrate") || List.of(options).contains("auto")) {
      args.addAll(List.of("--calibration-epochs", "2"));
    }
    args.addAll(List.of(options));
    return CommandRun.of(args);
  }

  @Test
  void saysWhichSetPointsCanBeHeld() {
    Path out = folder.resolve("calibration");
    String text = run("calibrate", out, "--quiet").succeeded().out();
    List<String> lines = text.lines().toList();
    assertEquals(
        "KL divergence on images after 2 epochs; likelihood bernoulli, nats per image",
        lines.getFirst());
    assertTrue(lines.get(1).startsWith("  beta 10.0 "), text);
    assertTrue(lines.get(2).startsWith("  beta 1.0 "), text);
    assertTrue(lines.get(3).startsWith("  beta 0.01 "), text);
    RunRecord least = RunDirectory.readRecord(out.resolve("beta-10"));
    RunRecord most = RunDirectory.readRecord(out.resolve("beta-0.01"));
    assertEquals(
        String.format(
            Locale.ROOT,
            "Set points from %.2f to %.2f take a beta between the first and the last.",
            least.metrics().lastSteps().kl(),
            most.metrics().lastSteps().kl()),
        lines.get(4));
    assertEquals(1, least.sessions().getFirst().askedThreads());
    assertTrue(lines.get(5).startsWith("Up to the KL of beta = 1 a nat of KL takes off "), text);
    assertTrue(lines.get(6).startsWith("--kl auto takes "), text);
    assertTrue(lines.get(7).contains("with z = 2 latent dimensions"), text);
    assertTrue(lines.get(8).startsWith("ln 300 = 5.70"), text);
  }

  @Test
  void whatIsTrainedServesEverySetPointThatIsAskedAbout() {
    Path out = folder.resolve("calibration");
    JsonObject first = run("calibrate", out, "--json").succeeded().json();
    assertEquals("bernoulli", first.get("likelihood").getAsString());
    CommandRun again = run("calibrate", out, "--json", "--kl", "170").succeeded();
    assertTrue(again.err().contains("beta-10 is finished already"), again.err());
    assertEquals(first.get("calibration"), again.json().get("calibration"));
    assertEquals(2, again.json().getAsJsonArray("warnings").size());
  }

  @Test
  void aSetPointThatIsAskedAboutIsAnswered() {
    Path out = folder.resolve("calibration");
    String out170 = run("calibrate", out, "--quiet", "--kl", "170").succeeded().out();
    assertTrue(
        out170.endsWith(
            "--kl 170 is not between the first and the last: no beta between them holds it.\n"),
        out170);
    double within = RunDirectory.readRecord(out.resolve("beta-1")).metrics().lastSteps().kl();
    String inside =
        run("calibrate", out, "--quiet", "--kl", String.valueOf(within)).succeeded().out();
    assertTrue(
        inside.endsWith(" is between the first and the last: a beta between them holds it.\n"),
        inside);
  }

  @Test
  void aShortRunThatBeginsAgainIsWarnedOf() throws IOException {
    Path out = folder.resolve("calibration");
    JsonObject first = run("calibrate", out, "--quiet", "--json").succeeded().json();
    // As a kill before the first checkpoint leaves it.
    Path record = out.resolve("beta-1/run.json");
    Files.writeString(record, Files.readString(record).replace("\"completed\"", "\"running\""));
    Files.delete(RunDirectory.checkpointFile(out.resolve("beta-1")));
    CommandRun again = run("calibrate", out, "--quiet", "--json").succeeded();
    assertTrue(
        again
            .err()
            .contains(
                "Warning: beta-1: the run had no checkpoint yet; it begins again at step 0.\n"),
        again.err());
    assertEquals(first.get("calibration"), again.json().get("calibration"));
  }

  @Test
  void whatItDecidesItselfIsRefused() {
    assertEquals(
        "calibrate has --calibration-epochs in place of --epochs.",
        run("calibrate", folder.resolve("c"), "--epochs", "3").refusal());
    assertEquals(
        "calibrate trains with constant betas of its own: leave --control out.",
        run("calibrate", folder.resolve("c"), "--control", "constant").refusal());
    assertFalse(Files.exists(folder.resolve("c")));
  }

  /** As of ten latent dimensions on MNIST, where ln N is 11. */
  @Test
  void aboveTheLogarithmOfTheNumberOfImagesIsNoted() {
    var at = new Calibration.End(100, 200, 0.1, 0.1, 0);
    var one = new Calibration.End(1, 80, 17, 17, 0);
    var far = new Calibration.End(0.01, 60, 40, 40, 0);
    var told = new StringWriter();
    TrainCommand.tell(new Calibration(5, 10, 60_000, at, one, far), new PrintWriter(told, true));
    List<String> lines = told.toString().lines().toList();
    assertEquals(2, lines.size(), told.toString());
    assertTrue(lines.getFirst().startsWith("Set point 17.0 nats. A beta of 1, "), lines.getFirst());
    assertTrue(
        lines.getLast().startsWith("Note: A set point of 17 is above ln 60,000 = 11.00 nats"),
        lines.getLast());
  }

  @Test
  void aRunKeepsWhatWasChosenAndWhy() {
    Path out = folder.resolve("run");
    CommandRun train = run("train", out, "--kl", "auto", "--epochs", "1").succeeded();
    RunRecord record = RunDirectory.readRecord(out);
    Calibration calibration = record.calibration();
    assertEquals(calibration.chosen(), ((HoldRule) record.plan().rule()).setPoint());
    assertEquals(300, calibration.images());
    RunRecord calibrated = RunDirectory.readRecord(out.resolve("calibration/beta-1"));
    assertEquals(1, calibrated.sessions().getFirst().askedThreads());
    assertTrue(
        train.err().contains("Set point %s nats. ".formatted(calibration.chosen())), train.err());
    assertTrue(calibration.atBetaOne().isMoving(), calibration.toString());
    assertTrue(train.err().contains("Warning: The KL of beta = 1 was still "), train.err());
    // Resumed, it is the same number, and nothing is measured again.
    CommandRun resumed =
        CommandRun.of(
                "train",
                "--resume",
                "--out",
                out.toString(),
                "--kl",
                "auto",
                "--epochs",
                "2",
                "--engine",
                "cpu")
            .succeeded();
    assertFalse(resumed.err().contains("Set point"), resumed.err());
    RunRecord longer = RunDirectory.readRecord(out);
    assertEquals(calibration, longer.calibration());
    assertEquals(record.plan().rule(), longer.plan().rule());
    assertTrue(
        run("train", out, "--kl", "auto").refusal().contains("already holds a run"), "twice");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--kl 6", "--kl 1 --kl-schedule 3:6,4:2"})
  void aSetPointAboveTheCeilingIsWarnedOfWithoutMeasuring(String options) {
    List<String> args = new ArrayList<>(List.of(options.split(" ", -1)));
    args.addAll(List.of("--epochs", "1"));
    CommandRun train = run("train", folder.resolve("run"), args.toArray(String[]::new)).succeeded();
    assertTrue(
        train.err().contains("Warning: A set point of 6 is above ln 300 = 5.70 nats"), train.err());
    assertFalse(Files.exists(folder.resolve("run/calibration")));
  }

  @Test
  void aWordThatIsNoSetPointIsRefused() {
    assertEquals(
        "Invalid value for option '--kl': 'car' is neither a number of nats nor auto.",
        run("train", folder.resolve("run"), "--kl", "car").refusal());
    assertEquals(
        "--kl has no effect with --control constant: it is for hold, pi, capacity and dynamic.",
        run("train", folder.resolve("run"), "--kl", "auto", "--control", "constant").refusal());
  }
}
