// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.cli.CvaeGpu;
import io.github.cvaegpu.foreign.NvidiaWheels;
import io.github.cvaegpu.launcher.RunningProcess;
import io.github.cvaegpu.train.MetricsLog;
import io.github.cvaegpu.train.StepReport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program as a process, with all trackers, by its options and its environment. */
class TrackersProcessTest {
  private static final int EPOCHS = 200;
  private static final long STEPS = EPOCHS * 5L;

  @TempDir static Path temp;
  private static Path images;
  private static Path alone;

  @BeforeAll
  static void trainWithout() throws Exception {
    images = TinyImages.writeFolder(temp.resolve("images"), 1);
    alone = temp.resolve("alone");
    RunningProcess.Result result = start(Map.of(), train(alone)).await();
    assertEquals(0, result.code(), result.errors());
    assertTrue(result.errors().lines().noneMatch(line -> line.startsWith("Warning")));
  }

  private static List<String> train(Path out) {
    List<String> args = new ArrayList<>();
    args.addAll(List.of("train", "--data", images.toString(), "--out", out.toString()));
    args.addAll(List.of("--epochs", Integer.toString(EPOCHS), "--batch", "64", "--lr", "0.001"));
    args.addAll(List.of("--hidden", "20,10", "--kl", "0.5", "--engine", "cpu", "--threads", "1"));
    args.addAll(List.of("--checkpoint-every", "7steps"));
    return args;
  }

  private static RunningProcess start(Map<String, String> environment, List<String> args)
      throws IOException {
    ProcessBuilder builder =
        NvidiaWheels.java(CvaeGpu.class, args.toArray(String[]::new)).redirectErrorStream(false);
    builder.environment().keySet().removeIf(name -> name.startsWith("MLFLOW_"));
    builder.environment().putAll(environment);
    return new RunningProcess(builder);
  }

  private static void assertSameAsAlone(Path run) throws IOException {
    for (String file : List.of("metrics.csv", "checkpoint.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(alone.resolve(file)), Files.readAllBytes(run.resolve(file)), file);
    }
  }

  private static List<StepReport> steps(Path run) throws IOException {
    List<StepReport> steps = new ArrayList<>();
    MetricsLog.read(run.resolve("metrics.csv"), steps::add);
    assertEquals(STEPS, steps.size());
    return steps;
  }

  /** Killed in the middle and gone on with: every tracker has each step once. */
  @Test
  void aKillDoesNotShow() throws Exception {
    Path run = temp.resolve("killed");
    Path events = temp.resolve("events");
    Path log = temp.resolve("log.jsonl");
    try (var server = new MlflowStub()) {
      Map<String, String> environment =
          Map.of("MLFLOW_TRACKING_URI", server.uri(), "MLFLOW_EXPERIMENT_NAME", "kills");
      List<String> trackers =
          List.of("--tensorboard", events.toString(), "--log-json", log.toString());
      List<String> args = new ArrayList<>(train(run));
      args.addAll(trackers);
      RunningProcess process = start(environment, args);
      // MLflow's run begins while others write already.
      while (process.process().isAlive()
          && !(Files.exists(run.resolve("mlflow.json")) && isCheckpointToldOf(log))) {
        Thread.sleep(1);
      }
      process.process().toHandle().destroyForcibly();
      assertEquals(137, process.await().code(), "it was done before it was killed");
      args = new ArrayList<>(List.of("train", "--resume", "--out", run.toString()));
      args.addAll(List.of("--engine", "cpu", "--checkpoint-every", "7steps"));
      args.addAll(trackers);
      RunningProcess.Result result = start(environment, args).await();
      assertEquals(0, result.code(), result.errors());
      assertEquals(List.of(), server.faults);
      assertEquals("FINISHED", server.run().status);
      assertEquals(STEPS, server.run().values("train/rl").lastKey());
      assertEquals(2, Events.files(events).size());
    }
    assertSameAsAlone(run);
    List<StepReport> steps = steps(run);
    NavigableMap<Long, Float> rl = Events.scalars(events).get("train/rl");
    List<Long> logged = new ArrayList<>();
    for (String line : Files.readAllLines(log)) {
      JsonObject object = JsonParser.parseString(line).getAsJsonObject();
      if (object.get("record").getAsString().equals("step")) {
        logged.add(object.get("step").getAsLong());
        StepReport step = steps.get(object.get("step").getAsInt() - 1);
        assertEquals(step.rl(), object.get("rl").getAsFloat());
      }
    }
    // What waited in a queue when the process was killed is lost, and nothing is there twice.
    assertEquals(logged.stream().distinct().sorted().toList(), logged);
    assertTrue(logged.size() > STEPS - 50, logged.size() + " steps");
    assertTrue(rl.size() > STEPS - 50, rl.size() + " steps");
    rl.forEach((step, value) -> assertEquals(steps.get((int) (step - 1)).rl(), value));
  }

  private static boolean isCheckpointToldOf(Path log) throws IOException {
    return Files.exists(log) && Files.readString(log).contains("\"record\":\"checkpoint\"");
  }

  @Test
  void aDeadServerIsAWarning() throws Exception {
    Path run = temp.resolve("dead");
    String uri;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      uri = "http://ann:secret@127.0.0.1:" + socket.getLocalPort();
    }
    List<String> args = new ArrayList<>(train(run));
    args.add("--quiet");
    RunningProcess.Result result = start(Map.of("MLFLOW_TRACKING_URI", uri), args).await();
    assertEquals(0, result.code());
    List<String> lines = result.errors().lines().filter(l -> l.startsWith("Warning")).toList();
    assertEquals(2, lines.size(), result.errors());
    assertEquals(
        "Warning: MLflow at "
            + uri.replace("ann:secret@", "")
            + " gets no more of this run (no connection); the run goes on without it.",
        lines.getFirst());
    assertTrue(lines.getLast().endsWith(" rows of this run."), lines.getLast());
    assertEquals("", result.text());
    assertSameAsAlone(run);
  }

  @Test
  void aStoreOfAnotherKindIsAWarning() throws Exception {
    Path run = temp.resolve("store");
    RunningProcess.Result result =
        start(Map.of("MLFLOW_TRACKING_URI", "sqlite:///runs.db"), train(run)).await();
    assertEquals(0, result.code());
    assertTrue(
        result
            .errors()
            .contains("Warning: MLFLOW_TRACKING_URI names a store by sqlite:, and only servers"),
        result.errors());
    assertSameAsAlone(run);
  }
}
