// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.RegularFile.Links;
import io.github.cvaegpu.track.MlflowServer.MlflowException;
import io.github.cvaegpu.track.MlflowServer.Timing;
import io.github.cvaegpu.train.AtomicFile;
import io.github.cvaegpu.train.EpochReport;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import io.github.cvaegpu.train.StepReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A run of an MLflow server. Which one is kept in the run's folder, so that a run that goes on goes
 * on there too. Rows are collected while the server answers, and sent together.
 */
final class Mlflow implements Tracker {
  /** Says which run of which server a folder's is. */
  static final String RUN_FILE = "mlflow.json";

  private static final int RUN_FILE_LIMIT = 1 << 16;
  private static final int FORMAT = 1;

  /** A row a step would be too much for a server: so many are a second's or less. */
  private static final int STEPS_OF_ROW = 100;

  // Limits of a runs/log-batch. That of params, 100, is far from what a plan has.
  private static final int MOST_METRICS = 1000;
  private static final int LONGEST_PARAM = 6000;

  private static final String RESOURCE_DOES_NOT_EXIST = "RESOURCE_DOES_NOT_EXIST";

  private final MlflowSettings settings;
  private final Timing timing;
  private final long pauseNanos;
  private MlflowServer server;
  private JsonArray waiting = new JsonArray();
  private long lastSent;
  private RunRecord run;
  private String runId;

  Mlflow(MlflowSettings settings) {
    this(settings, Timing.USUAL, 1_000_000_000L);
  }

  /**
   * @param settings the server
   * @param timing how long it is waited for
   * @param pauseNanos least time from one batch to the next
   */
  Mlflow(MlflowSettings settings, Timing timing, long pauseNanos) {
    this.settings = settings;
    this.pauseNanos = pauseNanos;
    this.timing = timing;
  }

  @Override
  public String name() {
    return "MLflow at " + settings.server();
  }

  @Override
  public int stepsOfRow() {
    return STEPS_OF_ROW;
  }

  // ---- which run -------------------------------------------------------------------------------

  /** What takes time, or refuses the environment's proxies, is here: on the tracker's thread. */
  @Override
  public void begins(Path folder, RunRecord record) {
    run = record;
    server = new MlflowServer(settings, timing);
    Optional<String> known = record.sessions().size() > 1 ? knownRun(folder) : Optional.empty();
    if (known.isEmpty() || !goesOn(known.get())) {
      String experimentId = experimentId();
      runId = newRun(folder, experimentId);
      logSettings(record);
      // Last: a run whose settings are not all there is not gone on with.
      keep(folder, experimentId);
    }
    lastSent = System.nanoTime();
  }

  private boolean goesOn(String id) {
    JsonObject update = new JsonObject();
    update.addProperty("run_id", id);
    update.addProperty("status", "RUNNING");
    try {
      server.post("runs/update", update);
    } catch (MlflowException e) {
      if (e.errorCode().equals(RESOURCE_DOES_NOT_EXIST)) {
        return false; // Somebody deleted it.
      }
      throw e;
    }
    runId = id;
    return true;
  }

  private String experimentId() {
    if (settings.experiment().isEmpty()) {
      return settings.experimentId();
    }
    String name = settings.experiment().get();
    try {
      return existing(name);
    } catch (MlflowException e) {
      if (!e.errorCode().equals(RESOURCE_DOES_NOT_EXIST)) {
        throw e;
      }
    }
    var body = new JsonObject();
    body.addProperty("name", name);
    try {
      return MlflowServer.text(
          "experiments/create", server.post("experiments/create", body), "experiment_id");
    } catch (MlflowException e) {
      if (!e.errorCode().equals("RESOURCE_ALREADY_EXISTS")) {
        throw e;
      }
      return existing(name); // Another run was quicker.
    }
  }

  private String existing(String name) {
    JsonObject answer = server.get("experiments/get-by-name", Map.of("experiment_name", name));
    return MlflowServer.text("experiments/get-by-name", answer, "experiment", "experiment_id");
  }

  private String newRun(Path folder, String experimentId) {
    String name =
        settings.runName().orElseGet(() -> folder.toAbsolutePath().getFileName().toString());
    String user = System.getProperty("user.name", "unknown");
    Map<String, String> tags = new LinkedHashMap<>();
    tags.put("mlflow.runName", name);
    tags.put("mlflow.user", user);
    tags.put("mlflow.source.name", Program.nameAndVersion());
    tags.put("mlflow.source.type", "LOCAL");
    // Runs are told apart by it beside their curves, which are not of one measure then.
    tags.put("likelihood", run.likelihood());
    Program.commit().ifPresent(commit -> tags.put("mlflow.source.git.commit", commit));
    var body = new JsonObject();
    body.addProperty("experiment_id", experimentId);
    body.addProperty("user_id", user);
    body.addProperty("run_name", name);
    body.addProperty("start_time", System.currentTimeMillis());
    body.add("tags", pairs(tags));
    return MlflowServer.text(
        "runs/create", server.postOnce("runs/create", body), "run", "info", "run_id");
  }

  private void logSettings(RunRecord record) {
    Map<String, String> params = new LinkedHashMap<>(PlanSettings.of(record.plan()));
    params.put("dataset", record.dataset().name());
    params.put("engine", record.sessions().getLast().engine().what());
    params.put("data", record.data());
    params.replaceAll((name, value) -> param(value));
    JsonObject batch = batch();
    batch.add("params", pairs(params));
    server.post("runs/log-batch", batch);
  }

  /** As much of a value as a server takes. */
  static String param(String value) {
    return value.length() <= LONGEST_PARAM ? value : value.substring(0, LONGEST_PARAM);
  }

  private JsonObject batch() {
    var batch = new JsonObject();
    batch.addProperty("run_id", runId);
    return batch;
  }

  private static JsonArray pairs(Map<String, String> values) {
    var pairs = new JsonArray();
    values.forEach(
        (key, value) -> {
          var pair = new JsonObject();
          pair.addProperty("key", key);
          pair.addProperty("value", value);
          pairs.add(pair);
        });
    return pairs;
  }

  // ---- the file --------------------------------------------------------------------------------

  private void keep(Path folder, String experimentId) {
    var content = new JsonObject();
    content.addProperty("format", FORMAT);
    content.addProperty("tracking_uri", settings.server().toString());
    content.addProperty("experiment_id", experimentId);
    content.addProperty("run_id", runId);
    byte[] bytes = (content + "\n").getBytes(StandardCharsets.UTF_8);
    try {
      AtomicFile.replace(folder.resolve(RUN_FILE), out -> out.write(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The run of this server; a file that is damaged, or of another server, is as none. */
  private Optional<String> knownRun(Path folder) {
    Path file = folder.resolve(RUN_FILE);
    if (!RegularFile.isTaken(file)) {
      return Optional.empty();
    }
    try {
      byte[] bytes = RegularFile.readAllBytes(file, Links.REFUSED, RUN_FILE_LIMIT);
      return JsonParser.parseString(new String(bytes, StandardCharsets.UTF_8))
                  instanceof JsonObject content
              && new JsonPrimitive(settings.server().toString()).equals(content.get("tracking_uri"))
              && content.get("run_id") instanceof JsonPrimitive id
          ? Optional.of(id.getAsString())
          : Optional.empty();
    } catch (IOException | JsonParseException | InputException e) {
      return Optional.empty();
    }
  }

  // ---- rows ------------------------------------------------------------------------------------

  @Override
  public void step(StepReport report) {
    Figures.of(report, run, (name, value) -> add(name, value, report.step()));
    sendIfDue();
  }

  @Override
  public void epoch(EpochReport report) {
    long step = RunSteps.after(report, run);
    Figures.of(report, (name, value) -> add(name, value, step));
    sendIfDue();
  }

  @Override
  public void ends(Path folder, RunRecord record) {
    if (record.metrics() != null) {
      Figures.of(record.metrics().test(), (name, value) -> add(name, value, record.stepsDone()));
    }
    send();
    var update = new JsonObject();
    update.addProperty("run_id", runId);
    update.addProperty("status", status(record.exitReason()));
    update.addProperty("end_time", System.currentTimeMillis());
    server.post("runs/update", update);
  }

  private static String status(ExitReason reason) {
    return switch (reason) {
      case COMPLETED -> "FINISHED";
      case INTERRUPTED -> "KILLED";
      case RUNNING, DIVERGED, FAILED -> "FAILED";
    };
  }

  /** JSON has no number that is not finite. */
  private void add(String key, double value, long step) {
    if (!Double.isFinite(value)) {
      return;
    }
    var metric = new JsonObject();
    metric.addProperty("key", key);
    metric.addProperty("value", value);
    metric.addProperty("timestamp", System.currentTimeMillis());
    metric.addProperty("step", step);
    waiting.add(metric);
    if (waiting.size() == MOST_METRICS) {
      send();
    }
  }

  private void sendIfDue() {
    if (System.nanoTime() - lastSent >= pauseNanos) {
      send();
    }
  }

  private void send() {
    if (!waiting.isEmpty()) {
      JsonObject batch = batch();
      batch.add("metrics", waiting);
      server.post("runs/log-batch", batch);
      waiting = new JsonArray();
    }
    lastSent = System.nanoTime();
  }

  @Override
  public void close() {
    if (server != null) {
      server.close();
    }
  }
}
