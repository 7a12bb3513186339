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
    RunningProcess process = jar.start(List.of(words));
    started.add(process);
    return process;
  }

  private RunningProcess train(String name, String... more) throws IOException {
    List<String> words = new ArrayList<>(List.of("train", "--data", "synthetic", "--hidden", "32"));
    words.addAll(List.of("--out", "runs/" + name, "--engine", "cpu", "--threads", "1"));
    words.addAll(List.of("--checkpoint-every", "100steps", "--quiet"));
    words.addAll(List.of(more));
    return start(words.toArray(String[]::new));
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
    long steps = (Long) run("return Math.max(...page.charts.charts[0].u.data[0])");
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
    RunningProcess training = train("own", "--epochs", "2000", "--serve");
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

  /** In a heap of 256 MB, as train --serve has it; the files of a finished run, 500 times. */
  @Test
  void fiveHundredLongRunsAreShown() throws Exception {
    assertEquals(0, train("first", "--epochs", "1").await().code());
    Path first = temp.resolve("runs/first");
    writeLog(first.resolve("metrics.csv"));
    for (int i = 1; i < 500; i++) {
      Path folder =
          Files.createDirectories(temp.resolve(String.format(Locale.ROOT, "runs/sweep/%03d", i)));
      Files.copy(first.resolve("run.json"), folder.resolve("run.json"));
      Files.createLink(folder.resolve("metrics.csv"), first.resolve("metrics.csv"));
    }
    var builder = jar.builder(List.of("serve", "runs", "--port", "0"));
    builder.environment().put("CVAE_GPU_JAVA_OPTS", "-Xmx256m");
    var server = new RunningProcess(builder);
    started.add(server);
    server.out().awaitPart("\n");
    browser.get(server.out().text().strip().replaceFirst(".*http:", "http:"));
    await("return document.querySelectorAll('#runs tbody tr').length === 500");
    await("return document.querySelectorAll('#runs .state.reading').length === 0");
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
    assertEquals(List.of(), Browser.errors(browser));
    assertEquals("", server.err().text());
    Browser.screenshot(browser, "serve-many");
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
