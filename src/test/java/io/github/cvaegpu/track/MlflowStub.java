// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;

/**
 * An MLflow tracking server in memory, as mlflow/protos/service.proto has its interface: every
 * request is held to the fields, types and limits that are published, and what breaks them is a
 * {@link #faults fault}.
 */
final class MlflowStub implements AutoCloseable {
  private static final String PATH = "/api/2.0/mlflow/";
  private static final int MEBIBYTE = 1 << 20;

  /** Of names of metrics, params and tags. */
  private static final Pattern KEY = Pattern.compile("[\\w./ :-]{1,250}");

  private static final List<String> STATUSES =
      List.of("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED");

  /** Fields of each request by their types; those with a star are required. */
  private static final Map<String, Map<String, String>> REQUESTS =
      Map.of(
          "POST experiments/create",
          Map.of("name", "string*", "artifact_location", "string", "tags", "tags"),
          "POST runs/create",
          Map.of(
              "experiment_id",
              "string",
              "user_id",
              "string",
              "run_name",
              "string",
              "start_time",
              "int64",
              "tags",
              "tags"),
          "POST runs/log-batch",
          Map.of("run_id", "string", "metrics", "metrics", "params", "params", "tags", "tags"),
          "POST runs/update",
          Map.of(
              "run_id",
              "string",
              "run_uuid",
              "string",
              "status",
              "status",
              "end_time",
              "int64",
              "run_name",
              "string"));

  /** A point of a metric. */
  record Metric(String key, double value, long timestamp, long step) {}

  /** A run as the server has it. */
  static final class Run {
    String experimentId;
    String name;
    String status = "RUNNING";
    long endTime;
    final Map<String, String> tags = new TreeMap<>();
    final Map<String, String> params = new TreeMap<>();
    final List<Metric> metrics = new ArrayList<>();

    /** The values of a metric by step; of a step that is there twice the last one. */
    NavigableMap<Long, Double> values(String key) {
      var values = new TreeMap<Long, Double>();
      metrics.stream()
          .filter(metric -> metric.key().equals(key))
          .forEach(metric -> values.put(metric.step(), metric.value()));
      return values;
    }
  }

  /** Does something else than answering. */
  @FunctionalInterface
  interface Trouble {
    /**
     * Called before a request is looked at.
     *
     * @param name what is asked for
     * @param count how often it was asked for by now, from 1
     * @return whether it was answered
     */
    boolean answer(String name, int count, HttpExchange exchange) throws IOException;
  }

  /** What was wrong with requests. */
  final List<String> faults = Collections.synchronizedList(new ArrayList<>());

  /** Method and name of each request. */
  final List<String> requests = Collections.synchronizedList(new ArrayList<>());

  /** What was in the header of that name, of each request. */
  final List<String> authorizations = Collections.synchronizedList(new ArrayList<>());

  final Map<String, String> experiments = Collections.synchronizedMap(new LinkedHashMap<>());
  final Map<String, Run> runs = Collections.synchronizedMap(new LinkedHashMap<>());
  volatile Trouble trouble = (name, count, exchange) -> false;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  MlflowStub() throws IOException {
    experiments.put("Default", "0");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  String uri() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** The only run. */
  Run run() {
    if (runs.size() != 1) {
      throw new AssertionError(runs.size() + " runs");
    }
    return runs.values().iterator().next();
  }

  // ---- requests --------------------------------------------------------------------------------

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String name = path.startsWith(PATH) ? path.substring(PATH.length()) : path;
      String request = exchange.getRequestMethod() + " " + name;
      requests.add(request);
      authorizations.add(exchange.getRequestHeaders().getFirst("Authorization"));
      int count = Collections.frequency(requests, request);
      if (trouble.answer(name, count, exchange)) {
        return;
      }
      if (request.equals("GET experiments/get-by-name")) {
        getByName(exchange);
        return;
      }
      Map<String, String> fields = REQUESTS.get(request);
      if (!path.startsWith(PATH) || fields == null) {
        faults.add("no such request: " + request);
        refuse(exchange, 404, "ENDPOINT_NOT_FOUND");
        return;
      }
      byte[] bytes = exchange.getRequestBody().readAllBytes();
      JsonObject body = body(exchange, bytes);
      List<String> wrong = problems(body, fields);
      if (bytes.length > MEBIBYTE) {
        wrong.add("a body of " + bytes.length + " bytes");
      }
      if (!wrong.isEmpty()) {
        faults.add(request + ": " + wrong);
        refuse(exchange, 400, "INVALID_PARAMETER_VALUE");
        return;
      }
      switch (name) {
        case "experiments/create" -> createExperiment(exchange, body);
        case "runs/create" -> createRun(exchange, body);
        case "runs/log-batch" -> logBatch(exchange, body);
        default -> update(exchange, body);
      }
    }
  }

  private JsonObject body(HttpExchange exchange, byte[] bytes) {
    if (!"application/json".equals(exchange.getRequestHeaders().getFirst("Content-Type"))) {
      faults.add("Content-Type " + exchange.getRequestHeaders().getFirst("Content-Type"));
    }
    try {
      return JsonParser.parseString(new String(bytes, UTF_8)).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      faults.add("no object: " + new String(bytes, UTF_8));
      return new JsonObject();
    }
  }

  private static List<String> problems(JsonObject body, Map<String, String> fields) {
    List<String> wrong = new ArrayList<>();
    body.asMap()
        .forEach(
            (name, value) -> {
              String type = fields.get(name);
              if (type == null) {
                wrong.add("field " + name);
              } else if (!isOf(type.replace("*", ""), value)) {
                wrong.add(name + " is no " + type);
              }
            });
    fields.forEach(
        (name, type) -> {
          if (type.endsWith("*") && !body.has(name)) {
            wrong.add("no " + name);
          }
        });
    int items = 0;
    for (String list : List.of("metrics", "params", "tags")) {
      int size = body.get(list) instanceof JsonArray array ? array.size() : 0;
      items += size;
      if (size > (list.equals("metrics") ? 1000 : 100)) {
        wrong.add(size + " " + list);
      }
    }
    if (items > 1000) {
      wrong.add(items + " items");
    }
    return wrong;
  }

  private static boolean isOf(String type, JsonElement value) {
    return switch (type) {
      case "string" -> value instanceof JsonPrimitive text && text.isString();
      case "int64" ->
          value instanceof JsonPrimitive number
              && number.isNumber()
              && number.getAsString().matches("-?\\d{1,18}");
      case "double" ->
          value instanceof JsonPrimitive number
              && number.isNumber()
              && Double.isFinite(number.getAsDouble());
      case "status" -> value instanceof JsonPrimitive text && STATUSES.contains(text.getAsString());
      case "metrics" ->
          areAll(
              value,
              Map.of("key", "string", "value", "double", "timestamp", "int64", "step", "int64"));
      case "params" -> areAll(value, Map.of("key", "string", "value", "string"));
      case "tags" -> areAll(value, Map.of("key", "string", "value", "string"));
      default -> throw new AssertionError(type);
    };
  }

  private static boolean areAll(JsonElement value, Map<String, String> fields) {
    if (!(value instanceof JsonArray array)) {
      return false;
    }
    for (JsonElement element : array) {
      if (!(element instanceof JsonObject object)
          || !object.keySet().equals(fields.keySet())
          || !fields.entrySet().stream().allMatch(f -> isOf(f.getValue(), object.get(f.getKey())))
          || !KEY.matcher(object.get("key").getAsString()).matches()) {
        return false;
      }
    }
    return true;
  }

  // ---- answers ---------------------------------------------------------------------------------

  static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  static void refuse(HttpExchange exchange, int status, String code) throws IOException {
    answer(
        exchange,
        status,
        "{\"error_code\":\"%s\",\"message\":\"It is\\n%s.\"}".formatted(code, code));
  }

  private void getByName(HttpExchange exchange) throws IOException {
    String query = exchange.getRequestURI().getRawQuery();
    if (query == null || !query.startsWith("experiment_name=") || query.contains("&")) {
      faults.add("query " + query);
    }
    String name = URLDecoder.decode(query.substring(query.indexOf('=') + 1), UTF_8);
    String id = experiments.get(name);
    if (id == null) {
      refuse(exchange, 404, "RESOURCE_DOES_NOT_EXIST");
      return;
    }
    var experiment = new JsonObject();
    experiment.addProperty("experiment_id", id);
    experiment.addProperty("name", name);
    experiment.addProperty("lifecycle_stage", "active");
    var body = new JsonObject();
    body.add("experiment", experiment);
    answer(exchange, 200, body.toString());
  }

  private void createExperiment(HttpExchange exchange, JsonObject body) throws IOException {
    String name = body.get("name").getAsString();
    if (experiments.containsKey(name)) {
      refuse(exchange, 400, "RESOURCE_ALREADY_EXISTS");
      return;
    }
    String id = Integer.toString(experiments.size());
    experiments.put(name, id);
    answer(exchange, 200, "{\"experiment_id\":\"%s\"}".formatted(id));
  }

  private void createRun(HttpExchange exchange, JsonObject body) throws IOException {
    var run = new Run();
    run.experimentId = body.get("experiment_id").getAsString();
    if (!experiments.containsValue(run.experimentId)) {
      refuse(exchange, 404, "RESOURCE_DOES_NOT_EXIST");
      return;
    }
    run.name = body.get("run_name").getAsString();
    put(body, "tags", run.tags);
    String id = "run" + runs.size();
    runs.put(id, run);
    answer(
        exchange,
        200,
        "{\"run\":{\"info\":{\"run_id\":\"%s\",\"status\":\"RUNNING\"}}}".formatted(id));
  }

  private static void put(JsonObject body, String name, Map<String, String> into) {
    if (body.get(name) instanceof JsonArray pairs) {
      for (JsonElement pair : pairs) {
        into.put(
            pair.getAsJsonObject().get("key").getAsString(),
            pair.getAsJsonObject().get("value").getAsString());
      }
    }
  }

  private Run known(HttpExchange exchange, JsonObject body) throws IOException {
    Run run = body.has("run_id") ? runs.get(body.get("run_id").getAsString()) : null;
    if (run == null) {
      refuse(exchange, 404, "RESOURCE_DOES_NOT_EXIST");
    }
    return run;
  }

  private void logBatch(HttpExchange exchange, JsonObject body) throws IOException {
    Run run = known(exchange, body);
    if (run == null) {
      return;
    }
    Map<String, String> params = new TreeMap<>();
    put(body, "params", params);
    for (var param : params.entrySet()) {
      String before = run.params.get(param.getKey());
      if (param.getValue().length() > 6000
          || (before != null && !before.equals(param.getValue()))) {
        faults.add("param " + param.getKey());
        refuse(exchange, 400, "INVALID_PARAMETER_VALUE");
        return;
      }
    }
    run.params.putAll(params);
    put(body, "tags", run.tags);
    if (body.get("metrics") instanceof JsonArray metrics) {
      for (JsonElement element : metrics) {
        JsonObject metric = element.getAsJsonObject();
        run.metrics.add(
            new Metric(
                metric.get("key").getAsString(),
                metric.get("value").getAsDouble(),
                metric.get("timestamp").getAsLong(),
                metric.get("step").getAsLong()));
      }
    }
    answer(exchange, 200, "{}");
  }

  private void update(HttpExchange exchange, JsonObject body) throws IOException {
    Run run = known(exchange, body);
    if (run == null) {
      return;
    }
    if (body.has("status")) {
      run.status = body.get("status").getAsString();
    }
    run.endTime = body.has("end_time") ? body.get("end_time").getAsLong() : 0;
    answer(exchange, 200, "{\"run_info\":{\"status\":\"%s\"}}".formatted(run.status));
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
