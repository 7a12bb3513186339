// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.api.Device;
import io.github.cvaegpu.api.Images;
import io.github.cvaegpu.api.Model;
import io.github.cvaegpu.data.Binarization;
import io.github.cvaegpu.train.RunDirectory;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --likelihood bernoulli-binarized}, from the training to every command with images. */
class BinarizedTest {
  private static final int SIDE = TinyImages.SIDE;
  private static final String VALIDATION = "--split=validation";

  @TempDir static Path temp;
  private static Path grey;
  private static Path drawn;
  private static Path run;

  @TempDir Path folder;

  private static List<String> train(Path data, Path out) {
    return new ArrayList<>(
        List.of(
            "train",
            "--data=" + data,
            "--out=" + out,
            "--likelihood=bernoulli-binarized",
            "--epochs=2",
            "--batch=64",
            "--hidden=20,10",
            "--latent=2",
            "--lr=0.01",
            "--beta=1",
            "--validation=0.2",
            "--seed=7",
            "--engine=cpu",
            "--threads=1"));
  }

  /** The same images twice: grey, and as a model is given them. */
  @BeforeAll
  static void train() throws IOException {
    grey = TinyImages.writeFolder(temp.resolve("grey"), 1);
    drawn =
        TinyImages.writeFolder(
            temp.resolve("drawn"),
            Binarization.standard(TinyImages.draw(TinyImages.TRAIN, 1)),
            Binarization.standard(TinyImages.draw(TinyImages.TEST, 2)));
    run = temp.resolve("run");
    CommandRun.of(train(grey, run)).succeeded();
  }

  private static CommandRun with(String command, String... options) {
    List<String> args = new ArrayList<>(List.of(command, run.toString(), "--engine=cpu"));
    args.addAll(List.of(options));
    return CommandRun.of(args);
  }

  @Test
  void theRecordSaysWhatTheTargetsAre() throws IOException {
    JsonObject objective =
        JsonParser.parseString(Files.readString(RunDirectory.recordFile(run)))
            .getAsJsonObject()
            .getAsJsonObject("plan")
            .getAsJsonObject("objective");
    assertEquals("bernoulli", objective.get("likelihood").getAsString());
    assertEquals("binarized", objective.get("targets").getAsString());
  }

  /** The figures after the training are those of the command, of these images and of no others. */
  @Test
  void evaluatesOnTheDrawnImages() {
    CommandRun table = with("evaluate").succeeded();
    assertTrue(table.out().contains("  RL "), table.out());
    JsonObject evaluation = evaluation(with("evaluate", "--json", "--samples=1"));
    assertEquals(
        JsonParser.parseString(read(RunDirectory.recordFile(run)))
            .getAsJsonObject()
            .getAsJsonObject("metrics")
            .getAsJsonObject("test")
            .get("rl"),
        evaluation.get("rl"));
    assertEquals(
        evaluation, evaluation(with("evaluate", "--json", "--samples=1", "--data=" + drawn)));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static JsonObject evaluation(CommandRun result) {
    return result.succeeded().json().getAsJsonObject("evaluation");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--images=20", "--exact", "--ais", "--latent"})
  void everyFigureIsOfTheDrawnImages(String option) {
    String less = option.equals("--ais") ? "--ais-images=5" : "--samples=2";
    assertEquals(figures(grey, option, less), figures(drawn, option, less));
  }

  /** But for those of training images: nothing is held out of data that are not the run's own. */
  private static JsonObject figures(Path data, String... options) {
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of("--json", "--data=" + data));
    JsonObject figures = with("evaluate", all.toArray(String[]::new)).succeeded().json();
    assertEquals(data.getFileName().toString(), figures.remove("dataset").getAsString());
    figures.remove("latent");
    return figures;
  }

  @Test
  void theLastValidationIsThatOfTheCommand() {
    String[] last =
        read(RunDirectory.validationFile(run)).lines().toList().getLast().split(",", -1);
    JsonObject evaluation = evaluation(with("evaluate", "--json", "--samples=1", VALIDATION));
    assertEquals(60, evaluation.get("images").getAsInt());
    assertTrue(
        List.of(last).contains(evaluation.getAsJsonObject("rl").get("mean").getAsString()),
        String.join(",", last));
  }

  /** What a command makes of grey images is what it makes of the drawn ones. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "encode z.csv",
        "encode z.npy",
        "score scores.csv",
        "score scores.csv --exact",
        "reconstruct r.png",
        "reconstruct r.png --images=30,7,49",
        "interpolate i.png --from=3 --to=40",
        "traverse t.png --image=5",
        "sample s.npy -n=20 --from=aggregate --components=2"
      })
  void everyCommandIsGivenTheDrawnImages(String line) throws IOException {
    byte[] ofGrey = written(line, "--input=" + grey, "--split=test");
    byte[] ofDrawn = written(line, "--input=" + drawn, "--split=test");
    byte[] ofOwn = written(line, "--split=test");
    assertEquals(-1, Arrays.mismatch(ofGrey, ofDrawn));
    assertEquals(-1, Arrays.mismatch(ofGrey, ofOwn));
  }

  /**
   * @param line a command and the name of what it is to write, perhaps with options
   */
  private byte[] written(String line, String... others) throws IOException {
    List<String> words = List.of(line.split(" "));
    Path file = folder.resolve(words.get(1));
    Files.deleteIfExists(file);
    List<String> options = new ArrayList<>(words.subList(2, words.size()));
    options.add("--output=" + file);
    options.addAll(List.of(others));
    with(words.getFirst(), options.toArray(String[]::new)).succeeded();
    return Files.readAllBytes(file);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--split=train", VALIDATION})
  void partsAreThoseOfTheDrawnTrainingSet(String split) throws IOException {
    List<String> all = posteriors("--input=" + drawn, "--split=train");
    List<String> some = posteriors(split);
    assertEquals(TinyImages.TRAIN, all.size());
    assertEquals(split.equals(VALIDATION) ? 60 : 240, some.size());
    assertTrue(all.containsAll(some));
  }

  /** Lines of images, without their numbers. */
  private List<String> posteriors(String... options) throws IOException {
    return new String(written("encode z.csv", options), StandardCharsets.UTF_8)
        .lines()
        .skip(1)
        .map(line -> line.substring(line.indexOf(',')))
        .toList();
  }

  /** Above its reconstruction is what the model was given. */
  @Test
  void picturesShowTheDrawnImages() throws IOException {
    BufferedImage picture =
        ImageIO.read(new ByteArrayInputStream(written("reconstruct r.png --images=0,1,2,3,4,5")));
    var shades = new TreeSet<Integer>();
    for (int y = 0; y < picture.getHeight() / 2 - 2; y++) {
      for (int x = 0; x < picture.getWidth(); x++) {
        shades.add(picture.getRGB(x, y) & 0xFF);
      }
    }
    assertTrue(shades.containsAll(List.of(0, 255)), shades.toString());
    // What is between the images has a shade of its own.
    assertTrue(shades.size() <= 3, shades.toString());
  }

  @Test
  void theRunIsVerifiedToTheBit() {
    CommandRun result = with("verify", "--epochs=2", "--threads=2").succeeded();
    assertTrue(result.out().contains("Verified: "), result.out());
  }

  @Test
  void aRunGoesOnAsOneInOnePiece() throws IOException {
    Path parts = folder.resolve("parts");
    List<String> first = train(grey, parts);
    first.set(first.indexOf("--epochs=2"), "--epochs=1");
    CommandRun.of(first).succeeded();
    CommandRun.of("train", "--resume", "--out=" + parts, "--epochs=2", "--engine=cpu").succeeded();
    assertEquals(
        RunDirectory.readRecord(run).parametersSha256(),
        RunDirectory.readRecord(parts).parametersSha256());
    assertEquals(
        RunDirectory.readRecord(run).metrics().test(),
        RunDirectory.readRecord(parts).metrics().test());
  }

  @Test
  void aReportIsOfTheDrawnImages() throws IOException {
    Path page = folder.resolve("report.html");
    CommandRun.of("report", run.toString(), "--exact", "--engine=cpu", "--out=" + page).succeeded();
    JsonObject exact =
        with("evaluate", "--exact", "--json", "--samples=1")
            .succeeded()
            .json()
            .getAsJsonObject("exact")
            .getAsJsonObject("log_likelihood");
    String logLikelihood =
        String.format(
            Locale.ROOT,
            "%.2f ± %.2f",
            exact.get("mean").getAsDouble(),
            exact.get("standard_error").getAsDouble());
    assertTrue(read(page).contains(logLikelihood), logLikelihood);
  }

  @Test
  void benchAndCalibrateTakeIt() {
    CommandRun.of(
            "bench",
            "--likelihood=bernoulli-binarized",
            "--data=" + grey,
            "--batch=64",
            "--hidden=20,10",
            "--rounds=1",
            "--engine=cpu",
            "--threads=1")
        .succeeded();
    CommandRun.of(
            "calibrate",
            "--likelihood=bernoulli-binarized",
            "--data=" + grey,
            "--batch=64",
            "--hidden=20,10",
            "--calibration-epochs=2",
            "--out=" + folder.resolve("calibration"),
            "--lr=0.01",
            "--engine=cpu",
            "--threads=1",
            "--quiet")
        .succeeded();
  }

  @Test
  void aModelOfTheApiDrawsThemToo() {
    JsonObject expected = evaluation(with("evaluate", "--json", "--samples=3"));
    try (Device device = Device.cpu(1);
        Model model = Model.open(run, device)) {
      assertEquals(
          expected.getAsJsonObject("rl").get("mean").getAsDouble(),
          model.score(Images.read(grey), 3).reconstructionLoss().value());
      assertEquals(TinyImages.TEST, model.encode(Images.read(grey)).size());
      assertEquals(TinyImages.TEST * SIDE * SIDE, model.reconstruct(Images.read(grey)).length);
      assertEquals(TinyImages.TEST, model.logLikelihood(Images.read(grey)).length);
    }
  }
}
