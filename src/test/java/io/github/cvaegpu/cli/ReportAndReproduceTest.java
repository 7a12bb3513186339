// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.report.Fonts;
import io.github.cvaegpu.train.RunDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code report} and {@code reproduce}, in process, on images that take no time. */
class ReportAndReproduceTest {
  @TempDir static Path temp;
  private static Path images;

  @TempDir private Path folder;
  private Path run;
  private Path page;

  @BeforeAll
  static void draw() throws IOException {
    images = TinyImages.writeFolder(temp.resolve("images"), 1);
  }

  @BeforeEach
  void name() {
    run = folder.resolve("run");
    page = folder.resolve("report.html");
  }

  private static void train(Path out, Path data, String... options) {
    List<String> args = new ArrayList<>(List.of("train", "--data", data.toString()));
    args.addAll(List.of("--out", out.toString(), "--engine", "cpu", "--threads", "1"));
    args.addAll(List.of("--epochs", "3", "--batch", "8", "--hidden", "12"));
    args.addAll(List.of(options));
    CommandRun.of(args).succeeded();
  }

  private CommandRun report(String... args) {
    List<String> all = new ArrayList<>(List.of("report", "--engine", "cpu", "--threads", "1"));
    all.addAll(List.of("--out", page.toString()));
    all.addAll(List.of(args));
    return CommandRun.of(all);
  }

  // ---- report ----------------------------------------------------------------------------------

  @Test
  void aReportIsOnePageWithItsSize() throws IOException {
    train(run, images);
    CommandRun result = report(run.toString()).succeeded();
    assertEquals("", result.err());
    assertTrue(result.out().startsWith(page + ", "), result.out());
    String html = Files.readString(page);
    assertTrue(html.contains("<h1>run</h1>"), "title");
    assertTrue(html.contains("\"points\":{"), "dots of the latent map");
    assertEquals(
        Fonts.problem().isEmpty(),
        html.contains("<figcaption>Test images and what the models make of them</figcaption>"));
    // Written again, it replaces itself.
    report(run.toString()).succeeded();
  }

  /** The figures of the page are those of evaluate. */
  @Test
  void exactLikelihoodsStandOnThePage() throws IOException {
    train(run, images);
    Path larger = folder.resolve("larger");
    train(larger, images, "--latent", "3");
    CommandRun result = report(run.toString(), larger.toString(), "--exact").succeeded();
    assertEquals(
        "Warning: %s has 3 latent dimensions, of which --exact integrates 2 at most.\n"
            .formatted(larger),
        result.err());
    JsonObject exact =
        CommandRun.of(
                "evaluate",
                run.toString(),
                "--exact",
                "--json",
                "--engine",
                "cpu",
                "--threads",
                "1")
            .succeeded()
            .json()
            .getAsJsonObject("exact")
            .getAsJsonObject("log_likelihood");
    String html = Files.readString(page);
    assertTrue(html.contains("Likelihood of the test images"), "heading");
    assertTrue(html.contains(figure(exact)), figure(exact));
    report(run.toString()).succeeded();
    assertFalse(Files.readString(page).contains("Likelihood of the test images"));
  }

  @Test
  void annealingAndTheLatentDimensionsStandOnThePage() throws IOException {
    train(run, images, "--latent", "3");
    String[] asked = {"--latent", "--ais", "--ais-images", "2", "--ais-steps", "20"};
    String[] reported =
        Stream.concat(Stream.of(run.toString()), Stream.of(asked)).toArray(String[]::new);
    report(reported).succeeded();
    String html = Files.readString(page);
    List<String> command =
        new ArrayList<>(List.of("evaluate", run.toString(), "--json", "--samples", "1"));
    command.addAll(List.of(asked));
    command.addAll(List.of("--engine", "cpu", "--threads", "1"));
    JsonObject evaluated = CommandRun.of(command.toArray(String[]::new)).succeeded().json();
    JsonObject ais = evaluated.getAsJsonObject("ais");
    JsonObject aggregate = evaluated.getAsJsonObject("aggregate_posterior");
    JsonObject plugIn = aggregate.getAsJsonObject("plug_in");
    JsonObject others = aggregate.getAsJsonObject("leave_one_out");
    List<String> figures = new ArrayList<>();
    for (String key : List.of("log_likelihood", "elbo", "gap")) {
      figures.add(">" + figure(ais.getAsJsonObject(key)) + "<");
    }
    figures.add(">" + figure(ais.getAsJsonObject("check").getAsJsonObject("gap")) + "<");
    figures.add(">" + figure(aggregate.getAsJsonObject("kl")) + "<");
    for (String key :
        List.of("mutual_information", "kl_to_prior", "total_correlation", "dimension_kl")) {
      figures.add(
          ">%s (%s)<"
              .formatted(
                  figure(plugIn.getAsJsonObject(key)),
                  Numbers.rounded("%.2f", others.getAsJsonObject(key).get("mean").getAsDouble())));
    }
    int active = evaluated.getAsJsonObject("latent").get("active_units").getAsInt();
    figures.add(">" + active + " of 3<");
    for (String figure : figures) {
      assertTrue(html.contains(figure), figure);
    }
    assertTrue(html.contains("Likelihood by annealing"), "heading");
    assertFalse(html.contains("Likelihood of the test images"), "--exact was not asked for");
    // Of one image there is no standard error.
    report(run.toString(), "--ais", "--ais-images", "1", "--ais-steps", "20").succeeded();
    assertFalse(Files.readString(page).contains("± 0.00"));
    assertEquals(
        "--ais-images is for --ais, which is not there.",
        report(run.toString(), "--ais-images", "2").refusal());
  }

  private static String figure(JsonObject estimate) {
    return String.format(
        Locale.ROOT,
        "%s ± %.2f",
        Numbers.rounded("%.2f", estimate.get("mean").getAsDouble()),
        estimate.get("standard_error").getAsDouble());
  }

  @Test
  void aFolderOfRunsStandsForThem() throws IOException {
    Path runs = folder.resolve("runs");
    train(runs.resolve("b"), images);
    train(runs.resolve("a"), images);
    Files.createDirectory(runs.resolve("empty"));
    report(runs.toString()).succeeded();
    assertTrue(Files.readString(page).contains("<h1>a and b</h1>"), "title");
    assertEquals(
        runs.resolve("empty") + " holds no run: there is no run.json.",
        report(runs.resolve("empty").toString()).refusal());
  }

  @Test
  void aRunWithoutMetricsOrModelIsReportedOnAsFarAsItGoes() throws IOException {
    train(run, images);
    Files.delete(RunDirectory.metricsFile(run));
    String err = report(run.toString()).succeeded().err();
    assertTrue(err.contains("has no metrics.csv, so there are no curves of it."), err);
    Files.delete(RunDirectory.checkpointFile(run));
    err = report(run.toString()).succeeded().err();
    assertTrue(err.contains("has no checkpoint, so there are no pictures of it."), err);
    assertTrue(Files.readString(page).contains("No run here has a model"));
  }

  /** Of images of the user's own, which are gone; before format 3 nothing said their size. */
  @Test
  void aModelOfImagesOfUnknownSizeIsNotDrawn() throws IOException {
    Files.createDirectory(run);
    for (String name : List.of("run.json", "metrics.csv", "checkpoint.safetensors")) {
      Files.copy(Path.of("test-data", "format-2", "finished", name), run.resolve(name));
    }
    String err = report(run.toString()).succeeded().err();
    assertTrue(
        err.contains(
            "Warning: the checkpoint in "
                + run
                + " does not say how high and wide its images are, so nothing is drawn of its"
                + " model; --data names them."),
        err);
    assertTrue(Files.readString(page).contains("<h1>run</h1>"));
  }

  /** As many pixels are not the same images. */
  @Test
  void imagesOfAnotherShapeAreRefused() throws IOException {
    train(run, images);
    Path others = Files.createDirectory(folder.resolve("others"));
    try (var files = Files.list(images)) {
      for (Path file : files.toList()) {
        byte[] bytes = Files.readAllBytes(file);
        if (file.getFileName().toString().contains("images")) {
          ByteBuffer.wrap(bytes).putInt(8, 1).putInt(12, TinyImages.SIDE * TinyImages.SIDE);
        }
        Files.write(others.resolve(file.getFileName()), bytes);
      }
    }
    assertEquals(
        "The images of others are of 1 x 81 pixels, but the checkpoint's network is for 9 x 9.",
        CommandRun.of("evaluate", run.toString(), "--data", others.toString()).refusal());
    String err = report(run.toString(), "--data", others.toString()).succeeded().err();
    assertTrue(err.contains("was trained on other images than those of others"), err);
  }

  @Test
  void halfWrittenMetricsAreReadAsFarAsTheyGo() throws IOException {
    train(run, images);
    Files.writeString(RunDirectory.metricsFile(run), "115,4,1", StandardOpenOption.APPEND);
    String err = report(run.toString()).succeeded().err();
    assertTrue(err.contains("is half written and was left out."), err);
  }

  @Test
  void runsOfDifferentImagesAreToldApart() throws IOException {
    train(run, images);
    Path other = TinyImages.writeFolder(folder.resolve("other"), 5);
    train(folder.resolve("second"), other, "--latent", "3");
    report(run.toString(), folder.resolve("second").toString()).succeeded();
    assertTrue(Files.readString(page).contains("These runs were trained on different images"));
  }

  @Test
  void imagesThatAreGoneOrOthersLeaveTheMapWithoutDots() throws IOException {
    Path own = TinyImages.writeFolder(folder.resolve("own"), 1);
    train(run, own);
    Files.delete(own.resolve("t10k-images-idx3-ubyte"));
    String err = report(run.toString()).succeeded().err();
    assertTrue(err.contains("the latent map has no dots"), err);
    TinyImages.writeFolder(own, 2);
    err = report(run.toString()).succeeded().err();
    assertTrue(err.contains("was trained on other images"), err);
    assertFalse(Files.readString(page).contains("\"points\":{"));
  }

  @Test
  void imagesWithoutLabelsGiveAMapWithoutColours() throws IOException {
    Path bare = TinyImages.writeFolder(folder.resolve("bare"), 1);
    Files.delete(bare.resolve("train-labels-idx1-ubyte"));
    Files.delete(bare.resolve("t10k-labels-idx1-ubyte"));
    train(run, bare);
    report(run.toString()).succeeded();
    assertTrue(Files.readString(page).contains("The images have no labels, so no colours."));
  }

  @Test
  void whatCannotBeReportedOnIsOneSentence() throws IOException {
    assertEquals("Missing required parameter: 'RUN'.", report().refusal());
    assertEquals(
        folder + " holds no run: there is no run.json.", report(folder.toString()).refusal());
    Files.writeString(page, "my own page");
    assertTrue(
        report(folder.toString()).refusal().contains("is no report of this program"), "replaced");
    assertEquals("my own page", Files.readString(page));
  }

  // ---- reproduce -------------------------------------------------------------------------------

  private CommandRun reproduce(String... options) {
    List<String> args = new ArrayList<>(List.of("reproduce", "--engine", "cpu", "--threads", "1"));
    args.addAll(List.of("--data", images.toString(), "--lr", "0.001", "--epochs", "1"));
    args.addAll(List.of("--out", folder.resolve("study").toString()));
    args.addAll(List.of(options));
    return CommandRun.of(args);
  }

  @Test
  void aStudyLeavesItsClaimsFiguresAndPage() throws IOException {
    assumeTrue(Fonts.problem().isEmpty(), () -> Fonts.problem().get());
    CommandRun result = reproduce().succeeded();
    assertTrue(result.err().contains("run 2/2  control-lr0.001-seed0"), result.err());
    assertTrue(result.out().contains("one seed: "), result.out());
    Path trained = folder.resolve("study/runs/beta-lr0.001-seed0");
    assertEquals(1, RunDirectory.readRecord(trained).sessions().getFirst().askedThreads());
    assertTrue(result.out().contains("gives no verdict"), result.out());
    Path study = folder.resolve("study");
    for (String file :
        List.of(
            "claims.md",
            "claims.json",
            "report.html",
            "figures/ten-digits-lr0.001.png",
            "figures/ten-digits-lr0.001.svg",
            "figures/rl-by-digit-lr0.001.png",
            "figures/latent-map-beta-lr0.001.png",
            "figures/decoded-grid-control-lr0.001.svg",
            "figures/samples-control-lr0.001.png",
            "figures/traversal-beta-lr0.001.gif")) {
      assertTrue(Files.size(study.resolve(file)) > 100, file);
    }
    String claims = Files.readString(study.resolve("claims.md"));
    CommandRun again = reproduce("--json").succeeded();
    assertTrue(again.err().contains("is finished already"), again.err());
    assertEquals(claims, Files.readString(study.resolve("claims.md")));
    assertEquals(
        8, JsonParser.parseString(again.out()).getAsJsonObject().getAsJsonArray("claims").size());
  }

  @Test
  void whatCannotBeReproducedIsOneSentence() throws IOException {
    assertEquals("--seeds must be 1 or more, not 0.", reproduce("--seeds", "0").refusal());
    assertEquals(
        "The number of epochs must be 1 or more, not 0.",
        CommandRun.of("reproduce", "--epochs", "0").refusal());
    assertEquals(
        "--lr must be a number, not 'fast'.", CommandRun.of("reproduce", "--lr", "fast").refusal());
    Path file = Files.createFile(folder.resolve("file"));
    assertTrue(
        CommandRun.of("reproduce", "--data", images.toString(), "--out", file.toString())
            .refusal()
            .contains("cannot be written to"),
        "out");
    Path few = TinyImages.writeFolder(folder.resolve("few"), 1, 127);
    Path study = folder.resolve("study");
    assertEquals(
        "A batch of 128 does not fit the 127 training images: take a smaller one.",
        CommandRun.of("reproduce", "--data", few.toString(), "--out", study.toString()).refusal());
    assertFalse(Files.exists(study), "made for nothing");
  }
}
