// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.Browser;
import io.github.cvaegpu.launcher.RunningProcess;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.openqa.selenium.By;
import org.openqa.selenium.chrome.ChromeDriver;

/** The page in a real Chromium, beside real trainings in processes of their own. */
@Isolated("It looks at the clock")
class ServeIT {
  private static final int PATIENCE_SECONDS = 120;

  /** What 200 epochs of MNIST are in batches of 128. */
  private static final int STEPS = 93_800;

  private static final int SPIKE = 80_001;

  private static final int RUNS = 500;

  /** A tenth is what a quiet machine is to take. */
  private static final double MOST_MILLIS = 10_000;

  /** The whole curves of all that are shown would come to more. */
  private static final long MOST_BYTES = 32_000_000;

  @TempDir private Path temp;
  private final List<RunningProcess> started = new ArrayList<>();
  private JarProcess jar;
  private ChromeDriver browser;

  @BeforeEach
  void open() throws IOException {
    browser = Browser.open();
    Browser.size(browser, 1280, 1300);
    jar = new JarProcess(temp);
    Files.createDirectories(temp.resolve("runs"));
  }

  @AfterEach
  void close() throws InterruptedException {
    if (browser != null) {
      browser.quit();
    }
    for (RunningProcess process : started) {
      kill(process);
    }
  }

  /** As {@code kill -9} of all that was started. */
  private static void kill(RunningProcess process) throws InterruptedException {
    process.process().descendants().forEach(ProcessHandle::destroyForcibly);
    process.process().destroyForcibly();
    process.process().waitFor();
  }

  private RunningProcess start(String... words) throws IOException {
    return start(Map.of(), words);
  }

  private RunningProcess start(Map<String, String> environment, String... words)
      throws IOException {
    ProcessBuilder builder = jar.builder(List.of(words));
    builder.environment().putAll(environment);
    var process = new RunningProcess(builder);
    started.add(process);
    return process;
  }

  private RunningProcess train(String name, String... more) throws IOException {
    return train(Map.of(), name, more);
  }

  private RunningProcess train(Map<String, String> environment, String name, String... more)
      throws IOException {
    List<String> words = new ArrayList<>(List.of("train", "--data", "synthetic", "--hidden", "32"));
    words.addAll(List.of("--out", "runs/" + name, "--engine", "cpu", "--threads", "1"));
    words.addAll(List.of("--checkpoint-every", "100steps", "--quiet"));
    words.addAll(List.of(more));
    return start(environment, words.toArray(String[]::new));
  }

  private String serve(String... more) throws Exception {
    List<String> words = new ArrayList<>(List.of("serve", "runs", "--port", "0"));
    words.addAll(List.of(more));
    RunningProcess server = start(words.toArray(String[]::new));
    server.out().awaitPart("\n");
    return server.out().text().strip().replaceFirst(".*http:", "http:");
  }

  private Object run(String script, Object... arguments) {
    return browser.executeScript(script, arguments);
  }

  /** Waits until a script gives true. */
  private void await(String script, Object... arguments) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!Boolean.TRUE.equals(run(script, arguments))) {
      assertTrue(
          System.nanoTime() < deadline,
          () -> script + ": " + run("return document.body.innerText") + Browser.errors(browser));
      Thread.sleep(100);
    }
  }

  private void awaitState(String name, String state) throws InterruptedException {
    await(
        "return [...document.querySelectorAll('#runs tbody tr')].some((line) =>"
            + " line.querySelector('th').textContent === arguments[0] &&"
            + " line.querySelector('.state').textContent === arguments[1])",
        name,
        state);
  }

  /** Points of a run's curve that are drawn. */
  private long drawn() {
    return (Long)
        run(
            "return page.charts ? page.charts.charts[0].u.data[1].filter((v) => v !== null).length"
                + " : 0");
  }

  @Test
  void aCurveGrowsAndARunThatDiesIsShownAsSuch() throws Exception {
    browser.get(serve());
    await(
        "return document.getElementById('none').textContent.startsWith('There is no run here"
            + " yet')");
    RunningProcess training = train("live", "--epochs", "2000");
    awaitState("live", "training");
    // Nothing was chosen: what trains is shown.
    await("return page.charts !== null");
    awaitGrowth(0);
    long before = drawn();
    // A point of many steps lies in their middle, which may be between two.
    long steps = ((Number) run("return Math.max(...page.charts.charts[0].u.data[0])")).longValue();
    awaitGrowth(steps);
    assertTrue(drawn() > before || before > 500, before + " points, then " + drawn());
    assertEquals(List.of(9.97), run("return page.charts.setPoints().map((level) => level.value)"));
    assertEquals(List.of(), Browser.errors(browser));
    Browser.screenshot(browser, "serve-training");
    kill(training);
    awaitState("live", "died");
    browser.findElement(By.linkText("live")).click();
    String says = browser.findElement(By.id("says")).getText();
    assertTrue(says.startsWith("No process is at work, and none has said why"), says);
    await("return page.explorer !== null");
    assertEquals(List.of(), Browser.errors(browser));
    Browser.screenshot(browser, "serve-died");
    Browser.scheme(browser, "dark");
    Browser.size(browser, 360, 1500);
    assertTrue((Long) run("return document.documentElement.scrollWidth") <= 360);
    Browser.screenshot(browser, "serve-phone");
    browser.findElement(By.linkText("All runs")).click();
    assertTrue((Long) run("return document.documentElement.scrollWidth") <= 360);
    assertEquals(List.of(), Browser.errors(browser));
  }

  private void awaitGrowth(long steps) throws InterruptedException {
    await(
        "return page.charts.charts[0].u.data[0].length > 2 &&"
            + " Math.max(...page.charts.charts[0].u.data[0]) > arguments[0]",
        Math.max(steps, 10));
  }

  @Test
  void aRunIsStoppedFromThePageAndCanGoOn() throws Exception {
    RunningProcess training = train("stopped", "--epochs", "2000");
    browser.get(serve("--allow-stop"));
    assertFalse(browser.getCurrentUrl().contains("token"), browser.getCurrentUrl());
    awaitState("stopped", "training");
    browser.findElement(By.linkText("stopped")).click();
    browser.findElement(By.id("stop")).click();
    browser.switchTo().alert().accept();
    RunningProcess.Result result = training.await();
    assertEquals(130, result.code(), result.errors());
    await("return document.querySelector('#standing .state').textContent === 'stopped'");
    assertFalse(browser.findElement(By.id("stop")).isDisplayed());
    assertEquals(List.of(), Browser.errors(browser));
    assertFalse(Files.exists(temp.resolve("runs/stopped/.stop")));
    RunningProcess.Result resumed =
        jar.run("train", "--resume", "--out", "runs/stopped", "--epochs", "2000", "--kl", "3");
    assertTrue(resumed.errors().contains("--kl"), resumed.errors());
  }

  @Test
  void trainServesAPageForAsLongAsItTrains() throws Exception {
    // Of which every JVM has something to say before all else.
    RunningProcess training =
        train(Map.of("JAVA_TOOL_OPTIONS", "-Dx=1"), "own", "--epochs", "2000", "--serve");
    training.err().awaitPart("Page of this run: http://127.0.0.1:");
    String address = training.err().text().replaceFirst("(?s).*Page of this run: (\\S+).*", "$1");
    browser.get(address);
    awaitState("own", "training");
    awaitGrowth(50);
    // The training's locks are where they were: nobody else can train there.
    RunningProcess.Result other = jar.run("train", "--resume", "--out", "runs/own");
    assertEquals("Another process is training in runs/own.\n", other.errors());
    assertEquals(List.of(), Browser.errors(browser));
    training.process().destroy();
    assertEquals(130, training.await().code());
    HttpRequest request = HttpRequest.newBuilder(URI.create(address)).build();
    try (HttpClient client =
        HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build()) {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (isThere(client, request) && System.nanoTime() < deadline) {
        Thread.sleep(100);
      }
      assertThrows(
          ConnectException.class,
          () -> client.send(request, HttpResponse.BodyHandlers.discarding()));
    }
  }

  private static boolean isThere(HttpClient client, HttpRequest request)
      throws InterruptedException {
    try {
      client.send(request, HttpResponse.BodyHandlers.discarding());
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * In a heap of 256 MB, as train --serve has it; the files of a run that is complete and of one
   * that was killed, 500 in all. Of a killed one the figures are at the end of its log.
   */
  @Test
  void fiveHundredLongRunsAreShown() throws Exception {
    Path first = temp.resolve("runs/first");
    Path killed = temp.resolve("runs/killed");
    assertEquals(0, train("first", "--epochs", "1").await().code());
    RunningProcess training = train("killed", "--epochs", "2000");
    awaitFile(killed.resolve("checkpoint.safetensors"));
    kill(training);
    writeLog(first.resolve("metrics.csv"));
    Files.delete(killed.resolve("metrics.csv"));
    Files.createLink(killed.resolve("metrics.csv"), first.resolve("metrics.csv"));
    for (int i = 1; i <= RUNS - 2; i++) {
      Path folder =
          Files.createDirectories(temp.resolve(String.format(Locale.ROOT, "runs/sweep/%03d", i)));
      Path like = i % 2 == 0 ? killed : first;
      Files.copy(like.resolve("run.json"), folder.resolve("run.json"));
      Files.createLink(folder.resolve("metrics.csv"), first.resolve("metrics.csv"));
    }
    RunningProcess server =
        start(Map.of("CVAE_GPU_JAVA_OPTS", "-Xmx256m"), "serve", "runs", "--port", "0");
    server.out().awaitPart("\n");
    clockRows();
    browser.get(server.out().text().strip().replaceFirst(".*http:", "http:"));
    await("return document.querySelectorAll('#runs tbody tr').length === 500");
    await("return document.querySelectorAll('#runs .state.reading').length === 0");
    await("return clock.read !== undefined");
    double painted = ((Number) run("return clock.painted")).doubleValue();
    double read = ((Number) run("return clock.read")).doubleValue();
    assertTrue(painted < MOST_MILLIS, "the first row is painted after " + painted + " ms");
    assertEquals(
        RUNS / 2L,
        run(
            "return [...document.querySelectorAll('#runs tbody tr')].filter((line) =>"
                + " line.querySelector('.state').textContent === 'died' &&"
                + " line.querySelector('[data-of=steps]').textContent.startsWith('93,800 of ') &&"
                + " line.querySelector('[data-of=RL]').textContent === '150.00').length"));
    run(
        "document.getElementById('filter').value = 'sweep/00';"
            + "document.getElementById('filter').dispatchEvent(new Event('input'))");
    assertEquals("9 of 500 runs", browser.findElement(By.id("count")).getText());
    run(
        "document.getElementById('filter').value ="
            + " '';document.getElementById('filter').dispatchEvent(new Event('input'));"
            + "document.getElementById('unchoose').click();[...document.querySelectorAll('#runs"
            + " tbody input')].slice(0, 30).forEach((b) => b.click())");
    assertEquals(24L, run("return document.querySelectorAll('#runs tbody input:checked').length"));
    await(
        "return page.live.curves.size === 24 && [...page.live.curves.values()].every((curves) =>"
            + " curves.rl.length === arguments[0])",
        STEPS);
    // A spike of one step is on the chart, in the mean of a hundred.
    double most =
        ((Number)
                run("return Math.max(...[...page.live.curves.values()][7].rl.largest.slice(800))"))
            .doubleValue();
    assertEquals(150 + 5000 / 100.0, most, 0.01);
    long used = used(server);
    assertTrue(used < MOST_BYTES, used + " bytes of the heap are used");
    System.out.printf(
        Locale.ROOT,
        "%d runs: first row painted after %.0f ms, all read after %.0f ms; heap used %.1f MB%n",
        RUNS,
        painted,
        read,
        used / 1e6);
    assertEquals(List.of(), Browser.errors(browser));
    assertEquals("", server.err().text());
    Browser.screenshot(browser, "serve-many");
  }

  /**
   * Has the next page note, in milliseconds since its navigation has begun, when its first row was
   * painted, and when the last one that was being read.
   */
  private void clockRows() {
    browser.executeCdpCommand(
        "Page.addScriptToEvaluateOnNewDocument",
        Map.of(
            "source",
            """
            const clock = {};
            (function look() {
              requestAnimationFrame(() => {
                const rows = document.querySelectorAll('#runs tbody tr').length;
                const reading = document.querySelectorAll('#runs .state.reading').length;
                // What is there now is painted before a task that is put off.
                setTimeout(() => {
                  if (rows > 0 && !clock.painted) {
                    clock.painted = performance.now();
                  }
                  if (rows > 0 && reading === 0) {
                    clock.read = performance.now();
                  } else {
                    look();
                  }
                });
              });
            })();
            """));
  }

  private static void awaitFile(Path file) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!Files.exists(file)) {
      assertTrue(System.nanoTime() < deadline, () -> "there is no " + file);
      Thread.sleep(20);
    }
  }

  /** Bytes of what is in use of a JVM's heap, once what is not has been collected. */
  private static long used(RunningProcess launcher) throws IOException, InterruptedException {
    ProcessHandle jvm = launcher.process().descendants().findFirst().orElseThrow();
    var histogram =
        new RunningProcess(
                new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                    Long.toString(jvm.pid()),
                    "GC.class_histogram"))
            .await();
    assertEquals(0, histogram.code(), histogram.errors());
    String total = histogram.lines().getLast();
    assertTrue(total.startsWith("Total "), total);
    return Long.parseLong(total.replaceFirst(".* ", ""));
  }

  /** 93,800 steps, with one spike late. */
  private static void writeLog(Path file) throws IOException {
    var log = new StringBuilder("step,epoch,rl,kl,beta\n");
    for (int step = 1; step <= STEPS; step++) {
      float rl = step == SPIKE ? 150 + 5000 : 150;
      log.append(step).append(',').append(1 + (step - 1) / 469).append(',');
      log.append(rl).append(",10.0,0.5\n");
    }
    Files.writeString(file, log);
  }
}
