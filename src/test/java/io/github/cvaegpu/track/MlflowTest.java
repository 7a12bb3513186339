// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpExchange;
import io.github.cvaegpu.track.MlflowServer.Timing;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.StepReport;
import io.github.cvaegpu.train.TinyRun;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** With a server that holds every request to the published interface, and fails in all ways. */
@Timeout(120)
class MlflowTest {
  /** Long enough for an answer on a busy machine; three attempts. */
  private static final Timing TIMING =
      new Timing(
          Duration.ofSeconds(5),
          Duration.ofSeconds(20),
          List.of(Duration.ofMillis(1), Duration.ofMillis(1)));

  private static final Timing IMPATIENT =
      new Timing(Duration.ofSeconds(5), Duration.ofSeconds(2), List.of(Duration.ofMillis(1)));

  @TempDir static Path shared;
  private static TinyRun.Result alone;

  @TempDir Path temp;
  private MlflowStub server;
  private TrackedRun run;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeAll
  static void trainWithout() throws IOException {
    alone = TrackedRun.alone(shared.resolve("alone"));
  }

  @BeforeEach
  void start() throws IOException {
    server = new MlflowStub();
    run = new TrackedRun(temp.resolve("my run"));
    environment.put("MLFLOW_TRACKING_URI", server.uri());
  }

  @AfterEach
  void stop() {
    server.close();
    assertEquals(List.of(), server.faults);
  }

  private Mlflow tracker() {
    return tracker(TIMING, 0);
  }

  private Mlflow tracker(Timing timing, long pauseNanos) {
    MlflowSettings settings =
        MlflowSettings.of(
                environment,
                text -> {
                  throw new AssertionError(text);
                })
            .orElseThrow();
    return new Mlflow(settings, timing, pauseNanos);
  }

  private void assertRunIsAsAlone() throws IOException {
    assertEquals(alone, run.run.result());
  }

  // ---- what is logged --------------------------------------------------------------------------

  @Test
  void aRunIsAllThere() throws IOException {
    environment.put("MLFLOW_EXPERIMENT_NAME", "digits & more");
    environment.put("MLFLOW_RUN_NAME", "first");
    long before = System.currentTimeMillis();
    run.toTheEnd(tracker());
    assertEquals(List.of(), run.warnings);
    MlflowStub.Run logged = server.run();
    assertEquals(server.experiments.get("digits & more"), logged.experimentId);
    assertEquals("first", logged.name);
    assertEquals("first", logged.tags.get("mlflow.runName"));
    assertEquals("bernoulli", logged.tags.get("likelihood"));
    assertEquals("cvae-gpu development", logged.tags.get("mlflow.source.name"));
    assertEquals(System.getProperty("user.name"), logged.tags.get("mlflow.user"));
    assertEquals("pi", logged.params.get("rule.name"));
    assertEquals("[20,10]", logged.params.get("network.hidden"));
    assertEquals("3", logged.params.get("schedule.epochs"));
    assertEquals("5", logged.params.get("seed"));
    assertEquals("tiny", logged.params.get("dataset"));
    assertHasTheMeans(logged);
    assertEquals("FINISHED", logged.status);
    assertTrue(logged.endTime >= before);
    for (MlflowStub.Metric metric : logged.metrics) {
      assertTrue(metric.timestamp() >= before && metric.timestamp() <= logged.endTime);
    }
    assertRunIsAsAlone();
  }

  /** Stretches end with the epochs here, of five steps each. */
  private void assertHasTheMeans(MlflowStub.Run logged) throws IOException {
    assertEquals(
        TrackedRun.TAGS, Set.copyOf(logged.metrics.stream().map(MlflowStub.Metric::key).toList()));
    List<StepReport> steps = run.steps();
    for (int last = 5; last <= TrackedRun.STEPS; last += 5) {
      List<StepReport> stretch = steps.subList(last - 5, last);
      float rl = (float) stretch.stream().mapToDouble(StepReport::rl).average().orElseThrow();
      float kl = (float) stretch.stream().mapToDouble(StepReport::kl).average().orElseThrow();
      float beta = (float) stretch.stream().mapToDouble(StepReport::beta).average().orElseThrow();
      assertEquals(rl, logged.values("train/rl").get((long) last), 1e-5 * rl);
      assertEquals(kl, logged.values("train/kl").get((long) last), 1e-5 * kl);
      assertEquals(-(rl + kl), logged.values("train/elbo").get((long) last), 1e-5 * rl);
      assertEquals(beta, logged.values("train/beta").get((long) last), 1e-5 * beta);
    }
    assertEquals(Set.of(5L, 10L, 15L), logged.values("train/rl").keySet());
    assertEquals(Set.of(5L, 10L, 15L), logged.values("train/images_per_second").keySet());
    RunRecord record = run.run.record();
    assertEquals(Map.of(15L, record.metrics().test().elbo().mean()), logged.values("test/elbo"));
    assertEquals(
        Map.of(15L, record.metrics().test().reconstructionLoss().mean()), logged.values("test/rl"));
    assertEquals(
        Map.of(15L, record.metrics().test().klDivergence().mean()), logged.values("test/kl"));
  }

  @Test
  void withoutNamesItIsTheFoldersInTheDefaultExperiment() {
    run.toTheEnd(tracker());
    assertEquals("0", server.run().experimentId);
    assertEquals("my run", server.run().name);
    server.experiments.put("other", "7");
    environment.put("MLFLOW_EXPERIMENT_ID", "7");
    new TrackedRun(temp.resolve("other")).toTheEnd(tracker());
    assertEquals("7", server.runs.get("run1").experimentId);
    assertEquals(0, Collections.frequency(server.requests, "GET experiments/get-by-name"));
  }

  @Test
  void anExperimentThatIsThereIsTaken() {
    environment.put("MLFLOW_EXPERIMENT_NAME", "Default");
    run.toTheEnd(tracker());
    assertEquals("0", server.run().experimentId);
    assertEquals(0, Collections.frequency(server.requests, "POST experiments/create"));
  }

  /** Made by another run between the question and the answer. */
  @Test
  void anExperimentThatAnotherRunMakesIsTaken() {
    environment.put("MLFLOW_EXPERIMENT_NAME", "race");
    server.trouble =
        (name, count, exchange) -> {
          if (name.equals("experiments/create")) {
            server.experiments.put("race", "9");
          }
          return false;
        };
    run.toTheEnd(tracker());
    assertEquals(List.of(), run.warnings);
    assertEquals("9", server.run().experimentId);
  }

  /** Rows wait for each other, so that a server has few requests and none is too large. */
  @Test
  void rowsAreSentTogether() {
    run.toTheEnd();
    RunRecord record = run.run.record();
    Mlflow tracker = tracker(TIMING, Long.MAX_VALUE);
    tracker.begins(run.folder, record);
    for (int step = 1; step <= 1100; step++) {
      tracker.step(new StepReport(step, 1, 1, 2, 3));
    }
    tracker.step(new StepReport(1101, 1, Float.NaN, 2, 3)); // RL and ELBO cannot be told.
    tracker.ends(run.folder, record);
    tracker.close();
    assertEquals(5 * 1100 + 3 + 3, server.run().metrics.size());
    // The params, five full ones and the rest.
    assertEquals(1 + 5 + 1, Collections.frequency(server.requests, "POST runs/log-batch"));
  }

  /** As a schedule of a thousand set points is. */
  @Test
  void aLongSettingIsCut() {
    assertEquals("x".repeat(6000), Mlflow.param("x".repeat(6000)));
    assertEquals("x".repeat(6000), Mlflow.param("x".repeat(6001)));
  }

  // ---- going on --------------------------------------------------------------------------------

  @Test
  void aRunThatGoesOnIsTheSameRun() throws IOException {
    run.until(7, tracker());
    assertEquals("KILLED", server.run().status);
    JsonObject kept =
        JsonParser.parseString(Files.readString(run.folder.resolve("mlflow.json")))
            .getAsJsonObject();
    assertEquals(
        "{\"format\":1,\"tracking_uri\":\"%s\",\"experiment_id\":\"0\",\"run_id\":\"run0\"}"
            .formatted(server.uri()),
        kept.toString());
    run.run.plan = run.run.plan.withEpochs(4);
    run.toTheEnd(tracker());
    assertEquals(List.of(), run.warnings);
    assertEquals("FINISHED", server.run().status);
    assertEquals(Set.of(5L, 7L, 10L, 15L, 20L), server.run().values("train/rl").keySet());
    // A server refuses to change it.
    assertEquals("3", server.run().params.get("schedule.epochs"));
  }

  @Test
  void aRunThatWasKilledIsTheSameRun() throws IOException {
    run.killedAt(4, 7, tracker());
    server.run().status = "RUNNING";
    run.toTheEnd(tracker());
    assertEquals("FINISHED", server.run().status);
    assertEquals(Set.of(4L, 5L, 7L, 10L, 15L), server.run().values("train/rl").keySet());
    assertRunIsAsAlone();
  }

  @Test
  void aRunThatIsGoneFromTheServerIsBegunThereAnew() throws IOException {
    run.until(7, tracker());
    server.runs.remove("run0");
    server.runs.put("another", new MlflowStub.Run());
    run.toTheEnd(tracker());
    assertEquals(List.of(), run.warnings);
    assertEquals("FINISHED", server.runs.get("run1").status);
    assertTrue(Files.readString(run.folder.resolve("mlflow.json")).contains("\"run1\""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "{\"format\":1}", "{\"run_id\":7}"})
  void aFileThatSaysNothingIsAsNone(String content) throws IOException {
    run.until(7, tracker());
    Files.writeString(run.folder.resolve("mlflow.json"), content);
    run.toTheEnd(tracker());
    assertEquals(List.of(), run.warnings);
    assertEquals(Set.of("run0", "run1"), server.runs.keySet());
  }

  @Test
  void anotherServerHasItsOwnRun() throws IOException {
    run.until(7, tracker());
    try (var other = new MlflowStub()) {
      environment.put("MLFLOW_TRACKING_URI", other.uri());
      run.toTheEnd(tracker());
      assertEquals("FINISHED", other.run().status);
      assertEquals(List.of(), other.faults);
    }
    assertEquals("KILLED", server.run().status);
  }

  // ---- servers that fail -----------------------------------------------------------------------

  private void assertIsLeft(String reason) throws IOException {
    assertEquals(2, run.warnings.size(), run.warnings.toString());
    assertEquals(
        "MLflow at %s gets no more of this run (%s); the run goes on without it."
            .formatted(environment.get("MLFLOW_TRACKING_URI"), reason),
        run.warnings.getFirst());
    assertTrue(
        run.warnings
            .getLast()
            .matches("MLflow at http://\\S+ has missed \\d+ rows? of this run\\."),
        run.warnings.toString());
    assertRunIsAsAlone();
  }

  @Test
  void nobodyListens() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      environment.put("MLFLOW_TRACKING_URI", "http://127.0.0.1:" + socket.getLocalPort());
    }
    run.toTheEnd(tracker());
    assertIsLeft("no connection");
    assertFalse(Files.exists(run.folder.resolve("mlflow.json")));
  }

  @Test
  void itDiesInTheMiddle() throws IOException {
    server.trouble =
        (name, count, exchange) -> {
          if (name.equals("runs/log-batch") && count > 2) {
            exchange.close();
            return true;
          }
          return false;
        };
    run.toTheEnd(tracker());
    assertIsLeft("no answer to runs/log-batch");
    assertEquals("RUNNING", server.run().status);
  }

  @Test
  void itNeverAnswers() throws IOException {
    server.trouble = MlflowTest::sleep;
    run.toTheEnd(tracker(IMPATIENT, 0));
    assertIsLeft("no answer to runs/create");
    // It may have made the run: not again.
    assertEquals(List.of("POST runs/create"), server.requests);
  }

  private static boolean sleep(String name, int count, HttpExchange exchange) {
    try {
      Thread.sleep(100_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return true;
  }

  /** The run does not wait for it: it is given up at the end. */
  @Test
  void itIsSlow() throws IOException {
    server.trouble = MlflowTest::sleep;
    run.patience = Duration.ofMillis(300);
    run.toTheEnd(tracker());
    assertEquals(
        List.of(
            "MLflow at "
                + server.uri()
                + " did not take the rest of the run within 0 s and was given up; it has missed 9"
                + " rows."),
        run.warnings);
    assertRunIsAsAlone();
  }

  @ParameterizedTest
  @CsvSource({"429", "500", "502", "503", "504"})
  void whatPassesIsAskedForAgain(int status) throws IOException {
    server.trouble =
        (name, count, exchange) -> {
          if (name.equals("runs/log-batch") && count < 3) {
            MlflowStub.answer(exchange, status, "busy");
            return true;
          }
          return false;
        };
    run.toTheEnd(tracker());
    assertEquals(List.of(), run.warnings);
    assertEquals(Set.of(5L, 10L, 15L), server.run().values("train/rl").keySet());
    assertEquals("FINISHED", server.run().status);
  }

  @ParameterizedTest
  @CsvSource({"429, 3", "503, 3", "500, 1", "504, 1"})
  void aRunIsMadeOnce(int status, int attempts) throws IOException {
    server.trouble =
        (name, count, exchange) -> {
          MlflowStub.answer(exchange, status, "busy");
          return true;
        };
    run.toTheEnd(tracker());
    assertIsLeft("runs/create was answered " + status);
    assertEquals(Collections.nCopies(attempts, "POST runs/create"), server.requests);
  }

  @Test
  void whatIsRefusedIsSaid() throws IOException {
    environment.put("MLFLOW_EXPERIMENT_ID", "77");
    run.toTheEnd(tracker());
    assertIsLeft(
        "runs/create was answered 404 RESOURCE_DOES_NOT_EXIST: It is RESOURCE_DOES_NOT_EXIST");
  }

  @ParameterizedTest
  @ValueSource(strings = {"<html>Welcome</html>", "", "[]", "{}", "{\"run\":[]}", "{\"run\":"})
  void itIsNoMlflow(String body) throws IOException {
    server.trouble =
        (name, count, exchange) -> {
          MlflowStub.answer(exchange, 200, body);
          return true;
        };
    run.toTheEnd(tracker());
    assertIsLeft("runs/create was not answered as MLflow does");
  }

  @Test
  void itNeverStopsAnswering() throws IOException {
    server.trouble =
        (name, count, exchange) -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] spaces = " ".repeat(1 << 16).getBytes(UTF_8);
          for (int i = 0; i < 1000; i++) {
            exchange.getResponseBody().write(spaces);
          }
          return true;
        };
    run.toTheEnd(tracker());
    assertIsLeft("no answer to runs/create");
  }

  /** The password would go along. */
  @Test
  void aRedirectIsNotFollowed() throws IOException {
    try (var other = new MlflowStub()) {
      server.trouble =
          (name, count, exchange) -> {
            exchange.getResponseHeaders().add("Location", other.uri() + "/api/2.0/mlflow/" + name);
            MlflowStub.answer(exchange, 307, "");
            return true;
          };
      run.toTheEnd(tracker());
      assertEquals(List.of(), other.requests);
    }
    assertIsLeft("runs/create was answered 307");
  }

  // ---- secrets ---------------------------------------------------------------------------------

  @Test
  void aPasswordGoesToTheServerAndNowhereElse() throws IOException {
    environment.put(
        "MLFLOW_TRACKING_URI", server.uri().replace("http://", "http://ann:secret@") + "/");
    run.until(7, tracker());
    assertEquals(Set.of("Basic YW5uOnNlY3JldA=="), Set.copyOf(server.authorizations));
    server.trouble =
        (name, count, exchange) -> {
          MlflowStub.refuse(exchange, 403, "PERMISSION_DENIED");
          return true;
        };
    run.toTheEnd(tracker());
    assertEquals(2, run.warnings.size());
    assertTrue(run.warnings.getFirst().contains("403 PERMISSION_DENIED"));
    assertFalse(run.warnings.toString().contains("secret"), run.warnings.toString());
    for (String file : List.of("mlflow.json", "run.json")) {
      String text = Files.readString(run.folder.resolve(file));
      assertFalse(text.contains("secret") || text.contains("ann:"), text);
    }
    assertRunIsAsAlone();
  }
}
