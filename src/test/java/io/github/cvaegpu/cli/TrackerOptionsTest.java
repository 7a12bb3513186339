// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import io.github.cvaegpu.TinyImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where train shows a run, by its options. */
class TrackerOptionsTest {
  @TempDir Path folder;
  private Path images;
  private Path run;
  private Path log;
  private Path events;

  @BeforeEach
  void writeImages() throws IOException {
    images = TinyImages.writeFolder(folder.resolve("images"), 1);
    run = folder.resolve("run");
    log = folder.resolve("log.jsonl");
    events = folder.resolve("events");
  }

  private CommandRun train(Path out, String... more) {
    List<String> args = new ArrayList<>();
    args.addAll(List.of("train", "--data", images.toString(), "--out", out.toString()));
    args.addAll(List.of("--epochs", "2", "--batch", "64", "--hidden", "20,10"));
    args.addAll(List.of("--engine", "cpu", "--threads", "1"));
    args.addAll(List.of(more));
    return CommandRun.of(args);
  }

  private String[] trackers() {
    return new String[] {"--log-json", log.toString(), "--tensorboard", events.toString()};
  }

  private CommandRun resume(String... more) {
    List<String> args = new ArrayList<>(List.of("train", "--resume", "--out", run.toString()));
    args.addAll(List.of("--engine", "cpu"));
    args.addAll(List.of(more));
    return CommandRun.of(args);
  }

  private int files() throws IOException {
    try (Stream<Path> files = Files.list(events)) {
      return (int) files.count();
    }
  }

  @Test
  void theRunIsTheSameAndSaysNothingMore() throws IOException {
    CommandRun plain = train(folder.resolve("plain")).succeeded();
    CommandRun shown = train(run, trackers()).succeeded();
    assertEquals(plain.err(), shown.err());
    assertEquals(
        Files.readString(folder.resolve("plain/metrics.csv")),
        Files.readString(run.resolve("metrics.csv")));
    // Begin, ten steps, two epochs, a checkpoint and the end.
    assertEquals(15, Files.readAllLines(log).size());
    assertEquals(1, files());
  }

  @Test
  void aRunThatIsCompleteWritesNothing() throws IOException {
    train(run, trackers()).succeeded();
    String text = Files.readString(log);
    resume(trackers()).succeeded();
    assertEquals(text, Files.readString(log));
    assertEquals(1, files());
    resume("--epochs", "3", "--log-json", log.toString(), "--tensorboard", events.toString())
        .succeeded();
    assertTrue(Files.readString(log).startsWith(text));
    assertEquals(2, files());
  }

  /** Before anything is made: the same command with another name begins the run. */
  @Test
  void whatIsAnotherRunsIsRefused() throws IOException {
    train(folder.resolve("first"), trackers()).succeeded();
    assertEquals(
        log + " already holds something: choose another --log-json.",
        train(run, "--log-json", log.toString()).refusal());
    assertEquals(
        events
            + " already has event files, and TensorBoard would take them for this run's: choose"
            + " another --tensorboard.",
        train(run, "--tensorboard", events.toString()).refusal());
    assertFalse(Files.exists(run));
    train(run, "--seed", "1").succeeded();
    assertEquals(
        log + " is not the log of this run: choose another --log-json.",
        resume("--epochs", "3", "--log-json", log.toString()).refusal());
  }

  @Test
  void namesThatCannotBeAreRefused() {
    assertEquals(
        "--log-json needs a file, and " + images + " is a folder.",
        train(run, "--log-json", images.toString()).refusal());
    Path file = images.resolve("train-images-idx3-ubyte");
    assertEquals(file + " is no folder.", train(run, "--tensorboard", file.toString()).refusal());
    assertEquals(
        "--log-json writes to a file, not to standard output: name one, and follow it by tail -f.",
        train(run, "--log-json", "-").refusal());
    assertFalse(Files.exists(run));
  }

  /** Its lines are of one run after another. */
  @Test
  void oneFileIsForOneRunAtATime() {
    for (String command : List.of("calibrate", "reproduce")) {
      assertEquals(
          "--log-json has one run after another in its file: leave --parallel out, or take"
              + " --tensorboard.",
          several(command, "--parallel", "2").refusal());
    }
    assertFalse(Files.exists(run.resolve("beta-1")));
  }

  private CommandRun several(String command, String... more) {
    List<String> args = new ArrayList<>(List.of(command, "--data", images.toString()));
    args.addAll(List.of("--out", run.toString(), "--engine", "cpu", "--threads", "1"));
    args.addAll(List.of("--log-json", log.toString(), "--tensorboard", events.toString()));
    args.addAll(List.of(more));
    return CommandRun.of(args);
  }

  /** The runs that the log has lines of, in their order, and how many of each. */
  private Map<String, Integer> logged() throws IOException {
    Map<String, Integer> lines = new LinkedHashMap<>();
    for (String line : Files.readAllLines(log)) {
      String of = JsonParser.parseString(line).getAsJsonObject().get("run").getAsString();
      lines.merge(Path.of(of).getFileName().toString(), 1, Integer::sum);
    }
    return lines;
  }

  private void assertHasEvents(Set<String> runs) throws IOException {
    try (Stream<Path> folders = Files.list(events)) {
      assertEquals(
          runs, folders.map(each -> each.getFileName().toString()).collect(Collectors.toSet()));
    }
    for (String each : runs) {
      try (Stream<Path> files = Files.list(events.resolve(each))) {
        assertEquals(1, files.count(), each);
      }
    }
  }

  /** Each short run is one of its own; of those that are done nothing is written again. */
  @Test
  void aCalibrationsRunsAreShown() throws IOException {
    String[] small = {"--calibration-epochs=2", "--batch=64", "--hidden=20,10"};
    several("calibrate", small).succeeded();
    // Begin, ten steps, two epochs, a checkpoint and the end.
    int lines = 15;
    Map<String, Integer> expected = new LinkedHashMap<>();
    List.of("beta-10", "beta-1", "beta-0.01").forEach(name -> expected.put(name, lines));
    assertEquals(expected, logged());
    assertEquals(List.copyOf(expected.keySet()), List.copyOf(logged().keySet()));
    assertHasEvents(expected.keySet());
    String text = Files.readString(log);
    several("calibrate", small).succeeded();
    assertEquals(text, Files.readString(log));
    assertHasEvents(expected.keySet());
    run = folder.resolve("another");
    events = folder.resolve("others");
    assertEquals(
        log + " already holds something: choose another --log-json.",
        several("calibrate", small).refusal());
  }

  @Test
  void aStudysRunsAreShown() throws IOException {
    several("reproduce", "--lr=0.001", "--epochs=1", "--quiet");
    assertEquals(
        List.of("beta-lr0.001-seed0", "control-lr0.001-seed0"), List.copyOf(logged().keySet()));
    assertHasEvents(logged().keySet());
    assertTrue(Files.exists(run.resolve("runs/beta-lr0.001-seed0/run.json")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"train", "calibrate", "reproduce"})
  void theHelpSaysWhatThereIs(String command) {
    String help = CommandRun.of(command, "--help").succeeded().out();
    assertTrue(help.contains("--tensorboard=DIR"), help);
    assertTrue(help.contains("--log-json=FILE"), help);
    assertTrue(help.contains("MLFLOW_TRACKING_URI"), help);
  }
}
