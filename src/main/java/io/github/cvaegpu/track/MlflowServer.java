// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.github.cvaegpu.data.EnvironmentProxies;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * The REST interface of an MLflow tracking server (mlflow/protos/service.proto, version 2.0 of the
 * interface). What a server that is starting, busy or out of reach refuses is asked for again a few
 * times.
 */
final class MlflowServer implements AutoCloseable {
  private static final String PATH = "/api/2.0/mlflow/";

  /** No answer of those asked for is near as long. */
  private static final int LONGEST_ANSWER = 1 << 20;

  private static final int LONGEST_MESSAGE = 200;

  private static final int OK = 200;

  /** What may be better in a while. */
  private static final List<Integer> PASSING = List.of(408, 429, 500, 502, 503, 504);

  /** Of those what a server says before it does anything. */
  private static final List<Integer> UNTOUCHED = List.of(429, 503);

  private final MlflowSettings settings;
  private final Timing timing;
  private final HttpClient client;

  /**
   * How long is waited.
   *
   * @param connection for a connection
   * @param answer for a whole answer
   * @param pauses before each further attempt
   */
  record Timing(Duration connection, Duration answer, List<Duration> pauses) {
    static final Timing USUAL =
        new Timing(
            Duration.ofSeconds(5),
            Duration.ofSeconds(20),
            List.of(Duration.ofSeconds(1), Duration.ofSeconds(4)));
  }

  /** The server refused, or could not be asked: a part of a sentence. */
  static final class MlflowException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String errorCode;

    MlflowException(String message, String errorCode, Throwable cause) {
      super(message, cause);
      this.errorCode = errorCode;
    }

    /** MLflow's name of what is wrong, such as {@code RESOURCE_DOES_NOT_EXIST}; may be empty. */
    String errorCode() {
      return errorCode;
    }
  }

  MlflowServer(MlflowSettings settings, Timing timing) {
    this.settings = settings;
    this.timing = timing;
    // Redirects are not followed: the header with the password would go along.
    client =
        HttpClient.newBuilder()
            .connectTimeout(timing.connection())
            .proxy(EnvironmentProxies.ofThisProcess())
            .build();
  }

  JsonObject get(String name, Map<String, String> query) {
    String parameters =
        query.entrySet().stream()
            .map(
                each ->
                    each.getKey()
                        + "="
                        + URLEncoder.encode(each.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&", "?", ""));
    return ask(name, request(name + parameters).GET().build(), true);
  }

  /** Asks for what comes to the same when it is done twice. */
  JsonObject post(String name, JsonObject body) {
    return ask(name, posting(name, body), true);
  }

  /** Asks for what must not be done twice: again only if the server cannot have done it. */
  JsonObject postOnce(String name, JsonObject body) {
    return ask(name, posting(name, body), false);
  }

  private HttpRequest posting(String name, JsonObject body) {
    return request(name)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
        .build();
  }

  private HttpRequest.Builder request(String nameAndQuery) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(settings.server() + PATH + nameAndQuery))
            .timeout(timing.answer());
    settings.authorization().ifPresent(value -> request.header("Authorization", value));
    return request;
  }

  /**
   * @param isRepeatable whether it may be done twice
   */
  private JsonObject ask(String name, HttpRequest request, boolean isRepeatable) {
    List<Integer> again = isRepeatable ? PASSING : UNTOUCHED;
    for (int attempt = 0; ; attempt++) {
      boolean isLast = attempt == timing.pauses().size();
      try {
        HttpResponse<String> answer = answer(name, request);
        if (isLast || !again.contains(answer.statusCode())) {
          return object(name, answer);
        }
      } catch (IOException e) {
        boolean isUntouched =
            e instanceof ConnectException || e instanceof HttpConnectTimeoutException;
        if (isLast || !(isRepeatable || isUntouched)) {
          throw new MlflowException(isUntouched ? "no connection" : "no answer to " + name, "", e);
        }
      }
      pause(timing.pauses().get(attempt));
    }
  }

  /** Waits for the whole of it: the client's own timeout ends with the headers. */
  private HttpResponse<String> answer(String name, HttpRequest request) throws IOException {
    CompletableFuture<HttpResponse<String>> answer =
        client.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofString(), LONGEST_ANSWER));
    try {
      return answer.get(timing.answer().toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException failed ? failed : new IOException(e.getCause());
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw new IOException(e);
    } catch (InterruptedException e) {
      answer.cancel(true);
      throw interrupted(name, e);
    }
  }

  private static MlflowException interrupted(String name, InterruptedException e) {
    Thread.currentThread().interrupt();
    return new MlflowException("given up at " + name, "", e);
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      throw interrupted("a pause", e);
    }
  }

  private static JsonObject object(String name, HttpResponse<String> answer) {
    JsonObject object = new JsonObject();
    boolean isObject = false;
    try {
      if (JsonParser.parseString(answer.body()) instanceof JsonObject parsed) {
        object = parsed;
        isObject = true;
      }
    } catch (JsonParseException e) {
      // Said below.
    }
    if (answer.statusCode() != OK) {
      String code = text(object.get("error_code"));
      String message = text(object.get("message")).replaceAll("\\s+", " ").strip();
      throw new MlflowException(
          String.format(
              Locale.ROOT,
              "%s was answered %d%s%s",
              name,
              answer.statusCode(),
              code.isEmpty() ? "" : " " + code,
              message.isEmpty() ? "" : ": " + shortened(message)),
          code,
          null);
    }
    if (!isObject) {
      throw unknown(name);
    }
    return object;
  }

  private static String shortened(String message) {
    String text = message.replaceFirst("\\.$", "");
    return text.length() <= LONGEST_MESSAGE ? text : text.substring(0, LONGEST_MESSAGE) + "...";
  }

  private static String text(JsonElement element) {
    return element instanceof JsonPrimitive primitive ? primitive.getAsString() : "";
  }

  /**
   * A text somewhere in an answer.
   *
   * @param name what was asked for
   * @param path names from the outside inwards
   */
  static String text(String name, JsonObject answer, String... path) {
    JsonElement at = answer;
    for (String step : path) {
      at = at instanceof JsonObject object ? object.get(step) : null;
    }
    String text = text(at);
    if (text.isEmpty()) {
      throw unknown(name);
    }
    return text;
  }

  private static MlflowException unknown(String name) {
    return new MlflowException(name + " was not answered as MLflow does", "", null);
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
