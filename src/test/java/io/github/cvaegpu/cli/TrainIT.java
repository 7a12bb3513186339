// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.launcher.RunningProcess;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training by the packaged jar, as processes that are stopped and started again. */
class TrainIT {
  /** So many that a run lasts about a second: long enough to be met in the middle. */
  private static final int EPOCHS = 300;

  private static final int STEPS = EPOCHS * 5;

  @TempDir static Path temp;
  private static JarProcess jar;
  private static Path images;
  private static Path uninterrupted;
  private static RunningProcess.Result healthy;

  @BeforeAll
  static void trainWithoutInterruption() throws Exception {
    jar = new JarProcess(temp);
    images = TinyImages.writeFolder(temp.resolve("images"), 1);
    uninterrupted = temp.resolve("uninterrupted");
    healthy = jar.run(train(uninterrupted, EPOCHS));
    assertEquals(0, healthy.code(), healthy.errors());
  }

  private static List<String> train(Path out, int epochs, String... options) {
    List<String> args = new ArrayList<>();
    args.addAll(List.of("train", "--data", images.toString(), "--out", out.toString()));
    args.addAll(List.of("--epochs", Integer.toString(epochs), "--batch", "64"));
    args.addAll(List.of("--hidden", "20,10", "--lr", "0.001"));
    args.addAll(List.of("--engine", "cpu", "--threads", "1"));
    // So low a set point keeps beta moving, which shows whether the controller's memory is kept.
    args.addAll(List.of("--kl", "0.5"));
    args.addAll(List.of(options));
    return args;
  }

  private static List<String> resume(Path out, String... options) {
    List<String> args = new ArrayList<>(List.of("train", "--resume", "--out", out.toString()));
    args.addAll(List.of("--engine", "cpu", "--threads", "1"));
    args.addAll(List.of(options));
    return args;
  }

  private static void assertSameAsUninterrupted(Path run) throws IOException {
    for (String file : List.of("metrics.csv", "checkpoint.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(uninterrupted.resolve(file)),
          Files.readAllBytes(run.resolve(file)),
          file);
    }
    RunRecord expected = RunDirectory.readRecord(uninterrupted);
    RunRecord record = RunDirectory.readRecord(run);
    assertEquals(expected.parametersSha256(), record.parametersSha256());
    assertEquals(expected.metrics().test(), record.metrics().test());
    assertEquals(expected.metrics().lastSteps(), record.metrics().lastSteps());
    assertEquals(ExitReason.COMPLETED, record.exitReason());
  }

  /** The engine's line, the likelihood's and the rule's, and nothing of the JVM's. */
  private static void assertHealthy(RunningProcess.Result result) {
    List<String> lines = result.errors().lines().toList();
    assertEquals(3, lines.size(), result.errors());
    assertTrue(lines.getFirst().startsWith("Engine "), result.errors());
    assertEquals("Likelihood bernoulli", lines.get(1));
    assertTrue(lines.getLast().endsWith(" (--control hold)"), result.errors());
  }

  @Test
  void aHealthyRunSaysNothingOnStderrButWhatItsPlanIs() throws IOException {
    assertHealthy(healthy);
    List<String> said = healthy.lines();
    assertEquals(
        List.of(
            "Run directory: " + uninterrupted,
            "To look at it: " + jar.command("report", uninterrupted.toString()),
            "To score it: " + jar.command("evaluate", uninterrupted.toString())),
        said.subList(said.size() - 3, said.size()));
    assertEquals(STEPS + 1, Files.readAllLines(uninterrupted.resolve("metrics.csv")).size());
    try (Stream<Path> files = Files.list(uninterrupted)) {
      assertEquals(
          List.of(".lock", "checkpoint.safetensors", "metrics.csv", "run.json"),
          files.map(file -> file.getFileName().toString()).sorted().toList());
    }
  }

  @Test
  void anOldJavaStartsTheSameRun() throws Exception {
    File old = RunningProcess.findOldJava();
    if (old == null) {
      String reason = "SKIPPED: this machine has no Java from 11 to 24 to start the launcher with";
      System.out.println(reason);
      Assumptions.abort(reason);
    }
    Path run = temp.resolve("old java");
    RunningProcess.Result result = jar.with(old).run(train(run, EPOCHS));
    assertEquals(0, result.code(), result.errors());
    assertHealthy(result);
    assertSameAsUninterrupted(run);
  }

  @Test
  void theLastLineOfJsonOutputParses() throws Exception {
    RunningProcess.Result trained = jar.run(train(temp.resolve("json"), 1, "--json"));
    JsonObject outcome = JsonParser.parseString(trained.lines().getLast()).getAsJsonObject();
    assertEquals("completed", outcome.get("exit_reason").getAsString());
    RunningProcess.Result evaluated =
        jar.run("evaluate", "json", "--json", "--samples", "3", "--threads", "2");
    assertEquals("", evaluated.errors());
    assertEquals(1, evaluated.lines().size());
    JsonObject scores = JsonParser.parseString(evaluated.lines().getFirst()).getAsJsonObject();
    assertEquals(3, scores.getAsJsonObject("evaluation").get("samples").getAsInt());
  }

  // ---- signals ---------------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(strings = {"INT", "TERM"})
  void aSignalStopsTheRunWithACheckpoint(String signal) throws Exception {
    Path run = temp.resolve("it's " + signal);
    // A checkpoint a step, so that a signal comes before the end on a busy machine too.
    RunningProcess process = jar.start(train(run, EPOCHS, "--checkpoint-every", "1steps"));
    process.out().awaitPart("epoch 3/");
    send(signal, process);
    RunningProcess.Result result = process.await();
    assertEquals(130, result.code(), result.errors());
    assertHealthy(result);
    RunRecord record = RunDirectory.readRecord(run);
    assertEquals(ExitReason.INTERRUPTED, record.exitReason());
    assertTrue(record.stepsDone() >= 15 && record.stepsDone() < STEPS, record.toString());
    List<String> lines = result.lines();
    assertEquals(
        String.format(
            Locale.ROOT,
            "Stopped after step %,d, with a checkpoint. To go on:",
            record.stepsDone()),
        lines.get(lines.size() - 2));
    String command = lines.getLast().strip();
    assertEquals(jar.command("train", "--resume", "--out", run.toString()), command);
    // A shell takes the line as it stands.
    var builder = jar.builder(List.of());
    builder.command(List.of("sh", "-c", "exec " + command));
    RunningProcess.Result resumed = new RunningProcess(builder).await();
    assertEquals(0, resumed.code(), resumed.errors());
    assertHealthy(resumed);
    assertSameAsUninterrupted(run);
  }

  @Test
  void aSignalToARunThatIsQuietIsStillAnOrderlyStop() throws Exception {
    Path run = temp.resolve("quiet");
    RunningProcess process =
        jar.start(train(run, EPOCHS, "--quiet", "--json", "--checkpoint-every", "1steps"));
    awaitRows(run, 50);
    send("TERM", process);
    RunningProcess.Result result = process.await();
    assertEquals(130, result.code());
    assertEquals("", result.errors());
    JsonObject outcome = JsonParser.parseString(result.text()).getAsJsonObject();
    assertEquals("interrupted", outcome.get("exit_reason").getAsString());
    assertTrue(outcome.get("metrics").isJsonNull());
  }

  private static void send(String signal, RunningProcess process) throws Exception {
    Process kill =
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.process().pid())).start();
    assertEquals(0, kill.waitFor());
  }

  private static void awaitRows(Path run, int rows) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    Path metrics = run.resolve("metrics.csv");
    while (!Files.exists(metrics) || Files.readAllLines(metrics).size() < rows) {
      assertTrue(System.nanoTime() < deadline, "no " + rows + " rows in " + metrics);
      Thread.sleep(5);
    }
  }

  // ---- two processes ----------------------------------------------------------------------------

  @Test
  void aRunHasOneProcessAtATime() throws Exception {
    Path run = temp.resolve("locked");
    RunningProcess first = jar.start(train(run, 1_000_000));
    try {
      awaitRows(run, 2);
      RunningProcess.Result second = jar.run(resume(run, "--quiet"));
      assertEquals(2, second.code());
      assertEquals("Another process is training in " + run + ".\n", second.errors());
      assertTrue(first.process().isAlive());
    } finally {
      first.process().toHandle().destroyForcibly();
    }
    first.await();
  }

  // ---- devices that are full -------------------------------------------------------------------

  /** A limit on the size of files does to a growing log what a full device does. */
  @Test
  void aFullDeviceIsOneSentenceAndCostsNoCheckpoint() throws Exception {
    Path run = temp.resolve("full");
    // Many short steps: the log grows beyond the limit, checkpoints do not.
    var builder = jar.builder(train(run, 20, "--checkpoint-every", "50steps", "--quiet"));
    builder.command().set(builder.command().indexOf("64"), "2");
    List<String> start = List.copyOf(builder.command());
    // In units of 512 bytes, of which the shell and the JVM need some for files of their own.
    int limit = 80_000 / 512;
    builder.command(
        new ArrayList<>(List.of("sh", "-c", "ulimit -f " + limit + "; exec \"$@\"", "sh")));
    builder.command().addAll(start);
    RunningProcess.Result result = new RunningProcess(builder).await();
    assertEquals(
        "The run directory %s cannot be written to (File too large); the last checkpoint there is whole.\n"
            .formatted(run),
        result.errors());
    assertEquals(ExitCode.TRY_AGAIN, result.code());
    RunRecord record = RunDirectory.readRecord(run);
    assertEquals(ExitReason.FAILED, record.exitReason());
    assertEquals(result.errors().strip(), record.message());
    RunningProcess.Result resumed = jar.run(resume(run));
    assertEquals(0, resumed.code(), resumed.errors());
    assertEquals(20 * 150 + 1, Files.readAllLines(run.resolve("metrics.csv")).size());
  }
}
