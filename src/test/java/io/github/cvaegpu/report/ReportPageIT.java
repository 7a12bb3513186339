// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.Browser;
import io.github.cvaegpu.engine.RateSchedule;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.Decoder;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.report.Block.Picture;
import io.github.cvaegpu.report.HtmlReport.Section;
import io.github.cvaegpu.report.HtmlReport.Subject;
import io.github.cvaegpu.train.Checkpoint;
import io.github.cvaegpu.train.Patience;
import io.github.cvaegpu.train.Plans;
import io.github.cvaegpu.train.TrainingPlan;
import io.github.cvaegpu.train.Validation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.support.ui.Select;

/** The page in a real Chromium, where the machine has one: Debian's chromium, chromium-driver. */
@Isolated("It looks at the clock")
class ReportPageIT {
  @TempDir static Path temp;
  private static ChromeDriver browser;
  private static Subject control;
  private static String address;

  @BeforeAll
  static void open() throws IOException {
    browser = Browser.open();
    control = TinyRuns.train(temp.resolve("one/run"), TinyRuns.CONTROL, 2);
    Subject beta = TinyRuns.train(temp.resolve("two/run"), TinyRuns.BETA, 3);
    Subject third = TinyRuns.train(temp.resolve("third"), TinyRuns.BETA, 2);
    Path file = temp.resolve("report.html");
    List<Subject> subjects = List.of(control, beta, third);
    new HtmlReport(
            subjects,
            Fonts.problem().isPresent()
                ? List.of()
                : List.of(
                    new Section(
                        "Pictures",
                        RunPictures.of(subjects, 10).stream().<Block>map(Picture::of).toList())))
        .write(file);
    address = file.toUri().toString();
  }

  @AfterAll
  static void close() {
    if (browser != null) {
      browser.quit();
    }
  }

  @BeforeEach
  void load() {
    size(1280, 1600);
    browser.get(address);
  }

  /** Of the page itself, whatever the window's frame. */
  private static void size(int width, int height) {
    Browser.size(browser, width, height);
  }

  private static Object run(String script, Object... arguments) {
    return browser.executeScript(script, arguments);
  }

  private static void screenshot(String name) throws IOException {
    Browser.screenshot(browser, name);
  }

  private static List<String> errors() {
    return Browser.errors(browser);
  }

  @Test
  void thereIsNoErrorOnTheConsole() throws IOException {
    assertEquals(List.of(), errors());
    screenshot("report");
  }

  /** Beside a run that has neither. */
  @Test
  void validationImagesAndTheLearningRateAreDrawn() throws IOException {
    var validation = new Validation(0.2, new Patience(9, Patience.Measure.ELBO));
    TrainingPlan plan =
        Plans.of(TinyRuns.BETA, 8, 8, 1e-3, 2, List.of(20), 5)
            .withValidation(validation)
            .withRates(new RateSchedule.Cosine(20, 0, 8));
    Subject validated = TinyRuns.train(temp.resolve("validated"), plan);
    Path page = temp.resolve("validated.html");
    new HtmlReport(List.of(control, validated), List.of()).write(page);
    browser.get(page.toUri().toString());
    assertEquals(List.of(), errors());
    assertEquals(
        "Learning rate", run("return document.querySelector('[data-what=rate] h3').textContent"));
    String runs = "const runs = JSON.parse(document.getElementById('data').textContent).runs;";
    for (String what : List.of("rl", "kl", "elbo")) {
      List<?> drawn =
          (List<?>) run(runs + "return page.charts.validated(runs[1], arguments[0])", what);
      assertEquals(8, drawn.size(), what);
    }
    for (String what : List.of("beta", "rate")) {
      assertEquals(
          List.of(), run(runs + "return page.charts.validated(runs[1], arguments[0])", what));
    }
    assertEquals(List.of(), run(runs + "return page.charts.validated(runs[0], 'rl')"));
    // 240 images in batches of 8: a whole epoch after the rise the rate is on its way down.
    List<?> rates = (List<?>) run("return page.charts.charts[4].u.data[2].filter(v => v !== null)");
    double most = rates.stream().mapToDouble(v -> ((Number) v).doubleValue()).max().orElseThrow();
    assertEquals(1e-3, most, 1e-7);
    assertTrue(((Number) rates.getLast()).doubleValue() < 1e-5);
    assertEquals(0L, run("return page.charts.charts[4].u.data[1].filter(v => v !== null).length"));
    // The line below a chart has both figures of the run.
    new Actions(browser)
        .moveToElement(browser.findElement(By.cssSelector("[data-what=elbo] .plot")))
        .perform();
    String text = browser.findElement(By.cssSelector("[data-what=elbo] .value")).getText();
    assertTrue(text.matches("step \\d+: .* -?[\\d.]+ \\(validation -[\\d.]+\\)"), text);
    assertEquals(List.of(), errors());
    screenshot("report-validation");
  }

  private static List<String> texts(String selector) {
    return browser.findElements(By.cssSelector(selector)).stream()
        .map(WebElement::getText)
        .toList();
  }

  /** Both folders are called run: their names are as long as it takes to tell them apart. */
  @Test
  void theTitleNamesTheRuns() {
    assertEquals("one/run, two/run and third", browser.getTitle());
    assertEquals(List.of("one/run, two/run and third"), texts("h1"));
    assertEquals(List.of("one/run", "two/run", "third"), texts(".what tbody th"));
    assertEquals(List.of("one/run", "two/run", "third"), texts(".bar label:has([data-run])"));
    assertEquals(List.of("one/run", "two/run", "third"), texts("#model option"));
  }

  @Test
  void thePageGoesFromWhatTheRunsAreToTheRest() {
    List<String> headings = new ArrayList<>(texts("h2"));
    assertEquals(Fonts.problem().isEmpty(), headings.remove("Pictures"));
    assertEquals(
        List.of(
            "What the runs are",
            "Final figures",
            "Curves",
            "Latent space",
            "All settings and figures",
            "Sessions and machines"),
        headings);
  }

  @Test
  void theSetPointIsDrawnOnTheKlChartAlone() {
    assertEquals(List.of(9.97), run("return page.charts.setPoints().map((level) => level.value)"));
    // Within the range, however far from the curves.
    assertEquals(
        true,
        run("const y = page.charts.charts[1].u.scales.y; return y.min < 9.97 && 9.97 < y.max"));
    String dashes =
        "const u = page.charts.charts[arguments[0]].u;"
            + "const y = Math.round(u.valToPos(arguments[1], 'y', true));"
            + "const row = u.ctx.getImageData(u.bbox.left, y, u.bbox.width, 1).data;"
            + "let n = 0; for (let i = 0; i < row.length; i += 4)"
            + " n += row[i] < 90 && row[i + 1] < 90 && row[i + 2] < 90 && row[i + 3] > 90;"
            + "return n / u.bbox.width";
    double dashed = ((Number) run(dashes, 1, 9.97)).doubleValue();
    assertTrue(dashed > 0.4 && dashed < 0.8, "dark parts of the line: " + dashed);
    // Not where its run is not shown.
    browser.findElement(By.cssSelector("input[data-run='0']")).click();
    assertEquals(List.of(), run("return page.charts.setPoints()"));
    browser.findElement(By.cssSelector("input[data-run='0']")).click();
  }

  @Test
  void axesAreNamed() {
    assertEquals(
        List.of("step", "step", "step", "step"),
        run("return page.charts.charts.map((chart) => chart.u.axes[0].label)"));
    assertEquals(
        List.of("nats per image", "nats per image", "beta", "nats per image"),
        run("return page.charts.charts.map((chart) => chart.u.axes[1].label)"));
  }

  @Test
  void everyChartHasEveryRun() {
    assertEquals(4L, run("return page.charts.charts.length"));
    for (int chart = 0; chart < 4; chart++) {
      // x and three runs.
      assertEquals(4L, run("return page.charts.charts[arguments[0]].u.series.length", chart));
      assertTrue(
          (Boolean)
              run(
                  "const c = document.querySelectorAll('.chart canvas')[arguments[0]];return"
                      + " c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v"
                      + " > 0)",
                  chart),
          "chart " + chart + " is empty");
    }
    // Each step has a point of its own at this width.
    assertEquals(
        (long) TinyRuns.STEPS,
        run("return page.charts.charts[0].u.data[1].filter(v => v !== null).length"));
    double drawn = ((Number) run("return page.charts.charts[0].u.data[1][10]")).doubleValue();
    float[] means = Series.windowMeans(control.run().series().orElseThrow().rl());
    assertEquals(means[10], drawn, (means[0] - means[means.length - 1]) / 65_000);
  }

  @Test
  void aChartIsZoomedByKeysButtonsAndPointer() {
    String range = "return page.charts.range()[1] - page.charts.range()[0]";
    double all = ((Number) run(range)).doubleValue();
    WebElement plot = browser.findElement(By.cssSelector(".chart .plot"));
    plot.sendKeys("+");
    assertEquals(all / 2, ((Number) run(range)).doubleValue(), 1e-6);
    browser.findElement(By.cssSelector("[data-zoom='Escape']")).click();
    assertEquals(all, ((Number) run(range)).doubleValue(), 1e-6);
    new Actions(browser)
        .moveToElement(plot, -50, 0)
        .clickAndHold()
        .moveByOffset(60, 0)
        .release()
        .perform();
    double dragged = ((Number) run(range)).doubleValue();
    assertTrue(dragged < all / 2, dragged + " of " + all);
    plot.sendKeys(Keys.ESCAPE);
    assertEquals(all, ((Number) run(range)).doubleValue(), 1e-6);
    browser.findElement(By.cssSelector("input[data-run='0']")).click();
    assertEquals(false, run("return page.charts.charts[2].u.series[1].show"));
    assertEquals(List.of(), errors());
  }

  /** The pixels of the canvas, not the numbers behind them. */
  private static void assertDraws(Subject subject, double... z) {
    run("page.explorer.moveTo(arguments[0])", z);
    @SuppressWarnings("unchecked")
    var drawn =
        (List<Long>)
            run(
                "const c = document.getElementById('digit');return"
                    + " Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)");
    Checkpoint checkpoint = subject.run().checkpoint().orElseThrow();
    float[] point = new float[z.length];
    for (int j = 0; j < z.length; j++) {
      point[j] = (float) z[j];
    }
    float[] expected =
        new Decoder(Likelihood.BERNOULLI, checkpoint.layout(), checkpoint.state().parameters())
            .decode(point);
    assertEquals(4 * expected.length, drawn.size());
    for (int i = 0; i < expected.length; i++) {
      assertEquals(Math.round(255 * expected[i]), drawn.get(4 * i), 1.0, "pixel " + i);
      assertEquals(255L, drawn.get(4 * i + 3));
    }
  }

  @Test
  void theScriptHasTheMeanOfEveryLikelihood() {
    for (Likelihood likelihood : Likelihood.values()) {
      for (double logit : new double[] {-80, -3, -0.25, 0, 1, 12}) {
        var mean =
            (Number) run("return MEANS[arguments[0]](arguments[1])", likelihood.text(), logit);
        assertEquals(likelihood.mean(logit), mean.doubleValue(), 1e-15, likelihood + " " + logit);
      }
    }
  }

  @Test
  void theScriptHasTheValueOfEveryActivation() {
    for (Activation activation : Activation.values()) {
      for (double sum : new double[] {-80, -3, -0.25, 0, 1, 12}) {
        var value =
            (Number) run("return ACTIVATIONS[arguments[0]](arguments[1])", activation.text(), sum);
        assertEquals(activation.value(sum), value.doubleValue(), 1e-15, activation + " " + sum);
      }
    }
  }

  @Test
  void theExplorerDrawsWhatTheDecoderDoes() {
    for (double[] z : new double[][] {{0, 0}, {1.3, -0.7}, {-3, 3}, {2.5, 2.5}}) {
      assertDraws(control, z);
    }
  }

  /** Under some likelihoods a model's posteriors lie beside the prior's middle. */
  @ParameterizedTest
  @CsvSource({
    "-4, 2, -3, 5, 0, 0",
    "1, 3, -3, 5, 2, 1",
    "-4, 2, -5, -3, -1, -4",
    "0, 2, -1, 1, 1, 0",
    "-2, 0.01, -1, 1, -0.995, 0"
  })
  void thePointBeginsOnTheMap(
      double left, double right, double bottom, double top, double x, double y) {
    @SuppressWarnings("unchecked")
    var begun =
        (List<Number>)
            run(
                "const data = JSON.parse(document.getElementById('data').textContent);"
                    + "const [left, right, bottom, top] = arguments;"
                    + "Object.assign(data.runs[0].model, { left, right, bottom, top });"
                    + "return explore(data).z()",
                left,
                right,
                bottom,
                top);
    assertEquals(x, begun.get(0).doubleValue(), 1e-9);
    assertEquals(y, begun.get(1).doubleValue(), 1e-9);
    assertEquals(List.of(), errors());
  }

  @Test
  void pointerAndKeysMoveThePoint() {
    WebElement map = browser.findElement(By.id("map"));
    run("page.explorer.moveTo([0, 0])");
    new Actions(browser).moveToElement(map, 40, 30).perform();
    @SuppressWarnings("unchecked")
    var pointed = (List<Number>) run("return page.explorer.z()");
    assertNotEquals(0.0, pointed.get(0).doubleValue());
    run("page.explorer.moveTo([0, 0]); document.getElementById('map').focus()");
    map.sendKeys(Keys.ARROW_RIGHT);
    map.sendKeys(Keys.ARROW_UP);
    @SuppressWarnings("unchecked")
    var moved = (List<Number>) run("return page.explorer.z()");
    assertTrue(moved.get(0).doubleValue() > 0, moved.toString());
    assertTrue(moved.get(1).doubleValue() > 0, moved.toString());
  }

  @Test
  void labelsAreShownAndHidden() {
    String colours =
        "const c = document.getElementById('map');"
            + "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            + "let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n";
    long before = (Long) run(colours);
    List<WebElement> labels = browser.findElements(By.cssSelector("#labels input"));
    assertTrue(labels.size() > 5, labels.size() + " labels");
    labels.forEach(WebElement::click);
    long after = (Long) run(colours);
    assertTrue(after < before, after + " of " + before);
  }

  /** Three dimensions have sliders, and the map two of them. */
  @Test
  void anotherModelHasSlidersForItsDimensions() {
    new Select(browser.findElement(By.id("model"))).selectByVisibleText("two/run");
    assertEquals(3, browser.findElements(By.cssSelector("#sliders input")).size());
    assertTrue(
        browser.findElement(By.id("about")).getText().contains("one of the two of 3 with most KL"));
    Subject beta = new Subject(Run.read(temp.resolve("two/run")), Optional.empty());
    assertDraws(beta, 0.5, -1, 2);
    browser.findElement(By.cssSelector("#sliders input")).sendKeys(Keys.ARROW_RIGHT);
    @SuppressWarnings("unchecked")
    var moved = (List<Number>) run("return page.explorer.z()");
    assertEquals(0.55, moved.get(0).doubleValue(), 1e-6);
  }

  @Test
  void itIsLightAndDark() throws IOException {
    String background = "return getComputedStyle(document.body).backgroundColor";
    assertEquals("rgb(255, 255, 255)", run(background));
    browser.findElement(By.id("theme")).click();
    assertEquals("rgb(21, 24, 28)", run(background));
    screenshot("report-dark");
  }

  /** Colours of the corners of those pictures that are seen. */
  private static Set<?> corners() {
    return Set.copyOf(
        (List<?>)
            run(
                "return [...document.querySelectorAll('figure img')].filter((i) => i.offsetWidth >"
                    + " 0).map((i) => { const c = document.createElement('canvas'); c.width ="
                    + " c.height = 1; const g = c.getContext('2d'); g.drawImage(i, 0, 0); return"
                    + " [...g.getImageData(0, 0, 1, 1).data].join(' '); })"));
  }

  @Test
  void picturesAreDarkInTheDark() {
    assumeTrue(Fonts.problem().isEmpty(), () -> Fonts.problem().get());
    assertEquals(Set.of("255 255 255 255"), corners());
    browser.findElement(By.id("theme")).click();
    assertEquals(Set.of("21 24 28 255"), corners());
  }

  @Test
  void aDarkSystemHasADarkPageAtOnce() {
    Browser.scheme(browser, "dark");
    try {
      browser.get(address);
      assertEquals(
          "rgb(21, 24, 28)", run("return getComputedStyle(document.body).backgroundColor"));
      assertEquals(
          "#56b4e9",
          run("return page.charts.charts[0].u.series[1].stroke(page.charts.charts[0].u, 1)"));
    } finally {
      Browser.scheme(browser, "");
    }
  }

  @Test
  void aPhoneNeedsNoSidewaysScrolling() throws IOException {
    size(360, 740);
    browser.get(address);
    long width = (Long) run("return document.documentElement.scrollWidth");
    assertFalse(width > 360, width + " pixels");
    // Every run is in sight in every table of runs, not behind an edge.
    assertEquals(
        List.of(),
        run(
            "return [...document.querySelectorAll('.cards td, .cards tbody th')].filter((cell) => {"
                + " const box = cell.getBoundingClientRect(); return box.left < 0 || box.right >"
                + " 360 || cell.scrollWidth > cell.clientWidth; }).map((cell) =>"
                + " cell.textContent)"));
    assertEquals(List.of(), errors());
    screenshot("report-phone");
  }
}
