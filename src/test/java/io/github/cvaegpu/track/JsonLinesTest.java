// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.engine.LearningRate;
import io.github.cvaegpu.engine.RateSchedule;
import io.github.cvaegpu.train.CheckpointInterval;
import io.github.cvaegpu.train.Patience;
import io.github.cvaegpu.train.StepReport;
import io.github.cvaegpu.train.TinyRun;
import io.github.cvaegpu.train.Validation;
import io.github.cvaegpu.train.ValidationLog;
import io.github.cvaegpu.train.ValidationRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonLinesTest {
  private static final Path DEFINITIONS = Path.of("docs", "definitions.md");

  @TempDir Path temp;
  private Path file;
  private TrackedRun run;

  @BeforeEach
  void newRun() {
    file = temp.resolve("logs/run.jsonl");
    run = new TrackedRun(temp.resolve("run"));
  }

  private JsonLines tracker() {
    return new JsonLines(file);
  }

  private static List<JsonObject> read(Path file) throws IOException {
    return Files.readAllLines(file).stream()
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .toList();
  }

  private static List<JsonObject> of(String record, List<JsonObject> lines) {
    return lines.stream().filter(line -> line.get("record").getAsString().equals(record)).toList();
  }

  // ---- the schema ------------------------------------------------------------------------------

  /** The table of docs/definitions.md: the types of each record's fields, by name. */
  private static Map<String, Map<String, String>> schema() throws IOException {
    assumeTrue(Files.exists(DEFINITIONS), "the documents are not here");
    Map<String, Map<String, String>> schema = new LinkedHashMap<>();
    boolean isInTable = false;
    for (String line : Files.readAllLines(DEFINITIONS)) {
      String[] cells = line.split(" *\\| *", -1);
      if (line.startsWith("| record | field | type |")) {
        isInTable = true;
      } else if (isInTable && line.startsWith("| ")) {
        schema
            .computeIfAbsent(cells[1].replace("`", ""), key -> new HashMap<>())
            .put(cells[2].replace("`", ""), cells[3]);
      } else if (!line.startsWith("|")) {
        isInTable = false;
      }
    }
    Map<String, String> all = schema.remove("all");
    schema.values().forEach(fields -> fields.putAll(all));
    return schema;
  }

  private static boolean isOf(String type, JsonElement value) {
    if (type.endsWith(" or null") && value.isJsonNull()) {
      return true;
    }
    return switch (type.replace(" or null", "")) {
      case "text" -> value instanceof JsonPrimitive text && text.isString();
      case "integer" ->
          value instanceof JsonPrimitive number
              && number.isNumber()
              && number.getAsString().matches("\\d+");
      case "number" -> value instanceof JsonPrimitive number && number.isNumber();
      case "object" -> value.isJsonObject();
      default -> throw new AssertionError(type);
    };
  }

  private static void assertFollowsSchema(List<JsonObject> lines) throws IOException {
    Map<String, Map<String, String>> schema = schema();
    assertEquals(5, schema.size());
    for (JsonObject line : lines) {
      Map<String, String> fields = schema.get(line.get("record").getAsString());
      assertEquals(fields.keySet(), line.keySet());
      fields.forEach((name, type) -> assertTrue(isOf(type, line.get(name)), name + " of " + line));
    }
    assertEquals(JsonLines.SCHEMA, lines.getFirst().get("schema").getAsInt());
  }

  /** Of a run with all that a line may have. */
  @Test
  void validationImagesAndRatesAreThereAndAsDocumented() throws IOException {
    var patience = new Patience(9, Patience.Measure.RL);
    run.run.plan =
        run.run
            .plan
            .withRule(new ConstantRule(1))
            .withRates(new RateSchedule.Cosine(2, 0, 3))
            .withValidation(new Validation(0.2, patience));
    run.toTheEnd(tracker());
    List<JsonObject> lines = read(file);
    assertFollowsSchema(lines);
    LearningRate rate = run.run.plan.learningRate(240);
    for (JsonObject step : of("step", lines)) {
      assertEquals(
          rate.at(step.get("step").getAsLong() - 1), step.get("learning_rate").getAsDouble());
    }
    List<ValidationRow> rows = new ArrayList<>();
    ValidationLog.readWholeRows(run.folder.resolve("validation.csv"), rows::add);
    List<JsonObject> epochs = of("epoch", lines);
    assertEquals(3, epochs.size());
    for (int i = 0; i < 3; i++) {
      JsonObject scores = epochs.get(i).getAsJsonObject("validation");
      assertEquals(rows.get(i).step(), epochs.get(i).get("step").getAsLong());
      assertEquals(rows.get(i).rl(), scores.get("rl").getAsDouble());
      assertEquals(rows.get(i).kl(), scores.get("kl").getAsDouble());
      assertEquals(rows.get(i).elbo(), scores.get("elbo").getAsDouble());
    }
    JsonObject record =
        JsonParser.parseString(Files.readString(run.folder.resolve("run.json"))).getAsJsonObject();
    assertEquals(record.get("validated"), lines.getLast().get("validated"));
  }

  // ---- runs ------------------------------------------------------------------------------------

  @Test
  void aRunIsAllThereAndAsDocumented() throws IOException {
    run.run.interval = CheckpointInterval.parse("4steps");
    run.toTheEnd(tracker());
    assertEquals(List.of(), run.warnings);
    List<JsonObject> lines = read(file);
    assertFollowsSchema(lines);
    assertEquals("begin", lines.getFirst().get("record").getAsString());
    assertEquals("end", lines.getLast().get("record").getAsString());
    assertHasTheSteps(lines);
    assertEquals(List.of(5L, 10L, 15L), numbers("epoch", lines));
    assertEquals(List.of(4L, 8L, 12L, 15L), numbers("checkpoint", lines));
    JsonObject record =
        JsonParser.parseString(Files.readString(run.folder.resolve("run.json"))).getAsJsonObject();
    assertEquals(record.get("metrics"), lines.getLast().get("metrics"));
    assertEquals(record.get("plan"), lines.getFirst().get("plan"));
    assertEquals(record.get("dataset"), lines.getFirst().get("dataset"));
    assertEquals("completed", lines.getLast().get("exit_reason").getAsString());
  }

  private static List<Long> numbers(String record, List<JsonObject> lines) {
    return of(record, lines).stream().map(line -> line.get("step").getAsLong()).toList();
  }

  /** Digit for digit those of metrics.csv, each once and in order. */
  private void assertHasTheSteps(List<JsonObject> lines) throws IOException {
    List<StepReport> steps = new ArrayList<>();
    for (JsonObject line : of("step", lines)) {
      steps.add(
          new StepReport(
              line.get("step").getAsLong(),
              line.get("epoch").getAsInt(),
              Float.parseFloat(line.get("rl").getAsString()),
              Float.parseFloat(line.get("kl").getAsString()),
              Float.parseFloat(line.get("beta").getAsString())));
    }
    assertEquals(TrackedRun.STEPS, steps.size());
    assertEquals(run.steps(), steps);
  }

  @Test
  void aRunThatGoesOnGoesOnThere() throws IOException {
    run.until(7, tracker());
    run.toTheEnd(tracker());
    List<JsonObject> lines = read(file);
    assertFollowsSchema(lines);
    assertHasTheSteps(lines);
    assertEquals(List.of(0L, 7L), numbers("begin", lines));
    assertEquals(List.of(7L, 15L), numbers("end", lines));
    assertEquals("interrupted", of("end", lines).getFirst().get("exit_reason").getAsString());
  }

  @Test
  void aRunThatWasKilledCutsOffWhatItDoesAgain() throws IOException {
    run.killedAt(4, 7, tracker());
    String text = Files.readString(file);
    Files.writeString(file, text.substring(0, text.length() - 20));
    run.toTheEnd(tracker());
    assertEquals(List.of(), run.warnings);
    List<JsonObject> lines = read(file);
    assertFollowsSchema(lines);
    assertHasTheSteps(lines);
    assertEquals(List.of(0L, 4L), numbers("begin", lines));
    assertEquals(List.of(15L), numbers("end", lines));
  }

  /** Killed before its first checkpoint, in the middle of the file's first line. */
  @Test
  void aTornBeginningIsBegunAnew() throws IOException {
    run.toTheEnd(tracker());
    String text = Files.readString(file);
    List<String> expected = text.lines().filter(line -> line.contains("\"step\",")).toList();
    for (int length : List.of(0, 5, 30, 300)) {
      Files.writeString(file, text.substring(0, length));
      JsonLines.requireUsable(file, List.of(run.folder), resumed(run.run));
    }
    Files.delete(run.run.checkpointFile());
    run.run.asIfKilled();
    String record = Files.readString(run.folder.resolve("run.json"));
    Files.writeString(
        run.folder.resolve("run.json"),
        record
            .replaceFirst("\"steps_done\": 15", "\"steps_done\": 0")
            .replaceFirst("\"checkpoint_step\": 15", "\"checkpoint_step\": 0"));
    run.toTheEnd(tracker());
    assertEquals(
        expected,
        Files.readString(file).lines().filter(line -> line.contains("\"step\",")).toList());
  }

  /** One that an earlier version began, whose lines do not say which run they are of. */
  @Test
  void aFileOfSchema1IsGoneOnWith() throws IOException {
    run.killedAt(4, 7, tracker());
    String old =
        Files.readString(file)
            .replaceAll("(\"record\":\"(?:step|epoch|checkpoint|end)\"),\"run\":\"[^\"]*\"", "$1")
            .replaceFirst("\"schema\":2", "\"schema\":1");
    assertEquals(1, old.lines().filter(line -> line.contains("\"run\":")).count());
    Files.writeString(file, old);
    JsonLines.requireUsable(file, List.of(run.folder), resumed(run.run));
    run.toTheEnd(tracker());
    List<JsonObject> lines = read(file);
    assertHasTheSteps(lines);
    assertEquals(List.of(0L, 4L), numbers("begin", lines));
    assertEquals(
        List.of(1, 2),
        of("begin", lines).stream().map(line -> line.get("schema").getAsInt()).toList());
  }

  /** The first of which goes on when the other is there already, as after a divergence. */
  @Test
  void severalRunsHaveOneFile() throws IOException {
    var other = new TrackedRun(temp.resolve("other"));
    other.run.plan = other.run.plan.withSeed(6);
    run.killedAt(4, 7, tracker());
    other.toTheEnd(tracker());
    List<String> others =
        Files.readAllLines(file).stream()
            .filter(line -> line.contains("\"run\":\"" + other.folder + "\""))
            .toList();
    // Begin, fifteen steps, three epochs, a checkpoint and the end.
    assertEquals(21, others.size());
    run.toTheEnd(tracker());
    assertEquals(List.of(), run.warnings);
    List<JsonObject> lines = read(file);
    assertFollowsSchema(lines);
    assertEquals(
        others,
        Files.readAllLines(file).stream()
            .filter(line -> line.contains("\"run\":\"" + other.folder + "\""))
            .toList());
    List<JsonObject> own =
        lines.stream()
            .filter(line -> line.get("run").getAsString().equals(run.folder.toString()))
            .toList();
    assertEquals(lines.size(), own.size() + others.size());
    assertHasTheSteps(own);
    assertEquals(List.of(0L, 4L), numbers("begin", own));
    JsonLines.requireUsable(
        file,
        List.of(run.folder, other.folder),
        List.of(resumed(other.run).getFirst(), resumed(run.run).getFirst()));
    assertRefusal(
        file + " is not the log of this run: choose another --log-json.", file, resumed(other.run));
  }

  // ---- files that are refused ------------------------------------------------------------------

  private static List<JsonLines.Known> resumed(TinyRun run) {
    return List.of(new JsonLines.Known(run.plan, run.dataset.sha256()));
  }

  private void assertRefusal(String sentence, Path name, List<JsonLines.Known> resumed) {
    assertEquals(
        sentence,
        assertThrows(
                InputException.class,
                () -> JsonLines.requireUsable(name, List.of(run.folder), resumed))
            .getMessage());
  }

  @Test
  void aFileIsNotAnotherRuns() throws IOException {
    run.until(7, tracker());
    assertRefusal(file + " already holds something: choose another --log-json.", file, List.of());
    JsonLines.requireUsable(file, List.of(run.folder), resumed(run.run));
    var longer = new TinyRun(run.folder);
    longer.plan = longer.plan.withEpochs(9);
    JsonLines.requireUsable(file, List.of(run.folder), resumed(longer));
    var other = new TinyRun(run.folder);
    other.plan = other.plan.withSeed(6);
    String refusal = file + " is not the log of this run: choose another --log-json.";
    assertRefusal(refusal, file, resumed(other));
    other.plan = run.run.plan;
    other.dataset = TinyImages.dataset(2);
    assertRefusal(refusal, file, resumed(other));
    String text = Files.readString(file);
    Files.writeString(file, text.replaceFirst("\"schema\":2", "\"schema\":3"));
    assertRefusal(refusal, file, resumed(run.run));
  }

  /** They would be cut to nothing. */
  @ParameterizedTest
  @ValueSource(
      strings = {"dear diary", "dear diary\n", "{}\n", "{\"record\":\"begin\"}\n", "{\"rec:", "\n"})
  void aFileOfSomethingElseIsLeftAlone(String content) throws IOException {
    Path other = Files.writeString(temp.resolve("other"), content);
    assertRefusal(
        other + " is not the log of this run: choose another --log-json.", other, resumed(run.run));
    assertRefusal(other + " already holds something: choose another --log-json.", other, List.of());
    assertEquals(content, Files.readString(other));
  }

  @Test
  void namesThatAreNoFilesAreRefused() throws IOException {
    assertRefusal("--log-json needs a file, and " + temp + " is a folder.", temp, List.of());
    assertRefusal(
        "--log-json writes to a file, not to standard output: name one, and follow it by tail -f.",
        Path.of("-"),
        List.of());
    Path link = Files.createSymbolicLink(temp.resolve("link"), temp.resolve("target"));
    assertRefusal(link + " is a link, not a regular file.", link, List.of());
    Path below = Files.writeString(temp.resolve("plain"), "").resolve("log");
    assertRefusal(below.getParent() + " is no folder.", below, List.of());
    for (String own : List.of("run.json", "metrics.csv", "checkpoint.safetensors", "mlflow.json")) {
      assertRefusal(
          run.folder.resolve(own) + " is a file of the run itself: choose another --log-json.",
          run.folder.resolve(own),
          List.of());
      assertRefusal(
          run.folder.resolve(own) + " is a file of the run itself: choose another --log-json.",
          run.folder.resolve(own).resolve("log"),
          List.of());
    }
    Path absent = temp.resolve("absent");
    assertEquals(
        absent + " is the run's own folder: choose another --log-json.",
        assertThrows(
                InputException.class,
                () -> JsonLines.requireUsable(absent, List.of(absent), List.of()))
            .getMessage());
    assertDoesNotThrow(
        () -> JsonLines.requireUsable(run.folder.resolve("log"), List.of(run.folder), List.of()));
  }
}
