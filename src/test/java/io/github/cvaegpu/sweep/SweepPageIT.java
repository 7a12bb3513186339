// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.sweep.MadeUpSweep.Figures;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.Select;

/** A sweep's page in a real Chromium, where the machine has one. */
@Isolated("It looks at the clock")
class SweepPageIT {
  private static final Path SCREENSHOTS = Path.of("target", "screenshots");

  @TempDir static Path temp;
  private static ChromeDriver browser;

  @BeforeAll
  static void open() throws IOException {
    Optional<Path> driver = onPath("chromedriver");
    Optional<Path> chromium = onPath("chromium").or(() -> onPath("google-chrome"));
    assumeTrue(
        driver.isPresent() && chromium.isPresent(),
        "this machine has no Chromium and chromedriver on its PATH");
    var small = new MadeUpSweep(temp.resolve("small"), MadeUpSweep.grid(2, "name=a,b", "kl=2,4,8"));
    small.putAll(SweepPageIT::held);
    small.put(3, Figures.ended(ExitReason.DIVERGED, "The loss was NaN."));
    small.read().write(Measure.ELBO);
    var large =
        new MadeUpSweep(
            temp.resolve("large"),
            MadeUpSweep.grid(
                5, "kl=1,2,3,4,5,6,7,8,9,10", "lr=0.1,0.01,0.001,0.0001,0.00001", "name=a,b"));
    large.putAll(SweepPageIT::held);
    large.read().write(Measure.ELBO);
    var options = new ChromeOptions();
    options.setBinary(chromium.get().toFile());
    options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars");
    var logging = new LoggingPreferences();
    logging.enable(LogType.BROWSER, Level.ALL);
    options.setCapability(ChromeOptions.LOGGING_PREFS, logging);
    browser =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(driver.get().toFile())
                .usingAnyFreePort()
                .build(),
            options);
    Files.createDirectories(SCREENSHOTS);
  }

  private static Figures held(SweepPoint point) {
    double kl = MadeUpSweep.number(point, "kl");
    double name = point.values().get("name").equals("a") ? 0 : 4;
    Figures figures =
        Figures.of(
            80 + name + 60 * Math.exp(-0.3 * kl) + 0.3 * point.seed(), kl + 0.02 * point.seed());
    figures.beta = 18 * Math.exp(-0.3 * kl);
    figures.setPoint = kl;
    return figures;
  }

  private static Optional<Path> onPath(String program) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  @AfterAll
  static void close() {
    if (browser != null) {
      browser.quit();
    }
  }

  @BeforeEach
  void load() {
    load("small", 1280, 3200);
  }

  private static void load(String sweep, int width, int height) {
    browser.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500));
    browser.get(temp.resolve(sweep).resolve("report.html").toUri().toString());
  }

  private static Object run(String script, Object... arguments) {
    return browser.executeScript(script, arguments);
  }

  private static void screenshot(String name) throws IOException {
    Files.write(SCREENSHOTS.resolve(name + ".png"), browser.getScreenshotAs(OutputType.BYTES));
  }

  private static List<String> errors() {
    return browser.manage().logs().get(LogType.BROWSER).getAll().stream()
        .filter(entry -> entry.getLevel().equals(Level.SEVERE))
        .map(entry -> entry.getMessage())
        .toList();
  }

  /** Texts of a column of the runs that are shown. */
  private static List<?> column(int column) {
    return (List<?>)
        run(
            "return [...document.querySelectorAll('#runs tbody tr:not([hidden])')].map((row) =>"
                + " row.cells[arguments[0]].textContent)",
            column);
  }

  private static WebElement header(String name) {
    return browser.findElements(By.cssSelector("#runs th button")).stream()
        .filter(button -> button.getText().startsWith(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void thePageIsDrawnLightDarkAndNarrow() throws IOException {
    assertEquals(List.of(), errors());
    for (String canvas : List.of("parallel", "scatter")) {
      assertEquals(
          true,
          run(
              "const c = document.getElementById(arguments[0]); return c.clientWidth > 800 &&"
                  + " c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v >"
                  + " 0)",
              canvas),
          canvas);
    }
    screenshot("sweep");
    browser.findElement(By.id("theme")).click();
    screenshot("sweep-dark");
    load("small", 390, 4200);
    assertEquals(true, run("return document.documentElement.scrollWidth <= window.innerWidth"));
    screenshot("sweep-narrow");
    assertEquals(List.of(), errors());
  }

  @Test
  void aHeaderSorts() {
    WebElement seed = header("test RL");
    seed.click();
    List<?> falling = column(7);
    // The largest first, and a run without the figure last.
    assertEquals("-", falling.getLast());
    assertTrue(
        Double.parseDouble((String) falling.get(0)) > Double.parseDouble((String) falling.get(5)));
    seed.click();
    assertEquals(falling.get(0), column(7).get(10));
    assertEquals("-", column(7).getLast());
    header("name").click();
    assertEquals("a", column(1).getFirst());
    header("name").click();
    assertEquals("b", column(1).getFirst());
    assertEquals(List.of(), errors());
  }

  @Test
  void wordsFilter() {
    WebElement box = browser.findElement(By.id("filter"));
    box.sendKeys("diverged");
    assertEquals(List.of("3"), column(0));
    assertEquals("1 of 12", browser.findElement(By.id("count")).getText());
    browser.findElement(By.id("all")).click();
    assertEquals(12, column(0).size());
  }

  /** From the top of the axis of kl to its middle: those of 8 alone. */
  @Test
  void aPartOfAnAxisIsKept() {
    WebElement canvas = browser.findElement(By.id("parallel"));
    int axes = ((Number) run("return document.getElementById('colour').length")).intValue();
    int width = canvas.getSize().getWidth();
    int height = canvas.getSize().getHeight();
    int x = 46 + (width - 92) / (axes - 1);
    new Actions(browser)
        .moveToElement(canvas, x - width / 2, 46 - height / 2)
        .clickAndHold()
        .moveByOffset(0, (height - 66) / 2 - 10)
        .release()
        .perform();
    assertEquals(List.of("8", "8", "8", "8"), column(2));
    // A click lets it go.
    new Actions(browser).moveToElement(canvas, x - width / 2, 0).click().perform();
    assertEquals(12, column(2).size());
    assertEquals(List.of(), errors());
  }

  @Test
  void keysGoFromRunToRun() {
    WebElement canvas = browser.findElement(By.id("parallel"));
    canvas.sendKeys(Keys.ARROW_RIGHT);
    assertTrue(
        browser
            .findElement(By.id("run"))
            .getText()
            .startsWith("name=a_kl=2_seed=0: name a, kl 2, "));
    canvas.sendKeys(Keys.ARROW_LEFT);
    assertTrue(browser.findElement(By.id("run")).getText().startsWith("name=b_kl=8_seed=1: "));
    assertEquals(11L, run("return page.points.here()"));
  }

  @Test
  void axesAreChosen() {
    new Select(browser.findElement(By.id("up"))).selectByVisibleText("KL error");
    new Select(browser.findElement(By.id("colour"))).selectByVisibleText("kl");
    assertEquals(List.of(), errors());
    String drawn = "const c = document.getElementById('scatter'); return c.toDataURL()";
    Object before = run(drawn);
    new Select(browser.findElement(By.id("across"))).selectByVisibleText("name");
    assertFalse(before.equals(run(drawn)));
  }

  @Test
  void hundredsOfRunsAreSmooth() throws IOException {
    load("large", 1280, 3600);
    assertEquals(500, column(0).size());
    double millis =
        ((Number)
                run(
                    "const start = performance.now(); for (let i = 0; i < 20; i++)"
                        + " page.points.draw(); return (performance.now() - start) / 20"))
            .doubleValue();
    double sorting =
        ((Number)
                run(
                    "const start = performance.now();"
                        + " document.querySelectorAll('#runs th button')[7].click();"
                        + " return performance.now() - start"))
            .doubleValue();
    System.out.printf(
        Locale.ROOT, "500 runs: a picture in %.0f ms, sorted in %.0f ms%n", millis, sorting);
    screenshot("sweep-large");
    // Far above what an idle machine takes: it is for what grows with the square of the runs.
    assertTrue(millis < 1000, millis + " ms a picture");
    assertTrue(sorting < 5000, sorting + " ms to sort");
    assertEquals(List.of(), errors());
  }
}
