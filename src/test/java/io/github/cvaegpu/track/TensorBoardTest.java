// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.launcher.RunningProcess;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.StepReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardTest {
  /** Names a Python that has tensorboard. */
  private static final String PYTHON_VARIABLE = "CVAE_GPU_TENSORBOARD_PYTHON";

  private static final String READER =
      """
      import json, sys
      from tensorboard.backend.event_processing import event_accumulator as ea
      events = ea.EventAccumulator(sys.argv[1], {ea.SCALARS: 0, ea.TENSORS: 0})
      events.Reload()
      texts = [e.tensor_proto.string_val[0].decode() for e in events.Tensors("run")]
      print(json.dumps({
          "scalars": {t: [[e.step, e.value] for e in events.Scalars(t)]
                      for t in events.Tags()["scalars"]},
          "text": texts,
          "plugin": events.SummaryMetadata("run").plugin_data.plugin_name}))
      """;

  @TempDir Path temp;
  private Path events;
  private TrackedRun run;

  @BeforeEach
  void newRun() {
    events = temp.resolve("tb/run");
    run = new TrackedRun(temp.resolve("run"));
  }

  private TensorBoard tracker() {
    return new TensorBoard(events);
  }

  /** Every step's row of metrics.csv, and all other figures where they belong. */
  private static void assertHasAllOf(TrackedRun run, Map<String, NavigableMap<Long, Float>> scalars)
      throws IOException {
    assertEquals(TrackedRun.TAGS, scalars.keySet());
    List<StepReport> steps = run.steps();
    assertEquals(TrackedRun.STEPS, steps.size());
    for (StepReport step : steps) {
      assertEquals(step.rl(), scalars.get("train/rl").get(step.step()));
      assertEquals(step.kl(), scalars.get("train/kl").get(step.step()));
      assertEquals(step.beta(), scalars.get("train/beta").get(step.step()));
      assertEquals(-(step.rl() + step.kl()), scalars.get("train/elbo").get(step.step()));
    }
    for (String tag : List.of("train/rl", "train/kl", "train/elbo", "train/beta")) {
      assertEquals(TrackedRun.STEPS, scalars.get(tag).size(), tag);
    }
    assertEquals(Set.of(5L, 10L, 15L), scalars.get("train/images_per_second").keySet());
    RunRecord record = run.run.record();
    assertEquals(
        Map.of(15L, (float) record.metrics().test().reconstructionLoss().mean()),
        scalars.get("test/rl"));
    assertEquals(
        Map.of(15L, (float) record.metrics().test().klDivergence().mean()), scalars.get("test/kl"));
    assertEquals(
        Map.of(15L, (float) record.metrics().test().elbo().mean()), scalars.get("test/elbo"));
  }

  @Test
  void aRunIsAllThere() throws IOException {
    long before = System.currentTimeMillis();
    run.toTheEnd(tracker());
    assertEquals(List.of(), run.warnings);
    List<Path> files = Events.files(events);
    assertEquals(1, files.size());
    assertTrue(
        files
            .getFirst()
            .getFileName()
            .toString()
            .matches("events\\.out\\.tfevents\\.\\d{10}\\.[\\w.-]+\\.\\d+\\.0"),
        files.toString());
    List<Events.Event> all = Events.read(files.getFirst());
    assertEquals("brain.Event:2", all.getFirst().version());
    for (Events.Event event : all) {
      assertTrue(event.time() >= before / 1000.0 && event.time() <= now(), event.toString());
    }
    String text = all.get(2).texts().get("run");
    assertTrue(text.startsWith("| setting | value |\n|---|---|\n| program | cvae-gpu "), text);
    assertTrue(text.contains("\n| rule.name | pi |\n"), text);
    assertTrue(text.contains("\n| network.hidden | \\[20,10\\] |\n"), text);
    assertHasAllOf(run, Events.scalars(events));
  }

  private static double now() {
    return System.currentTimeMillis() / 1000.0 + 0.001;
  }

  /** What files of TensorFlow's own writers begin with: 24 bytes and their checksum. */
  @Test
  void aFileBeginsAsEveryEventFileDoes() throws IOException {
    EventFile.create(events).close();
    byte[] bytes = Files.readAllBytes(Events.files(events).getFirst());
    assertArrayEquals(
        HexFormat.of().parseHex("1800000000000000a37f4b22"), Arrays.copyOf(bytes, 12));
    assertEquals(12 + 24 + 4, bytes.length);
  }

  /** Within one second too: readers take files in the order of their names. */
  @Test
  void aLaterFileComesAfterTheEarlierOnes() throws IOException {
    Path last = null;
    for (int i = 0; i < 5; i++) {
      EventFile.create(events).close();
      List<Path> files = Events.files(events);
      assertEquals(i + 1, files.size());
      if (last != null) {
        assertEquals(last, files.get(i - 1));
      }
      last = files.getLast();
    }
  }

  @Test
  void aRunThatGoesOnGoesOnThere() throws IOException {
    run.until(7, tracker());
    run.toTheEnd(tracker());
    assertEquals(2, Events.files(events).size());
    assertEquals(8, Events.read(Events.files(events).getLast()).get(1).step());
    assertHasAllOf(run, Events.scalars(events));
  }

  /** The steps after the checkpoint are there once, and a torn record harms nothing. */
  @Test
  void aRunThatWasKilledGoesOnThere() throws IOException {
    run.killedAt(4, 7, tracker());
    Path first = Events.files(events).getFirst();
    byte[] bytes = Files.readAllBytes(first);
    Files.write(first, Arrays.copyOf(bytes, bytes.length - 3));
    run.toTheEnd(tracker());
    assertEquals(List.of(), run.warnings);
    assertHasAllOf(run, Events.scalars(events));
    new TrackedRun(temp.resolve("alone")).toTheEnd();
    assertEquals(
        Files.readString(temp.resolve("alone/metrics.csv")),
        Files.readString(run.run.metricsFile()));
  }

  /** TensorBoard's own reader has the last word. */
  @Test
  void tensorBoardReadsIt() throws Exception {
    String python =
        TrackedRun.python(PYTHON_VARIABLE)
            .orElseGet(() -> abort(PYTHON_VARIABLE + " is not set: a Python with tensorboard"));
    run.killedAt(4, 7, tracker());
    Path first = Events.files(events).getFirst();
    byte[] bytes = Files.readAllBytes(first);
    Files.write(first, Arrays.copyOf(bytes, bytes.length - 3));
    run.toTheEnd(tracker());
    RunningProcess.Result result =
        new RunningProcess(new ProcessBuilder(python, "-c", READER, events.toString())).await();
    assertEquals(0, result.code(), result.errors());
    JsonObject read = JsonParser.parseString(result.text()).getAsJsonObject();
    Map<String, NavigableMap<Long, Float>> scalars = new TreeMap<>();
    read.getAsJsonObject("scalars")
        .asMap()
        .forEach(
            (tag, points) -> {
              var values = new TreeMap<Long, Float>();
              for (JsonElement point : points.getAsJsonArray()) {
                JsonArray pair = point.getAsJsonArray();
                values.put(pair.get(0).getAsLong(), pair.get(1).getAsFloat());
              }
              assertEquals(points.getAsJsonArray().size(), values.size(), tag + " has steps twice");
              scalars.put(tag, values);
            });
    assertHasAllOf(run, scalars);
    assertEquals("text", read.get("plugin").getAsString());
    assertTrue(read.getAsJsonArray("text").get(0).getAsString().contains("| rule.name | pi |"));
  }

  @Test
  void foldersThatCannotBeItsAreRefused() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "");
    assertRefusal(file + " is no folder.", file);
    assertRefusal(file + " is no folder.", file.resolve("tb"));
    EventFile.create(events).close();
    assertRefusal(
        events
            + " already has event files, and TensorBoard would take them for this run's: choose"
            + " another --tensorboard.",
        events);
    Path run = temp.resolve("run");
    assertRefusal(
        run.resolve("run.json") + " is a file of the run itself: choose another --tensorboard.",
        run.resolve("run.json/events"));
    TensorBoard.requireUsable(events, run, true);
    TensorBoard.requireUsable(temp.resolve("not/there/yet"), run, false);
    TensorBoard.requireUsable(temp, run, false);
  }

  private void assertRefusal(String sentence, Path folder) {
    assertEquals(
        sentence,
        assertThrows(
                InputException.class,
                () -> TensorBoard.requireUsable(folder, temp.resolve("run"), false))
            .getMessage());
  }
}
