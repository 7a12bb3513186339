// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.train.Checkpoint;
import io.github.cvaegpu.train.FolderHolder;
import io.github.cvaegpu.train.StopRequest;
import io.github.cvaegpu.train.TinyRun;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is answered to whom, byte by byte: a browser would not send most of these requests. */
class RunServerTest {
  @TempDir Path temp;
  private RunServer server;
  private String token;

  @BeforeEach
  void open() {
    server = opened(true);
    token = server.address().replaceFirst(".*#token=", "");
  }

  private RunServer opened(boolean mayStop) {
    return RunServer.open(
        new RunServer.Settings(temp, "127.0.0.1", OptionalInt.of(0), mayStop),
        RunServerTest::posterior);
  }

  private static Posterior posterior(Checkpoint checkpoint) {
    try (var accelerator = new CpuAccelerator(1);
        var model = checkpoint.model(accelerator)) {
      return Posterior.of(model, new TinyRun(Path.of("unused")).dataset.test());
    }
  }

  @AfterEach
  void close() {
    server.close();
  }

  /** Status line, headers and body, as they come. */
  private String ask(String line, String... headers) throws IOException {
    return ask(server, line, headers);
  }

  private static String ask(RunServer of, String line, String... headers) throws IOException {
    List<String> all = new ArrayList<>(List.of(line + " HTTP/1.1"));
    if (List.of(headers).stream().noneMatch(header -> header.startsWith("Host:"))) {
      all.add("Host: 127.0.0.1:" + of.port());
    }
    all.addAll(List.of(headers));
    all.addAll(List.of("Connection: close", "", ""));
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), of.port())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(String.join("\r\n", all).getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static int code(String answer) {
    return Integer.parseInt(answer.split(" ", 3)[1]);
  }

  /** Waits for the index to have read the runs. */
  private String idOfOnlyRun() throws Exception {
    try (var events = new Events("")) {
      return events
          .awaitPart("\"state\":\"", "\"reading\"")
          .replaceFirst("(?s).*\"id\":\"(\\w+)\".*", "$1");
    }
  }

  /** An open stream of events. */
  private final class Events implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader in;

    Events(String runs) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
      socket.setSoTimeout(20_000);
      String request =
          "GET /api/events?runs=%s HTTP/1.1\r\nHost: localhost:1\r\n\r\n".formatted(runs);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    /** The next line that has one thing and not the other. */
    String awaitPart(String part, String without) throws IOException {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      String line = in.readLine();
      while (!line.contains(part) || line.contains(without)) {
        // There is a line every now and then, whatever happens.
        assertTrue(System.nanoTime() < deadline, part);
        line = in.readLine();
      }
      return line;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @Test
  void thePageAndItsFilesAreThereAndLoadNothingElse() throws IOException {
    String page = ask("GET /");
    assertEquals(200, code(page), page);
    assertTrue(page.contains("default-src 'none'; script-src 'self'; style-src 'self'"), page);
    assertFalse(page.contains("unsafe-inline"));
    String headers = page.substring(0, page.indexOf("\r\n\r\n")).toLowerCase(Locale.ROOT);
    assertTrue(headers.contains("x-content-type-options: nosniff"), headers);
    assertTrue(headers.contains("referrer-policy: no-referrer"), headers);
    assertTrue(headers.contains("cache-control: no-store"), headers);
    var files = Pattern.compile("(?:src|href)=\"([^\"#]+)\"").matcher(page);
    int count = 0;
    while (files.find()) {
      assertEquals(200, code(ask("GET " + files.group(1))), files.group(1));
      count++;
    }
    assertTrue(count > 8, count + " files");
    assertFalse(page.matches("(?s).*(<script>|<style|style=|onclick=|https?://).*"), page);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "evil.example:8642",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "",
        "127.0.0.1@evil.example",
        "[::2]",
        "10.0.0.1",
        "localhost:port",
        "localhost evil"
      })
  void anotherHostsNameIsNotAnsweredTo(String host) throws IOException {
    for (String line :
        List.of("GET /", "GET /api/events", "POST /api/runs/0123456789abcdef/stop")) {
      String answer = ask(line, "Host: " + host);
      assertTrue(code(answer) == 403 || code(answer) == 400, answer);
      assertFalse(answer.contains("<html"), answer);
    }
  }

  /** With any port, as a tunnel's other end has another. */
  @ParameterizedTest
  @ValueSource(strings = {"localhost", "LOCALHOST:80", "127.0.0.1:9", "[::1]:8642"})
  void thisMachinesNamesAre(String host) throws IOException {
    assertEquals(200, code(ask("GET /", "Host: " + host)));
  }

  @Test
  void aRequestThatAnotherSiteCausedIsRefused() throws IOException {
    assertEquals(403, code(ask("GET /api/events", "Sec-Fetch-Site: cross-site")));
    assertEquals(403, code(ask("GET /api/events", "Sec-Fetch-Site: same-site")));
    // A link from elsewhere may lead to the page itself.
    assertEquals(200, code(ask("GET /", "Sec-Fetch-Site: cross-site")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/../../etc/passwd",
        "/assets/../serve.html",
        "/assets/%2e%2e/%2e%2e/pom.xml",
        "/assets/",
        "/assets//etc/passwd",
        "/api/runs/../../etc/passwd",
        "/api/runs/%2e%2e/tables",
        "/api/runs/0123456789abcdef/tables",
        "/api/runs/0123456789ABCDEF/tables",
        "/api/runs",
        "/api/runs/0123456789abcdef/..%2frun.json",
        "/run.json",
        "/run/run.json",
        "/index.html"
      })
  void noPathLeadsToAFile(String path) throws IOException {
    new TinyRun(temp.resolve("run")).until(1);
    assertEquals(404, code(ask("GET " + path)), path);
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"})
  void nothingButGetIsForReading(String method) throws IOException {
    assertEquals(405, code(ask(method + " /")));
    assertEquals(405, code(ask(method + " /api/events")));
    assertEquals(405, code(ask("GET /api/runs/0123456789abcdef/stop")));
  }

  @Test
  void aHeadHasNoBody() throws IOException {
    String answer = ask("HEAD /");
    assertEquals(200, code(answer));
    assertTrue(answer.endsWith("\r\n\r\n"), answer);
    assertFalse(answer.contains("<html"), answer);
  }

  @Test
  void eventsHaveRowsAndTheCurvesThatAreAskedFor() throws Exception {
    Path folder = temp.resolve("run");
    new TinyRun(folder).until(6);
    String id = idOfOnlyRun();
    try (var events = new Events(id + ",ffffffffffffffff")) {
      assertTrue(events.awaitPart("may_stop", "unlike").contains("\"may_stop\":true"));
      String row = events.awaitPart("\"rows\":[{", "\"reading\"");
      assertTrue(row.contains("\"name\":\"run\"") && row.contains("\"state\":\"stopped\""), row);
      String curves = events.awaitPart("\"bucket\":1", "unlike");
      assertTrue(curves.contains("\"length\":6,\"from\":0"), curves);
      // What is new alone, and to the page that is open.
      Files.writeString(
          folder.resolve("metrics.csv"), "7,2,1.0,1.0,1.0\n", StandardOpenOption.APPEND);
      curves = events.awaitPart("\"bucket\":1", "unlike");
      assertTrue(curves.contains("\"length\":7,\"from\":6"), curves);
    }
  }

  @Test
  void aRunsTablesAndModelAreMadeForThePage() throws Exception {
    new TinyRun(temp.resolve("<b>run")).toTheEnd();
    String id = idOfOnlyRun();
    String tables = ask("GET /api/runs/" + id + "/tables");
    assertEquals(200, code(tables), tables);
    assertTrue(tables.contains("All settings and figures"), tables);
    assertTrue(tables.contains("&lt;b&gt;run") && !tables.contains("<b>run"), tables);
    String model = ask("GET /api/runs/" + id + "/model");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (code(model) == 202 && System.nanoTime() < deadline) {
      Thread.sleep(50);
      model = ask("GET /api/runs/" + id + "/model");
    }
    assertEquals(200, code(model), model);
    assertTrue(model.contains("\"step\":15") && model.contains("\"has_data\":true"), model);
    assertTrue(ask("GET /api/runs/" + id + "/explorer").contains("\"label_colours\""));
    assertEquals(
        model.contains("\"has_pictures\":true") ? 200 : 404,
        code(ask("GET /api/runs/" + id + "/picture?theme=dark&step=15")));
  }

  @Test
  void aModelThatCannotBeShownIsASentence() throws Exception {
    new TinyRun(temp.resolve("run")).until(1);
    Files.write(temp.resolve("run/checkpoint.safetensors"), new byte[100]);
    String id = idOfOnlyRun();
    String model = ask("GET /api/runs/" + id + "/model");
    while (code(model) == 202) {
      Thread.sleep(50);
      model = ask("GET /api/runs/" + id + "/model");
    }
    assertEquals(409, code(model), model);
    assertTrue(model.stripTrailing().endsWith("."), model);
  }

  private String[] stopHeaders(String origin, String given) {
    return new String[] {"Origin: " + origin, Access.TOKEN + ": " + given, "Content-Length: 0"};
  }

  @Test
  void aRunIsStoppedByWhoKnowsTheTokenAlone() throws Exception {
    Path folder = temp.resolve("run");
    var run = new TinyRun(folder);
    run.until(5);
    run.asIfKilled();
    String own = "http://127.0.0.1:" + server.port();
    try (var holder = new FolderHolder(folder)) {
      assertTrue(holder.isAlive());
      String stop = "POST /api/runs/" + idOfOnlyRun() + "/stop";
      assertEquals(403, code(ask(stop, "Content-Length: 0")));
      assertEquals(403, code(ask(stop, stopHeaders(own, "0".repeat(64)))));
      assertEquals(403, code(ask(stop, stopHeaders(own, ""))));
      assertEquals(403, code(ask(stop, stopHeaders("http://evil.example", token))));
      assertEquals(403, code(ask(stop, Access.TOKEN + ": " + token, "Content-Length: 0")));
      assertFalse(StopRequest.isMade(folder));
      assertEquals(202, code(ask(stop, stopHeaders(own, token))));
      assertTrue(StopRequest.isMade(folder));
      try (RunServer other = opened(false)) {
        assertFalse(other.address().contains("token"));
        assertEquals(
            404, code(ask(other, "POST /api/runs/0123456789abcdef/stop", "Content-Length: 0")));
      }
    }
    String answer = ask("POST /api/runs/" + idOfOnlyRun() + "/stop", stopHeaders(own, token));
    assertEquals(409, code(answer), answer);
  }

  @Test
  void withoutAllowStopNobodyStopsARun() throws Exception {
    Path folder = temp.resolve("run");
    new TinyRun(folder).until(5);
    String stop = "POST /api/runs/" + idOfOnlyRun() + "/stop";
    server.close();
    server = opened(false);
    idOfOnlyRun();
    String own = "http://127.0.0.1:" + server.port();
    assertEquals(403, code(ask(stop, stopHeaders(own, token))));
    assertFalse(StopRequest.isMade(folder));
  }

  @Test
  void tokensDiffer() {
    assertEquals(64, token.length());
    assertFalse(Access.newToken().equals(token));
  }

  @Test
  void aPortThatIsTakenIsRefusedOrTheNextOneTaken() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      var settings = new RunServer.Settings(temp, "127.0.0.1", OptionalInt.of(port), false);
      String message =
          assertThrows(
                  InputException.class, () -> RunServer.open(settings, RunServerTest::posterior))
              .getMessage();
      assertTrue(
          message.startsWith("Port " + port + " of 127.0.0.1 cannot be listened to ("), message);
      assertTrue(message.endsWith("name another with --port, or 0 for any that is free."), message);
    }
    var any = new RunServer.Settings(temp, "127.0.0.1", OptionalInt.empty(), false);
    try (RunServer first = RunServer.open(any, RunServerTest::posterior);
        RunServer second = RunServer.open(any, RunServerTest::posterior)) {
      assertTrue(first.port() >= RunServer.PORT);
      assertTrue(second.port() > first.port());
    }
  }
}
