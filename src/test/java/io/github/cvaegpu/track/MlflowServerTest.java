// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.cvaegpu.launcher.RunningProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With MLflow's own server, read by its own client. */
class MlflowServerTest {
  private static final String PYTHON_VARIABLE = "CVAE_GPU_MLFLOW_PYTHON";

  private static final int PATIENCE_SECONDS = 120;

  private static final String CLIENT =
      """
      import json, sys
      from mlflow.tracking import MlflowClient
      client = MlflowClient(sys.argv[1])
      experiment = client.get_experiment_by_name("digits")
      (run,) = client.search_runs([experiment.experiment_id])
      print(json.dumps({
          "status": run.info.status,
          "name": run.data.tags["mlflow.runName"],
          "params": run.data.params,
          "metrics": {k: [[m.step, m.value] for m in client.get_metric_history(run.info.run_id, k)]
                      for k in run.data.metrics}}))
      """;

  @TempDir Path temp;
  private String python;
  private String uri;
  private Process server;

  @BeforeEach
  void startServer() throws Exception {
    python =
        TrackedRun.python(PYTHON_VARIABLE)
            .orElseGet(() -> abort(PYTHON_VARIABLE + " is not set: a Python with mlflow"));
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    uri = "http://127.0.0.1:" + port;
    List<String> command =
        List.of(
            python,
            "-m",
            "mlflow",
            "server",
            "--host",
            "127.0.0.1",
            "--port",
            Integer.toString(port),
            "--backend-store-uri",
            "sqlite:///" + temp.resolve("runs.db"),
            "--default-artifact-root",
            temp.resolve("artifacts").toUri().toString());
    server =
        new ProcessBuilder(command)
            .directory(temp.toFile())
            .redirectErrorStream(true)
            .redirectOutput(temp.resolve("server.log").toFile())
            .start();
    awaitServer(port);
  }

  private void awaitServer(int port) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (true) {
      try (var socket = new Socket()) {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
        return;
      } catch (IOException e) {
        assertTrue(server.isAlive() && System.nanoTime() < deadline, "the server does not start");
        Thread.sleep(100);
      }
    }
  }

  @AfterEach
  void stopServer() {
    if (server != null) {
      server.descendants().forEach(ProcessHandle::destroyForcibly);
      server.destroyForcibly();
    }
  }

  @Test
  void aRunThatWasStoppedAndGoneOnWithIsAllThere() throws Exception {
    var settings =
        MlflowSettings.of(
                Map.of("MLFLOW_TRACKING_URI", uri, "MLFLOW_EXPERIMENT_NAME", "digits"),
                text -> {
                  throw new AssertionError(text);
                })
            .orElseThrow();
    var run = new TrackedRun(temp.resolve("my run"));
    // A server that has just started takes its time.
    run.patience = Duration.ofSeconds(PATIENCE_SECONDS);
    run.until(7, new Mlflow(settings));
    run.toTheEnd(new Mlflow(settings));
    assertEquals(List.of(), run.warnings);
    RunningProcess.Result result =
        new RunningProcess(new ProcessBuilder(python, "-c", CLIENT, uri)).await();
    assertEquals(0, result.code(), result.errors());
    JsonObject read = JsonParser.parseString(result.text()).getAsJsonObject();
    assertEquals("FINISHED", read.get("status").getAsString());
    assertEquals("my run", read.get("name").getAsString());
    assertEquals("pi", read.getAsJsonObject("params").get("rule.name").getAsString());
    JsonObject metrics = read.getAsJsonObject("metrics");
    assertEquals(
        Set.of(5L, 7L, 10L, 15L),
        Set.copyOf(
            metrics.getAsJsonArray("train/rl").asList().stream()
                .map(point -> point.getAsJsonArray().get(0).getAsLong())
                .toList()));
    assertEquals(
        run.run.record().metrics().test().elbo().mean(),
        metrics.getAsJsonArray("test/elbo").get(0).getAsJsonArray().get(1).getAsDouble());
  }
}
