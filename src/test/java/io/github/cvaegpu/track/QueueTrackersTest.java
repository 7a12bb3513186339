// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.train.NamedPlan;
import io.github.cvaegpu.train.TinyRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The trackers of several runs. */
class QueueTrackersTest {
  @TempDir Path temp;

  private final List<String> warnings = new ArrayList<>();

  private TinyRun run(NamedPlan named) {
    var run = new TinyRun(temp.resolve("runs").resolve(named.name()));
    run.plan = named.plan();
    return run;
  }

  private List<NamedPlan> runs() {
    var plan = new TinyRun(temp).plan;
    return List.of(new NamedPlan("first", plan), new NamedPlan("second", plan.withSeed(6)));
  }

  private TrackerSettings settings(Optional<MlflowSettings> mlflow) {
    return new TrackerSettings(
        Optional.of(temp.resolve("events")), Optional.of(temp.resolve("log.jsonl")), mlflow);
  }

  /** Trains the runs one after another, as a queue does. */
  private void train(TrackerSettings settings, List<NamedPlan> runs) {
    try (var trackers =
        new QueueTrackers(settings, (run, text) -> warnings.add(run.name() + ": " + text))) {
      for (NamedPlan named : runs) {
        TinyRun run = run(named);
        run.listener = trackers.apply(named);
        run.until(-1);
      }
    }
  }

  @Test
  void eachRunHasItsOwn() throws IOException {
    try (var server = new MlflowStub()) {
      Map<String, String> environment = new HashMap<>();
      environment.put("MLFLOW_TRACKING_URI", server.uri());
      environment.put("MLFLOW_RUN_NAME", "study");
      train(settings(MlflowSettings.of(environment, warnings::add)), runs());
      assertEquals(List.of(), warnings);
      assertEquals(List.of(), server.faults);
      List<MlflowStub.Run> logged = List.copyOf(server.runs.values());
      assertEquals(
          List.of("study/first", "study/second"), logged.stream().map(each -> each.name).toList());
      assertEquals(
          List.of("FINISHED", "FINISHED"), logged.stream().map(each -> each.status).toList());
      assertEquals(
          List.of("5", "6"), logged.stream().map(each -> each.params.get("seed")).toList());
    }
    for (NamedPlan run : runs()) {
      assertEquals(1, Events.files(temp.resolve("events").resolve(run.name())).size());
      String of = "\"run\":\"" + temp.resolve("runs").resolve(run.name()) + "\"";
      assertEquals(
          21,
          Files.readAllLines(temp.resolve("log.jsonl")).stream()
              .filter(line -> line.contains(of))
              .count());
    }
  }

  /** Neither of two threads closes what the other's run is shown by. */
  @Test
  void runsAtATimeHaveTheirOwn() throws Exception {
    var settings =
        new TrackerSettings(
            Optional.of(temp.resolve("events")), Optional.empty(), Optional.empty());
    TinyRun first = run(runs().getFirst());
    TinyRun second = run(runs().getLast());
    try (var trackers = new QueueTrackers(settings, (run, text) -> warnings.add(text))) {
      first.listener = trackers.apply(runs().getFirst());
      Thread other =
          Thread.ofPlatform()
              .start(
                  () -> {
                    second.listener = trackers.apply(runs().getLast());
                    second.until(-1);
                  });
      other.join();
      first.until(-1);
    }
    assertEquals(List.of(), warnings);
    for (NamedPlan run : runs()) {
      var shown = Events.scalars(temp.resolve("events").resolve(run.name())).get("train/kl");
      assertEquals(5L * run.plan().epochs(), shown.lastKey());
    }
  }

  /** Of one run it says which; the other has its own. */
  @Test
  void whatOneMissesIsSaidOfIt() throws IOException {
    Path taken = Files.createFile(Files.createDirectory(temp.resolve("events")).resolve("second"));
    train(settings(Optional.empty()), runs());
    assertEquals(2, warnings.size(), warnings.toString());
    assertTrue(
        warnings.getFirst().startsWith("second: TensorBoard's folder " + taken),
        warnings.getFirst());
    assertEquals(1, Events.files(temp.resolve("events/first")).size());
  }

  @Test
  void whatIsOtherRunsIsRefused() throws IOException {
    List<NamedPlan> runs = runs();
    var dataset = run(runs.getFirst()).dataset;
    TrackerSettings settings = settings(Optional.empty());
    Path folder = temp.resolve("runs");
    settings.requireUsable(folder, runs, dataset);
    train(settings, runs.subList(0, 1));
    settings.requireUsable(folder, runs, dataset);
    // The other has not begun, so that nothing can be its own.
    Path events = Files.createDirectory(temp.resolve("events/second"));
    Files.copy(
        Events.files(temp.resolve("events/first")).getFirst(),
        events.resolve("events.out.tfevents.1.x"));
    assertEquals(
        events
            + " already has event files, and TensorBoard would take them for this run's: choose"
            + " another --tensorboard.",
        assertThrows(InputException.class, () -> settings.requireUsable(folder, runs, dataset))
            .getMessage());
    Files.delete(events.resolve("events.out.tfevents.1.x"));
    List<NamedPlan> others =
        runs.stream().map(run -> new NamedPlan(run.name(), run.plan().withSeed(7))).toList();
    String log = temp.resolve("log.jsonl").toString();
    assertEquals(
        log + " is not the log of this run: choose another --log-json.",
        assertThrows(InputException.class, () -> settings.requireUsable(folder, others, dataset))
            .getMessage());
    assertEquals(
        log + " already holds something: choose another --log-json.",
        assertThrows(
                InputException.class,
                () ->
                    new TrackerSettings(
                            Optional.empty(), Optional.of(Path.of(log)), Optional.empty())
                        .requireUsable(temp.resolve("elsewhere"), runs, dataset))
            .getMessage());
    Path record = folder.resolve("second").resolve("run.json");
    assertEquals(
        record + " is a file of the run itself: choose another --log-json.",
        assertThrows(
                InputException.class,
                () ->
                    new TrackerSettings(Optional.empty(), Optional.of(record), Optional.empty())
                        .requireUsable(folder, runs, dataset))
            .getMessage());
  }
}
