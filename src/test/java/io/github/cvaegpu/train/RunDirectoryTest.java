// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSize;
import io.github.cvaegpu.data.Reading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunDirectoryTest {
  @TempDir Path temp;

  private static RunRecord record() {
    return record("auto", null);
  }

  private static RunRecord record(String data, Reading reading) {
    return new RunRecord(
        RunRecord.FORMAT,
        "a program",
        TrainingPlan.defaults(),
        data,
        reading,
        new RunRecord.Network(81, 1000),
        RunRecord.DatasetRecord.of(TinyImages.dataset(1), TrainingPlan.defaults()),
        List.of(),
        7,
        7L,
        RunRecord.ExitReason.INTERRUPTED,
        null,
        List.of(),
        null,
        null,
        null);
  }

  private static String refusal(Runnable open) {
    String message = assertThrows(InputException.class, open::run).getMessage();
    assertTrue(message.endsWith(".") && !message.contains("\n"), message);
    return message;
  }

  @Test
  void makesTheFolderAndKeepsARecord() throws IOException {
    Path folder = temp.resolve("a").resolve("run");
    try (var run = RunDirectory.create(folder)) {
      run.write(record());
      assertEquals(record(), run.record());
    }
    try (var run = RunDirectory.resume(folder)) {
      assertEquals(record(), run.record());
      assertEquals(folder.resolve("checkpoint.safetensors"), run.checkpointFile());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run.json",
        "metrics.csv",
        "checkpoint.safetensors",
        "validation.csv",
        "best.safetensors"
      })
  void aNewRunDoesNotReplaceAnother(String file) throws IOException {
    Files.writeString(temp.resolve(file), "content");
    assertEquals(
        temp
            + " already holds files of a run: add --resume to go on with it, or choose another"
            + " --out.",
        refusal(() -> RunDirectory.create(temp)));
    assertEquals("content", Files.readString(temp.resolve(file)));
    Files.delete(temp.resolve(file));
    // The refusal has let go of the folder.
    RunDirectory.create(temp).close();
  }

  @Test
  void thereHasToBeARunToResume() {
    Path absent = temp.resolve("absent");
    assertEquals(
        absent + " holds no run: there is no run.json.",
        refusal(() -> RunDirectory.resume(absent)));
    assertFalse(Files.exists(absent));
  }

  @Test
  void isOpenForTrainingOnce() throws IOException {
    try (var run = RunDirectory.create(temp)) {
      assertEquals(
          "Another process is training in " + temp + ".", refusal(() -> RunDirectory.create(temp)));
      run.write(record());
      assertEquals(
          "Another process is training in " + temp + ".", refusal(() -> RunDirectory.resume(temp)));
    }
    RunDirectory.resume(temp).close();
  }

  @Test
  void deletesWhatAKilledProcessLeftAndNothingElse() throws IOException {
    Path checkpoint = Files.writeString(temp.resolve(".checkpoint.safetensors.0a.tmp"), "part");
    Path json = Files.writeString(temp.resolve(".run.json.ff.tmp"), "part");
    Path other = Files.writeString(temp.resolve(".notes.txt.tmp"), "the user's own");
    RunDirectory.create(temp).close();
    assertFalse(Files.exists(checkpoint));
    assertFalse(Files.exists(json));
    assertTrue(Files.exists(other));
  }

  @ParameterizedTest
  @ValueSource(strings = {"run.json", "checkpoint.safetensors"})
  void theTemporaryNamesAreThoseThatAreDeleted(String name) throws IOException {
    AtomicFile.replace(
        temp.resolve(name),
        out -> {
          // What a kill at this moment would leave.
          Path part = hidden().getFirst();
          Files.copy(part, Path.of(part.toString().replace(".tmp", "0.tmp")));
        });
    Files.delete(temp.resolve(name));
    assertEquals(1, hidden().size());
    RunDirectory.create(temp).close();
    assertEquals(List.of(), hidden());
  }

  @Test
  void aLeftoverThatCannotBeDeletedLeavesNoLock() throws IOException {
    Path leftover = Files.createDirectories(temp.resolve(".run.json.0a.tmp").resolve("inside"));
    String message = refusal(() -> RunDirectory.create(temp));
    assertTrue(
        message.startsWith("The run directory " + temp + " cannot be written to: "), message);
    Files.delete(leftover);
    Files.delete(leftover.getParent());
    RunDirectory.create(temp).close();
  }

  private List<Path> hidden() throws IOException {
    try (Stream<Path> files = Files.list(temp)) {
      return files.filter(file -> file.toString().endsWith(".tmp")).toList();
    }
  }

  @Test
  void aFileInTheWayIsNamed() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "");
    assertEquals(
        file + " cannot be a run directory: a file of that name is there.",
        refusal(() -> RunDirectory.create(file)));
    String below = refusal(() -> RunDirectory.create(file.resolve("run")));
    assertTrue(below.startsWith("The run directory " + file.resolve("run") + " cannot"), below);
  }

  @Test
  void anUnwritableFolderIsNamed() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("read-only"));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-xr-xr-x"));
    if (Files.isWritable(folder)) {
      String reason = "SKIPPED: this user may write to every folder";
      System.out.println(reason);
      Assumptions.abort(reason);
    }
    assertEquals(
        "The run directory " + folder + " cannot be written to: permission denied.",
        refusal(() -> RunDirectory.create(folder)));
  }

  static Stream<Arguments> damages() {
    return Stream.of(
        Arguments.of("nothing", edit(json -> "")),
        Arguments.of("the literal null", edit(json -> "null")),
        Arguments.of("half of it", edit(json -> json.substring(0, json.length() / 2))),
        Arguments.of("other JSON", edit(json -> "{\"name\": \"other\"}")),
        Arguments.of("a list", edit(json -> "[1, 2]")),
        Arguments.of(
            "another format", edit(json -> json.replace("\"format\": 3", "\"format\": 4"))),
        Arguments.of("no plan", edit(json -> json.replace("\"plan\"", "\"plane\""))),
        Arguments.of("no rule", edit(json -> json.replace("\"rule\"", "\"role\""))),
        Arguments.of("no data", edit(json -> json.replace("\"data\"", "\"dates\""))),
        Arguments.of("no dataset", edit(json -> json.replace("\"dataset\"", "\"data set\""))),
        Arguments.of("no seed's number", edit(json -> json.replace("\"seed\": 0", "\"seed\": []"))),
        Arguments.of(
            "a refused plan", edit(json -> json.replace("\"epochs\": 200", "\"epochs\": 0"))),
        Arguments.of(
            "a refused controller",
            edit(json -> json.replace("\"set_point\": 9.97", "\"set_point\": -1"))),
        Arguments.of(
            "a rule that is a number",
            edit(json -> json.replace("\"name\": \"hold\"", "\"name\": 1"))),
        Arguments.of("no exit reason", edit(json -> json.replace("exit_reason", "exit_reasons"))),
        Arguments.of(
            "an unnamed dataset",
            edit(json -> json.replace("\"name\": \"tiny\"", "\"name\": null"))),
        Arguments.of(
            "a null session",
            edit(json -> json.replace("\"sessions\": []", "\"sessions\": [null]"))),
        Arguments.of(
            "a null width",
            edit(json -> json.replaceFirst("\"hidden\": \\[", "\"hidden\": [null,"))));
  }

  private static UnaryOperator<String> edit(UnaryOperator<String> edit) {
    return edit;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damages")
  void aDamagedRecordIsRefused(String name, UnaryOperator<String> damage) throws IOException {
    String json = Json.PRETTY.toJson(record());
    String damaged = damage.apply(json);
    assertFalse(json.equals(damaged), name);
    Path file = Files.writeString(temp.resolve("run.json"), damaged);
    String message = refusal(() -> RunDirectory.readRecord(temp));
    assertTrue(message.startsWith(file.toString()), message);
    String resumed = refusal(() -> RunDirectory.planToResume(temp));
    assertTrue(resumed.startsWith(file.toString()), resumed);
  }

  /** A newer version's is whole, and must not be taken for damage that a checkpoint can mend. */
  @Test
  void aRuleOfAnotherVersionIsNoDamage() throws IOException {
    String json = Json.PRETTY.toJson(record());
    Path file =
        Files.writeString(
            temp.resolve("run.json"), json.replace("\"name\": \"hold\"", "\"name\": \"x\""));
    String sentence = file + " has the rule \"x\", which this version does not know.";
    assertEquals(sentence, refusal(() -> RunDirectory.readRecord(temp)));
    assertEquals(sentence, refusal(() -> RunDirectory.planToResume(temp)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"inputs\": 81 | \"inputs\": 0 | network.inputs",
        "\"inputs\": 81 | \"inputs\": 70000 | network.inputs",
        "\"parameters\": 3845 | \"parameters\": -1 | network.parameters",
        "\"train_images\": 300 | \"train_images\": 0 | dataset.train_images",
        "\"test_images\": 50 | \"test_images\": -50 | dataset.test_images",
        "\"steps_done\": 15 | \"steps_done\": 16 | steps_done",
        "\"steps_done\": 15 | \"steps_done\": -1 | steps_done",
        "\"steps_done\": 15 | \"steps_done\": 15, \"checkpoint_step\": 99 | checkpoint_step",
        "\"first_step\": 0 | \"first_step\": -1 | sessions[0].first_step",
        "\"first_step\": 0 | \"first_step\": 0, \"bits\": 0 | sessions[0].bits",
        "\"first_step\": 0 | \"first_step\": 0, \"asked_threads\": 0 | sessions[0].asked_threads",
        "\"threads\": 1 | \"threads\": -1 | sessions[0].engine.threads",
        "\"started\": \"2026 | \"started\": \"yesterday | sessions[0].started",
        "\"ended\": \"2026 | \"ended\": \"yesterday | sessions[0].ended",
        "\"epochs\": 3 | \"epochs\": 2 | steps_done",
        "\"samples\": 1 | \"samples\": 0 | metrics.test.samples",
        "\"tail_steps\": 15 | \"tail_steps\": 0 | metrics.controller.steps",
      })
  void aNumberThatNoRunHasIsRefused(String from, String to, String name) throws IOException {
    String json = Files.readString(Path.of("test-data", "format-1", "finished", "run.json"));
    Path file = Files.writeString(temp.resolve("run.json"), json);
    assertEquals(15, RunDirectory.readRecord(temp).stepsDone());
    assertTrue(json.contains(from), json);
    Files.writeString(file, json.replace(from, to));
    assertEquals(
        "%s is damaged: its %s makes no sense.".formatted(file, name),
        refusal(() -> RunDirectory.readRecord(temp)));
  }

  /** Neither cut off nor wrapped around: 2.5 is not 2, and 2^32 + 2 is not 2 either. */
  @ParameterizedTest
  @CsvSource({
    "format-1/finished, latent, 2.5",
    "format-1/finished, latent, 4294967298",
    "format-1/finished, seed, 18446744073709551621",
    "format-2/finished, epochs, 3.5",
    "format-2/finished, epochs, 4294967299",
    "format-2/finished, train_images, 4294967596",
    "format-2/finished, format, 2.5",
    "format-2/finished, format, 4294967298",
  })
  void aNumberThatIsNotWholeIsRefused(String run, String name, String value) throws IOException {
    String json = Files.readString(Path.of("test-data").resolve(run).resolve("run.json"));
    String edited = json.replaceFirst("\"" + name + "\": \\d+", "\"" + name + "\": " + value);
    assertFalse(json.equals(edited));
    assertDamaged(edited);
  }

  @ParameterizedTest
  @CsvSource({
    "latent, 2.5",
    "latent, 4294967298",
    "epochs, 200.5",
    "seed, 18446744073709551616",
    "steps_done, 7.5",
    "format, 3.5",
    "format, 4294967299",
  })
  void aNumberThatIsNotWholeIsRefusedInTodaysFormat(String name, String value) throws IOException {
    String json = Json.PRETTY.toJson(record());
    String edited = json.replaceFirst("\"" + name + "\": \\d+", "\"" + name + "\": " + value);
    assertFalse(json.equals(edited));
    assertDamaged(edited);
  }

  private void assertDamaged(String json) throws IOException {
    Path file = Files.writeString(temp.resolve("run.json"), json);
    String message = refusal(() -> RunDirectory.readRecord(temp));
    assertTrue(message.startsWith(file + " is damaged"), message);
  }

  /** Of a later program's plan nothing may make sense here, and it is not damaged for that. */
  @Test
  void aLaterFormatIsNamedWhateverItHolds() throws IOException {
    String json = Json.PRETTY.toJson(record());
    Path file =
        Files.writeString(
            temp.resolve("run.json"),
            json.replace("\"format\": 3", "\"format\": 4")
                .replace("\"name\": \"pi\"", "\"name\": \"later\""));
    assertEquals(
        file + " has format 4; this program reads formats 1 to 3.",
        refusal(() -> RunDirectory.readRecord(temp)));
  }

  @Test
  void aMissingPartIsNamed() throws IOException {
    String json = Files.readString(Path.of("test-data", "format-1", "finished", "run.json"));
    Path file =
        Files.writeString(
            temp.resolve("run.json"), json.replace("\"device\": \"", "\"devices\": \""));
    assertEquals(
        file + " is damaged: its sessions[0].engine.device is missing.",
        refusal(() -> RunDirectory.readRecord(temp)));
  }

  @Test
  void whatToGoOnWithIsInTheRecord() throws IOException {
    Files.writeString(temp.resolve("run.json"), Json.PRETTY.toJson(record()));
    assertEquals(
        new RunDirectory.Resumption(
            TrainingPlan.defaults(),
            DataChoice.AUTO,
            DataChoice.AUTO,
            record().dataset().status(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty()),
        RunDirectory.planToResume(temp));
  }

  @Test
  void theCheckpointStandsInForALostRecord() throws IOException {
    Path folder = temp.resolve("run");
    var run = new TinyRun(folder);
    run.until(4);
    Files.writeString(run.recordFile(), "{");
    String end =
        "; the settings are those of the checkpoint, and run.json is written anew, without the"
            + " sessions so far.";
    assertEquals(
        new RunDirectory.Resumption(
            run.plan,
            new DataChoice.Named("tiny"),
            new DataChoice.Named("tiny"),
            Dataset.Status.UNVERIFIED,
            Optional.empty(),
            Optional.empty(),
            Optional.of(run.recordFile() + " is damaged: it is not the JSON of a run" + end)),
        RunDirectory.planToResume(folder));
    Files.delete(run.recordFile());
    assertEquals(
        Optional.of(folder + " has no run.json" + end),
        RunDirectory.planToResume(folder).warning());
    Files.writeString(run.checkpointFile(), "short");
    String both = refusal(() -> RunDirectory.planToResume(folder));
    assertTrue(
        both.startsWith(
            folder + " has no run.json, and its checkpoint is of no help: " + run.checkpointFile()),
        both);
    Files.delete(run.checkpointFile());
    assertEquals(
        folder + " holds no run: there is no run.json.",
        refusal(() -> RunDirectory.planToResume(folder)));
  }

  /** A later program's record may say more than this one would write in its place. */
  @Test
  void aRecordOfALaterFormatIsNotReplaced() throws IOException {
    Path folder = temp.resolve("run");
    var run = new TinyRun(folder);
    run.until(4);
    run.editRecord(json -> json.replace("\"format\": 3", "\"format\": 4"));
    String refusal = run.recordFile() + " has format 4; this program reads formats 1 to 3.";
    assertEquals(refusal, refusal(() -> RunDirectory.planToResume(folder)));
    assertEquals(refusal, refusal(run::toTheEnd));
  }

  @Test
  void howImagesAreReadIsKept() throws IOException {
    var reading = new Reading(0.25, new ImageSize(20, 30), true);
    try (var run = RunDirectory.create(temp.resolve("run"))) {
      run.write(record("/my/images", reading));
      assertEquals(reading, run.record().reading());
      assertEquals(new DataChoice.At(Path.of("/my/images"), reading), run.record().dataToLoad());
      run.write(record("/my/images", new Reading(0.5, null, false)));
      assertEquals(new Reading(0.5, null, false), run.record().reading());
      run.write(record("/my/images", null));
      assertEquals(new DataChoice.At(Path.of("/my/images")), run.record().dataToLoad());
    }
    var asked = RunDirectory.planToResume(temp.resolve("run")).asked();
    assertEquals(Reading.PLAIN, asked.reading());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "\"test_part\": 0.25; \"test_part\": 1.5; : --test-part must be above 0 and below 1, not"
            + " 1.5.",
        "\"height\": 20; \"height\": 0; : There are no images of 0 x 30 pixels.",
        "\"height\": 20; \"height\": 20000; : --resize must make images of 65,536 pixels at most,"
            + " not of 20000 x 30.",
        "/my/images; mnist; : its reading makes no sense."
      })
  void aReadingThatMakesNoSenseIsDamage(String from, String to, String end) throws IOException {
    Path folder = temp.resolve("run");
    try (var run = RunDirectory.create(folder)) {
      run.write(record("/my/images", new Reading(0.25, new ImageSize(20, 30), true)));
      Files.writeString(run.recordFile(), Files.readString(run.recordFile()).replace(from, to));
      assertEquals(run.recordFile() + " is damaged" + end, refusal(run::record));
    }
  }

  @Test
  void syntheticDigitsInPlaceOfRealOnesAreAskedForByName() {
    assertEquals(
        new DataChoice.Named("synthetic"),
        RunRecord.dataToLoad(DataChoice.AUTO, "synthetic", Dataset.Status.SYNTHETIC_FALLBACK));
    assertEquals(
        DataChoice.AUTO, RunRecord.dataToLoad(DataChoice.AUTO, "own", Dataset.Status.UNVERIFIED));
  }

  @Test
  void whatWasNamedIsNamedAgain() {
    for (DataChoice choice :
        List.of(new DataChoice.Named("kmnist"), new DataChoice.At(temp.toAbsolutePath()))) {
      assertEquals(choice, RunRecord.dataToLoad(choice, "mnist", Dataset.Status.VERIFIED));
    }
  }

  @Test
  void aRecordThatIsNotTextIsRefused() throws IOException {
    Path file = Files.write(temp.resolve("run.json"), new byte[] {'{', (byte) 0xff, (byte) 0xfe});
    assertEquals(
        file + " is damaged: it is not the JSON of a run.",
        refusal(() -> RunDirectory.readRecord(temp)));
  }
}
