// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.data.NpyWriter;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code verify}, and {@code train --from}. */
class VerifyTest {
  @TempDir static Path temp;
  private static Path images;
  private static Path trained;

  @TempDir Path folder;

  @BeforeAll
  static void train() throws IOException {
    images = TinyImages.writeFolder(temp.resolve("images"), 1);
    trained = temp.resolve("trained");
    CommandRun.of(
            List.of(
                "train",
                "--data=" + images,
                "--out=" + trained,
                "--epochs=3",
                "--batch=64",
                "--hidden=20,10",
                "--latent=3",
                "--lr=0.01",
                "--kl=0.5",
                "--seed=7",
                "--engine=cpu",
                "--threads=1"))
        .succeeded();
  }

  private static CommandRun verify(Path run, String... options) {
    List<String> args = new ArrayList<>(List.of("verify", run.toString(), "--engine=cpu"));
    args.addAll(List.of(options));
    return CommandRun.of(args);
  }

  /** The run with another record. */
  private Path withRecord(String from, String to) throws IOException {
    Path copy = Files.createDirectory(folder.resolve("copy"));
    try (Stream<Path> files = Files.list(trained)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    String record = Files.readString(RunDirectory.recordFile(copy));
    String changed = record.replaceFirst(from, to);
    assertFalse(changed.equals(record), from);
    Files.writeString(RunDirectory.recordFile(copy), changed);
    return copy;
  }

  // ---- verify
  // -------------------------------------------------------------------------------------

  @Test
  void aRunIsVerifiedToTheBit() throws IOException {
    CommandRun result = verify(trained, "--epochs=2", "--threads=2").succeeded();
    List<String> lines = result.out().lines().toList();
    assertEquals(4, lines.size(), result.out());
    for (int i = 0; i < 2; i++) {
      assertTrue(
          lines
              .get(i + 1)
              .matches(
                  "epoch "
                      + (i + 1)
                      + "  the same bits  RL (\\d+\\.\\d{4}), recorded \\1"
                      + "  KL (\\d+\\.\\d{4}), recorded \\2"),
          lines.get(i + 1));
    }
    assertEquals(
        "Verified: the parameters after epochs 1 to 2 are the recorded ones to the bit.",
        lines.getLast());
    JsonObject json = verify(trained, "--json").succeeded().json();
    assertTrue(json.get("is_as_recorded").getAsBoolean());
    assertTrue(json.get("is_same").getAsBoolean());
    assertEquals(1, json.getAsJsonArray("epochs").size());
  }

  @Test
  void nothingIsChangedAndNothingIsLeft() throws IOException {
    byte[] before = Files.readAllBytes(RunDirectory.checkpointFile(trained));
    long left = leftBehind();
    verify(trained, "--quiet").succeeded();
    assertEquals(left, leftBehind());
    assertEquals(
        -1, Arrays.mismatch(before, Files.readAllBytes(RunDirectory.checkpointFile(trained))));
  }

  private static long leftBehind() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("cvae-gpu-verify"))
          .count();
    }
  }

  @Test
  void otherBitsOfTheSameEngineAreAFailure() throws IOException {
    Path other = withRecord("\"seed\": 7", "\"seed\": 8");
    CommandRun result = verify(other);
    assertEquals(ExitCode.FAILED, result.code());
    assertTrue(result.out().contains("epoch 1  OTHER bits  "), result.out());
    assertTrue(
        result
            .out()
            .endsWith("NOT verified: the same engine gives other parameters than were recorded.\n"),
        result.out());
  }

  /** On another engine the bits may differ, and the losses have to be alike. */
  @Test
  void whereBitsMayDifferTheLossesAreCompared() throws IOException {
    RunRecord record = RunDirectory.readRecord(trained);
    String sha256 = record.parametersSha256().getFirst();
    Path run = withRecord(sha256, "0".repeat(64));
    Path file = RunDirectory.recordFile(run);
    Files.writeString(
        file,
        Files.readString(file)
            .replaceFirst("\"library\": \"[^\"]*\"", "\"library\": \"OpenBLAS 0.3.31\""));
    CommandRun result = verify(run).succeeded();
    List<String> lines = result.out().lines().toList();
    assertTrue(lines.get(1).startsWith("epoch 1  OTHER bits  "), result.out());
    assertTrue(lines.get(2).startsWith("The run was trained on cpu on "), result.out());
    assertTrue(lines.get(2).endsWith(", so bits may differ."), result.out());
    assertEquals(
        "Verified by the losses alone: those of epoch 1 are about the recorded ones.",
        lines.get(3));
    Path log = RunDirectory.metricsFile(run);
    Files.writeString(log, Files.readString(log).replaceAll("(?m)^(\\d+,1,)\\d+", "$110"));
    result = verify(run);
    assertEquals(ExitCode.FAILED, result.code());
    assertTrue(
        result.out().endsWith("NOT verified: the losses differ from the recorded ones.\n"),
        result.out());
    Files.delete(log);
    result = verify(run);
    assertEquals(ExitCode.FAILED, result.code());
    assertTrue(
        result.out().endsWith("NOT verified: the run has no log of its losses to compare with.\n"),
        result.out());
  }

  /** Another seed's losses are near, but not so near. */
  @Test
  void anotherSeedIsNotVerifiedByItsLosses() throws IOException {
    Path run = withRecord("\"seed\": 7", "\"seed\": 8");
    Path file = RunDirectory.recordFile(run);
    Files.writeString(
        file,
        Files.readString(file).replaceFirst("\"library\": \"[^\"]*\"", "\"library\": \"other\""));
    assertEquals(ExitCode.FAILED, verify(run, "--epochs=3").code());
  }

  /** What went on elsewhere is no excuse for what was done before. */
  @Test
  void aLaterProcessOnAnotherEngineExcusesNothing() throws IOException {
    RunRecord record = RunDirectory.readRecord(trained);
    Path run = withRecord(record.parametersSha256().getFirst(), "0".repeat(64));
    Path file = RunDirectory.recordFile(run);
    JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    JsonObject later = json.getAsJsonArray("sessions").get(0).getAsJsonObject().deepCopy();
    later.addProperty("first_step", 5);
    later.getAsJsonObject("engine").addProperty("library", "other");
    json.getAsJsonArray("sessions").add(later);
    Files.writeString(file, json.toString());
    assertTrue(verify(run).out().contains("NOT verified: the same engine"));
    assertEquals(ExitCode.OK, verify(run, "--epochs=2").code());
  }

  @Test
  void quietIsTheVerdictAlone() {
    assertEquals(
        "Verified: the parameters after epoch 1 are the recorded ones to the bit.\n",
        verify(trained, "--quiet").succeeded().out());
  }

  @Test
  void whatCannotBeVerifiedIsASentence() throws IOException {
    assertEquals(
        "The run has done 3 epochs, fewer than --epochs 4.",
        verify(trained, "--epochs=4").refusal());
    assertEquals("--epochs must be 1 or more, not 0.", verify(trained, "--epochs=0").refusal());
    Path none = folder.resolve("none");
    assertEquals(none + " holds no run: there is no run.json.", verify(none).refusal());
    Path other = TinyImages.writeFolder(folder.resolve("other"), 5);
    assertEquals(
        "The run was started on other images than those of other (%s): their checksums differ."
            .formatted(other),
        verify(trained, "--data=" + other).refusal());
    Path begun = withRecord("(?s)\"parameters_sha256\": \\[.*?\\]", "\"parameters_sha256\": []");
    assertEquals(
        "The run has not done an epoch yet: there is nothing to verify.", verify(begun).refusal());
  }

  // ---- train --from
  // -------------------------------------------------------------------------------

  private CommandRun from(Path run, String... options) {
    List<String> args = new ArrayList<>(List.of("train", "--from=" + run, "--engine=cpu"));
    args.add("--out=" + folder.resolve("new"));
    args.addAll(List.of(options));
    return CommandRun.of(args);
  }

  private RunRecord made() {
    return RunDirectory.readRecord(folder.resolve("new"));
  }

  @Test
  void aRunBeginsWithTheSettingsOfAnother() {
    from(trained).succeeded();
    RunRecord before = RunDirectory.readRecord(trained);
    assertEquals(before.plan(), made().plan());
    assertEquals(before.parametersSha256(), made().parametersSha256());
    assertEquals(before.data(), made().data());
  }

  @Test
  void howItsImagesWereReadIsTakenOver() throws IOException {
    var images = new byte[60 * 16];
    for (int i = 0; i < images.length; i++) {
      images[i] = (byte) (i * 37);
    }
    Path file = folder.resolve("images.npy");
    try (var out = Files.newOutputStream(file)) {
      new NpyWriter(out, "'|u1'", 60, 4, 4);
      out.write(images);
    }
    Path run = folder.resolve("small");
    CommandRun.of(
            List.of(
                "train",
                "--data=" + file,
                "--test-part=0.25",
                "--resize=3",
                "--epochs=1",
                "--batch=15",
                "--hidden=4",
                "--beta=1",
                "--engine=cpu",
                "--out=" + run))
        .succeeded();
    from(run).succeeded();
    assertEquals(RunDirectory.readRecord(run).dataAsked(), made().dataAsked());
    assertEquals(RunDirectory.readRecord(run).parametersSha256(), made().parametersSha256());
    verify(folder.resolve("new")).succeeded();
  }

  @Test
  void whatIsGivenIsInPlaceOfTheOthers() {
    from(RunDirectory.recordFile(trained), "--seed=1", "--epochs=1", "--beta=0.5").succeeded();
    RunRecord before = RunDirectory.readRecord(trained);
    assertEquals(
        before.plan().withSeed(1).withEpochs(1).withRule(made().plan().rule()), made().plan());
    assertEquals("constant", made().plan().rule().name());
  }

  @Test
  void whatIsNoRunToBeginWithIsASentence() throws IOException {
    Path none = folder.resolve("none");
    assertEquals(
        "--from takes a run directory or its run.json, not %s.".formatted(none),
        from(none).refusal());
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertEquals(empty + " holds no run: there is no run.json.", from(empty).refusal());
    assertEquals(
        "--resume goes on with a run's own settings: leave --from out.",
        from(trained, "--resume").refusal());
  }
}
