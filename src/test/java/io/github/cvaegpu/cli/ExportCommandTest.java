// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.eval.Estimate;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.SavedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportCommandTest {
  @TempDir static Path shared;
  private static RunsToEvaluate runs;
  private static Path images;

  @TempDir Path temp;
  private Path run;
  private Path out;

  @BeforeAll
  static void draw() throws IOException {
    runs = new RunsToEvaluate(shared);
    images = shared.resolve("images");
  }

  /** A copy of a run, which a test may damage. */
  @BeforeEach
  void train() throws IOException {
    Path trained = Path.of(runs.run(2));
    run = Files.createDirectory(temp.resolve("run"));
    for (Path file :
        List.of(
            RunDirectory.recordFile(trained),
            RunDirectory.checkpointFile(trained),
            RunDirectory.metricsFile(trained))) {
      Files.copy(file, run.resolve(file.getFileName()));
    }
    out = temp.resolve("out");
  }

  private CommandRun exportWeights() {
    return CommandRun.of("export", run.toString(), "--safetensors", out.toString());
  }

  private String card() throws IOException {
    return Files.readString(out.resolve("README.md"));
  }

  @Test
  void aLineForEachFile() throws IOException {
    CommandRun done =
        CommandRun.of(
                "export", run.toString(), "--onnx=" + out, "--safetensors=" + out.resolve("torch"))
            .succeeded();
    assertEquals("", done.err());
    List<String> expected =
        List.of(
            "encoder.onnx",
            "decoder.onnx",
            "torch/model.safetensors",
            "torch/config.json",
            "torch/README.md",
            "torch/load.py");
    List<String> lines = done.out().lines().toList();
    assertEquals(expected.size(), lines.size(), done.out());
    for (int i = 0; i < lines.size(); i++) {
      Path file = out.resolve(expected.get(i));
      assertEquals(
          String.format(Locale.ROOT, "%s, %,d bytes", file, Files.size(file)), lines.get(i));
    }
  }

  @Test
  void oneLineOfJson() throws IOException {
    CommandRun done =
        CommandRun.of("export", run.toString(), "--onnx=" + out, "--json").succeeded();
    assertEquals(1, done.out().lines().count());
    JsonObject line = done.json();
    assertEquals(run.toString(), line.get("model").getAsString());
    RunRecord record = RunDirectory.readRecord(run);
    assertEquals(record.parametersSha256().getLast(), line.get("parameters_sha256").getAsString());
    assertEquals(record.stepsDone(), line.get("steps").getAsLong());
    List<JsonElement> files =
        StreamSupport.stream(line.getAsJsonArray("files").spliterator(), false).toList();
    assertEquals(2, files.size());
    for (JsonElement file : files) {
      JsonObject written = file.getAsJsonObject();
      assertEquals(
          Files.size(Path.of(written.get("path").getAsString())), written.get("bytes").getAsLong());
    }
  }

  @Test
  void theCardHasTheFiguresOfTheRun() throws IOException {
    exportWeights().succeeded();
    String card = card();
    RunRecord record = RunDirectory.readRecord(run);
    RunRecord.Metrics metrics = record.metrics();
    for (Estimate estimate :
        List.of(
            metrics.test().reconstructionLoss(),
            metrics.test().klDivergence(),
            metrics.test().elbo())) {
      String text =
          String.format(Locale.ROOT, "| %.2f ± %.2f |", estimate.mean(), estimate.standardError());
      assertTrue(card.contains(text), text + " is not in " + card);
    }
    for (double mean :
        List.of(metrics.lastSteps().rl(), metrics.lastSteps().kl(), metrics.lastSteps().elbo())) {
      String text = String.format(Locale.ROOT, "| %.2f |", mean);
      assertTrue(card.contains(text), text + " is not in " + card);
    }
    for (String text :
        List.of(
            "Nats per image",
            "| network | 81 - 20 - 10 - 2 x 2, 2 - 10 - 20 - 81, ReLU between layers |",
            "| images | 9 x 9 pixels |",
            "| images | `images` (unverified) |",
            "| seed | 0 |",
            "| optimizer | Adam, learning rate 0.01 |",
            "\"epochs\": 3",
            "1 / (1 + exp(-logit)) (likelihood bernoulli)",
            "images = model.decode(torch.randn(16, 2))  # (16, 81)",
            record.parametersSha256().getLast(),
            record.dataset().sha256().values().iterator().next(),
            record.sessions().getLast().engine().device(),
            "## Licence")) {
      assertTrue(card.contains(text), text + " is not in " + card);
    }
    // What nobody else may know.
    assertFalse(card.contains(images.toString()), card);
  }

  @Test
  void aRunThatWasNotFinishedHasNoFigures() throws IOException {
    Path record = RunDirectory.recordFile(run);
    String json = Files.readString(record);
    Files.writeString(
        record,
        json.replaceFirst("(?s)\"metrics\": \\{.*\\n  \\},\\n", "\"metrics\": null,\n")
            .replace("\"completed\"", "\"interrupted\""));
    assertEquals("", exportWeights().succeeded().err());
    assertTrue(card().contains("The run was not finished"), card());
  }

  @Test
  void withoutARecordThereAreNoFigures() throws IOException {
    Files.delete(RunDirectory.recordFile(run));
    assertEquals(
        "Warning: README.md has no figures: %s holds no run: there is no run.json.%n"
            .formatted(run),
        exportWeights().succeeded().err());
    assertTrue(card().contains("figures were not at hand"), card());
  }

  @Test
  void filesOfTwoRunsAreRefused() throws IOException {
    Files.copy(
        RunDirectory.recordFile(Path.of(runs.run(1))),
        RunDirectory.recordFile(run),
        StandardCopyOption.REPLACE_EXISTING);
    String refusal = exportWeights().refusal();
    assertTrue(refusal.startsWith(run + " holds files of two runs. "), refusal);
    assertFalse(Files.exists(out));
  }

  @Test
  void aModelThatCannotBeOpenedLeavesNothing() throws IOException {
    Path absent = temp.resolve("absent");
    assertEquals(
        absent + " holds no run: there is no run.json.",
        CommandRun.of("export", absent.toString(), "--onnx=" + out).refusal());
    Path checkpoint = RunDirectory.checkpointFile(run);
    byte[] bytes = Files.readAllBytes(checkpoint);
    bytes[bytes.length - 4] ^= 1;
    Files.write(checkpoint, bytes);
    assertTrue(exportWeights().refusal().contains("is damaged"));
    assertFalse(Files.exists(out));
  }

  @Test
  void withNothingToWriteItSaysWhatThereIs() {
    assertEquals(
        "Nothing to export: add --onnx DIR, --safetensors DIR or both.",
        CommandRun.of("export", run.toString()).refusal());
  }

  @Test
  void whatExistsIsReplacedOnlyWithOverwrite() throws IOException {
    exportWeights().succeeded();
    assertEquals(
        out.resolve("model.safetensors")
            + " exists: add --overwrite to replace it, or choose another folder.",
        exportWeights().refusal());
    CommandRun.of("export", run.toString(), "--safetensors=" + out, "--overwrite").succeeded();
  }

  @Test
  void theRunDirectoryIsTheRunsAlone() throws IOException {
    String refusal =
        CommandRun.of("export", run.toString(), "--onnx=" + run, "--overwrite").refusal();
    assertTrue(refusal.startsWith(run + " is a run directory"), refusal);
    CommandRun.of("export", run.toString(), "--onnx=" + run.resolve("export")).succeeded();
  }

  /** From a checkpoint, and again from what was exported: the same files, but for the figures. */
  @Test
  void whatWasExportedCanBeExported() throws IOException {
    exportWeights().succeeded();
    for (Path model :
        List.of(out, out.resolve(SavedModel.FILE), RunDirectory.checkpointFile(run))) {
      Path again = temp.resolve("again");
      CommandRun.of("export", model.toString(), "--safetensors=" + again, "--overwrite")
          .succeeded();
      for (String name : List.of("model.safetensors", "config.json", "load.py")) {
        assertEquals(-1, Files.mismatch(out.resolve(name), again.resolve(name)), name);
      }
    }
  }

  @Test
  void evaluateScoresIt() {
    exportWeights().succeeded();
    JsonObject ofRun =
        CommandRun.of("evaluate", run.toString(), "--engine=cpu", "--json", "--samples=3")
            .succeeded()
            .json();
    JsonObject ofExport =
        CommandRun.of(
                "evaluate",
                out.toString(),
                "--data=" + images,
                "--engine=cpu",
                "--json",
                "--samples=3",
                "--ais",
                "--ais-images=2",
                "--ais-steps=3")
            .succeeded()
            .json();
    assertEquals(ofRun.get("evaluation"), ofExport.get("evaluation"));
    assertEquals(ofRun.get("steps"), ofExport.get("steps"));
    assertFalse(ofExport.get("ais").isJsonNull());
  }

  @Test
  void evaluateAsksForImagesThatItCannotFind() {
    exportWeights().succeeded();
    assertEquals(
        out
            + " was trained on a user's own images, images, and does not say where they are: name"
            + " them, or others, with --data.",
        CommandRun.of("evaluate", out.toString(), "--engine=cpu").refusal());
  }

  @Test
  void evaluateWarnsOfOtherImages() throws IOException {
    exportWeights().succeeded();
    Path others = TinyImages.writeFolder(temp.resolve("others"), 9);
    CommandRun scored =
        CommandRun.of("evaluate", out.toString(), "--data=" + others, "--engine=cpu", "--samples=1")
            .succeeded();
    Optional<String> warning =
        scored.err().lines().filter(line -> line.contains("other images")).findFirst();
    assertTrue(warning.isPresent(), scored.err());
  }
}
