// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A mirror on the loopback interface that can be made to misbehave. */
final class MirrorServer implements AutoCloseable {

  /** Answers one request. */
  interface Answer {
    void to(HttpExchange exchange, byte[] file) throws IOException, InterruptedException;
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Map<String, byte[]> files = new ConcurrentHashMap<>();
  private final Map<String, List<Answer>> answers = new ConcurrentHashMap<>();

  /** Path and Range header of each request, e.g. {@code /m/a.gz bytes=5-}. */
  final List<String> requests = new CopyOnWriteArrayList<>();

  MirrorServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/m/", this::handle);
    server.start();
    for (var file : IdxBytes.dataset().entrySet()) {
      files.put(file.getKey().gzipName(), IdxBytes.gzip(file.getValue()));
    }
  }

  URI mirror() {
    return URI.create(
        String.format(Locale.ROOT, "http://127.0.0.1:%d/m/", server.getAddress().getPort()));
  }

  URI url(IdxPart file) {
    return mirror().resolve(file.gzipName());
  }

  /** The bytes served under a file's name. */
  void serve(IdxPart file, byte[] bytes) {
    files.put(file.gzipName(), bytes);
  }

  byte[] served(IdxPart file) {
    return files.get(file.gzipName());
  }

  /** What the next requests for a file get, one each, before good answers. */
  void answer(IdxPart file, Answer... next) {
    answers.put(file.gzipName(), new CopyOnWriteArrayList<>(Arrays.asList(next)));
  }

  private void handle(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String range = exchange.getRequestHeaders().getFirst("Range");
    requests.add(range == null ? path : path + " " + range);
    String name = path.substring("/m/".length());
    List<Answer> next = answers.getOrDefault(name, List.of());
    Answer answer = next.isEmpty() ? MirrorServer::good : next.removeFirst();
    try (exchange) {
      answer.to(exchange, files.get(name));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The file, or the range of it that is asked for. */
  static void good(HttpExchange exchange, byte[] file) throws IOException {
    String range = exchange.getRequestHeaders().getFirst("Range");
    exchange.getResponseHeaders().set("ETag", "\"v1\"");
    if (range == null) {
      exchange.sendResponseHeaders(200, file.length);
      exchange.getResponseBody().write(file);
      return;
    }
    int from = Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
    exchange
        .getResponseHeaders()
        .set(
            "Content-Range",
            String.format(Locale.ROOT, "bytes %d-%d/%d", from, file.length - 1, file.length));
    exchange.sendResponseHeaders(206, file.length - from);
    exchange.getResponseBody().write(file, from, file.length - from);
  }

  /** The whole file even if a range is asked for. */
  static void withoutRanges(HttpExchange exchange, byte[] file) throws IOException {
    exchange.sendResponseHeaders(200, file.length);
    exchange.getResponseBody().write(file);
  }

  static Answer status(int status) {
    return (exchange, file) -> exchange.sendResponseHeaders(status, -1);
  }

  /** A complete header, then only so many bytes and a closed connection. */
  static Answer breakAfter(int bytes) {
    return (exchange, file) -> {
      exchange.getResponseHeaders().set("ETag", "\"v1\"");
      exchange.sendResponseHeaders(200, file.length);
      exchange.getResponseBody().write(file, 0, bytes);
      exchange.getResponseBody().flush();
    };
  }

  /** A complete header, so many bytes, then silence until the server is closed. */
  Answer stallAfter(int bytes) {
    return (exchange, file) -> {
      exchange.sendResponseHeaders(200, file.length);
      exchange.getResponseBody().write(file, 0, bytes);
      exchange.getResponseBody().flush();
      closing.await();
    };
  }

  /** A byte at a time, with a pause after each. */
  static Answer drip(Duration pause) {
    return (exchange, file) -> {
      exchange.sendResponseHeaders(200, file.length);
      for (byte next : file) {
        exchange.getResponseBody().write(next);
        exchange.getResponseBody().flush();
        Thread.sleep(pause);
      }
    };
  }

  /** Silence instead of an answer. */
  Answer silence() {
    return (exchange, file) -> closing.await();
  }

  @Override
  public void close() {
    closing.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
