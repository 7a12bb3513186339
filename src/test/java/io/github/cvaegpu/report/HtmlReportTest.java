// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Linear;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import io.github.cvaegpu.report.Block.Paragraph;
import io.github.cvaegpu.report.Block.Table;
import io.github.cvaegpu.report.HtmlReport.Section;
import io.github.cvaegpu.report.HtmlReport.Subject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HtmlReportTest {
  @TempDir static Path temp;
  private static Subject control;

  @TempDir private Path folder;

  @BeforeAll
  static void train() {
    control = TinyRuns.train(temp.resolve("a <b> & \"run\""), TinyRuns.CONTROL, 2);
  }

  private static String page(Subject... subjects) {
    return new HtmlReport("Title <i>", List.of(subjects), List.of()).page();
  }

  private static JsonObject data(String page) {
    String start = "<script type=\"application/json\" id=\"data\">";
    int from = page.indexOf(start) + start.length();
    return JsonParser.parseString(page.substring(from, page.indexOf("</script>", from)))
        .getAsJsonObject();
  }

  @Test
  void nothingIsLoadedFromANetwork() {
    String page = page(control);
    assertTrue(page.contains("default-src 'none'"));
    assertFalse(page.contains("src=\"http"), "an address");
    assertFalse(page.contains("href=\"http"), "an address");
    assertFalse(page.contains("@import"), "an import");
    assertFalse(page.contains("{{"), "a place that was not filled");
    assertTrue(page.contains("Charts by uPlot 1.6.32 (MIT licence"));
    assertTrue(page.contains("uPlot (v1.6.32)"), "another version than the page says");
  }

  @Test
  void documentsNameTheVersionOfTheCharts() throws IOException {
    String foot = page(control);
    int from = foot.indexOf("Charts by ") + "Charts by ".length();
    String library = foot.substring(from, foot.indexOf(" (MIT", from));
    String design = Files.readString(Path.of("docs", "design.md")).replace('\n', ' ');
    assertTrue(design.contains(library + " (MIT)"), "docs/design.md does not name " + library);
  }

  /** That they are the right functions, {@link ReportPageIT} asks in a browser. */
  @ParameterizedTest
  @EnumSource
  void theScriptHasAMeanForEveryLikelihood(Likelihood likelihood) {
    Matcher means = Pattern.compile("(?s)const MEANS = \\{(.*?)\\n};").matcher(page(control));
    assertTrue(means.find(), "no means in the page");
    assertTrue(means.group(1).contains("\n  " + likelihood.text() + ": "), means.group(1));
  }

  /** The same of hidden units. */
  @ParameterizedTest
  @EnumSource
  void theScriptHasEveryActivation(Activation activation) {
    Matcher all = Pattern.compile("(?s)const ACTIVATIONS = \\{(.*?)\\n};").matcher(page(control));
    assertTrue(all.find(), "no activations in the page");
    assertTrue(all.group(1).contains("\n  " + activation.text() + ": "), all.group(1));
  }

  @Test
  void namesAreEscaped() {
    String page = page(control);
    assertTrue(page.contains("<h1>Title &lt;i&gt;</h1>"));
    assertTrue(page.contains("a &lt;b&gt; &amp; &quot;run&quot;"));
    assertFalse(page.contains("<b>"), "a name as an element");
    assertEquals(
        "a <b> & \"run\"",
        data(page).getAsJsonArray("runs").get(0).getAsJsonObject().get("name").getAsString());
  }

  @Test
  void sectionsArePartOfThePage() {
    String page =
        new HtmlReport(
                "t",
                List.of(control),
                List.of(
                    new Section(
                        "More",
                        List.of(
                            new Paragraph("1 < 2"),
                            new Table(
                                List.of("claim"),
                                List.of(List.of("does not hold (one seed)"), List.of("12.5")))))))
            .page();
    assertTrue(page.contains("<h2>More</h2>\n<p>1 &lt; 2</p>"));
    assertTrue(
        page.contains("<span class=\"badge does-not-hold\">does not hold (one seed)</span>"));
    assertTrue(page.contains("<td class=\"number\">12.5</td>"));
  }

  /** Escapes of a terminal and marks that turn the direction of reading are shown, not done. */
  @Test
  void whatActsIsMadeVisibleEverywhere() {
    Run run =
        new Run(
            control.run().folder(),
            control.run().record(),
            control.run().series(),
            List.of(),
            Optional.empty(),
            List.of("A warning of \u001b]0;title\u0007 and \u202etxt."));
    String page =
        new HtmlReport(
                "T\u001b[2J",
                List.of(new Subject(run, Optional.empty())),
                List.of(new Section("\u0085", List.of(new Paragraph("\u2067")))))
            .page();
    assertTrue(page.contains("<h1>T\\u001b[2J</h1>"));
    assertTrue(page.contains("A warning of \\u001b]0;title\\u0007 and \\u202etxt."));
    assertTrue(page.contains("<h2>\\u0085</h2>\n<p>\\u2067</p>"));
    for (int c : new int[] {0x1b, 0x07, 0x85, 0x202e, 0x2067}) {
      assertFalse(page.indexOf(c) >= 0, "character " + c);
    }
  }

  @Test
  void thePageOpensWithWhatTheRunsAreAndTheirFiguresAndEndsWithTheRest() {
    String page = new HtmlReport(List.of(control), List.of(new Section("Mine", List.of()))).page();
    assertTrue(page.contains("<title>a &lt;b&gt; &amp; &quot;run&quot;</title>"));
    List<String> headings =
        Pattern.compile("<h2>([^<]*)</h2>").matcher(page).results().map(m -> m.group(1)).toList();
    assertEquals(
        List.of(
            "What the run is",
            "Final figures",
            "Curves",
            "Mine",
            "Latent space",
            "All settings and figures",
            "Sessions and machines"),
        headings);
  }

  @Test
  void settingsThatDifferAreMarked() {
    Subject beta = TinyRuns.train(folder.resolve("beta"), TinyRuns.BETA, 2);
    String page = page(control, beta);
    assertTrue(
        page.contains("<th scope=\"row\">model <span class=\"tag\">differs</span></th>"), page);
    assertTrue(page.contains("<th scope=\"row\">epochs</th>"));
    assertTrue(page.contains("<th scope=\"row\">Kp</th>"), "what a beta-VAE does not have");
    assertFalse(page.contains("\u2260"), "a sign that nobody explains");
  }

  @Test
  void aRunWithoutSeriesOrModelIsStillReportedOn() {
    Run run =
        new Run(
            control.run().folder(),
            control.run().record(),
            Optional.empty(),
            List.of(),
            Optional.empty(),
            List.of("It has nothing."));
    String page = page(new Subject(run, Optional.empty()));
    assertTrue(page.contains("<p class=\"warning\">It has nothing.</p>"));
    assertTrue(page.contains("No run has the 100 steps that a point of a curve is the mean of."));
    assertTrue(page.contains("No run here has a model to look into."));
    assertTrue(
        data(page).getAsJsonArray("runs").get(0).getAsJsonObject().get("model").isJsonNull());
  }

  @Test
  void whatIsNoReportIsNotReplaced() throws IOException {
    Path file = folder.resolve("report.html");
    HtmlReport.requireReplaceable(file);
    long size = new HtmlReport("t", List.of(control), List.of()).write(file);
    assertEquals(size, Files.size(file));
    HtmlReport.requireReplaceable(file);
    Path other = Files.writeString(folder.resolve("thesis.html"), "<html>");
    assertEquals(
        "%s exists and is no report of this program: name another file with --out."
            .formatted(other),
        assertThrows(InputException.class, () -> HtmlReport.requireReplaceable(other))
            .getMessage());
    assertThrows(
        InputException.class,
        () -> HtmlReport.requireReplaceable(folder.resolve("absent/report.html")));
    assertThrows(InputException.class, () -> HtmlReport.requireReplaceable(folder));
  }

  /** Looking whether it is an older report would wait for ever. */
  @Test
  @Timeout(30)
  void aPipeIsNoReport() throws Exception {
    Path pipe = folder.resolve("pipe.html");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    assertThrows(InputException.class, () -> HtmlReport.requireReplaceable(pipe));
  }

  /** A folder gone or a disk full is a failure, not a bad option. */
  @Test
  void aPageThatCannotBeWrittenIsAFailure() {
    var report = new HtmlReport("t", List.of(control), List.of());
    assertThrows(
        UnwritableException.class, () -> report.write(folder.resolve("absent/report.html")));
  }

  // ---- embedded numbers ------------------------------------------------------------------------

  private static int word(String base64, int index) {
    byte[] bytes = Base64.getDecoder().decode(base64);
    return (bytes[2 * index] & 0xFF) | (bytes[2 * index + 1] & 0xFF) << 8;
  }

  @Test
  void aShortCurveIsThereStepByStep() {
    Embedded.Curve curve = Embedded.Curve.of(new float[] {2, 4, 3}, 3);
    assertEquals(1, curve.bucket());
    assertEquals(3, curve.length());
    assertNull(curve.largest());
    assertEquals(0, word(curve.smallest(), 0));
    assertEquals(65535, word(curve.smallest(), 1));
    assertEquals(32768, word(curve.smallest(), 2));
  }

  @Test
  void aLongCurveKeepsTheExtremesOfEachBucket() {
    float[] values = {0, 0, 10, 0, 5, 5, 5};
    Embedded.Curve curve = Embedded.Curve.of(values, 4);
    assertEquals(4, curve.bucket());
    assertEquals(7, curve.length());
    assertEquals(0, word(curve.smallest(), 0));
    assertEquals(65535, word(curve.largest(), 0));
    assertEquals(32768, word(curve.smallest(), 1));
    assertEquals(32768, word(curve.largest(), 1));
  }

  /** Read back as explorer.js does: no weight is off by more than half a step of its row. */
  @Test
  void weightsKeepTwelveBits() {
    var layout = new ParameterLayout(new VaeShape(7, List.of(5), 3));
    float[] parameters = InitialWeights.draw(layout, 4);
    Linear linear = layout.decoder().get(1);
    Embedded.Decoder decoder = Embedded.Decoder.of(Likelihood.BERNOULLI, layout, parameters);
    assertEquals("relu", decoder.activation());
    Embedded.Layer layer = decoder.layers().get(1);
    byte[] packed = Base64.getDecoder().decode(layer.weights());
    for (int i = 0; i < linear.weightSize(); i++) {
      int at = i / 2 * 3;
      int word =
          i % 2 == 0
              ? (packed[at] & 0xFF) | (packed[at + 1] & 15) << 8
              : (packed[at + 1] & 0xFF) >> 4 | (packed[at + 2] & 0xFF) << 4;
      float largest = 0;
      int row = i / linear.in() * linear.in();
      for (int j = row; j < row + linear.in(); j++) {
        largest = Math.max(largest, Math.abs(parameters[linear.weight() + j]));
      }
      float step = largest / 2047;
      assertEquals(parameters[linear.weight() + i], (word - 2048) * step, 0.51 * step);
    }
  }
}
