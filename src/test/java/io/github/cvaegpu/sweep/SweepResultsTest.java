// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.report.Fonts;
import io.github.cvaegpu.sweep.MadeUpSweep.Figures;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SweepResultsTest {
  @TempDir private Path temp;

  private static Figures held(SweepPoint point) {
    double kl = MadeUpSweep.number(point, "kl");
    Figures figures = Figures.of(80 + 60 * Math.exp(-0.3 * kl) + 0.1 * point.seed(), kl);
    figures.beta = 18 * Math.exp(-0.3 * kl);
    figures.setPoint = kl;
    return figures;
  }

  private String text(String file) throws IOException {
    return Files.readString(temp.resolve(file));
  }

  /** Six runs, of which one diverged, one was refused, one is damaged and one was not begun. */
  private MadeUpSweep mixed() throws IOException {
    var sweep = new MadeUpSweep(temp, MadeUpSweep.grid(2, "kl=2,4,8"));
    sweep.put(0, held(sweep.plan.point(0)));
    sweep.put(1, held(sweep.plan.point(1)));
    sweep.put(2, held(sweep.plan.point(2)));
    sweep.put(3, Figures.ended(ExitReason.DIVERGED, "The loss of \"step 7\", a NaN,\nis none."));
    sweep.folder.refuse(sweep.plan.point(4), "--kl 8 is <b>too</b> large.");
    return sweep;
  }

  @Test
  void allRunsAreInTheTable() throws IOException {
    MadeUpSweep sweep = mixed();
    SweepResults.read(
            sweep.plan, sweep.folder, Map.of(2, "stopped at rung 1"), point -> Optional.empty())
        .write(Measure.ELBO);
    List<Map<String, String>> runs = MadeUpSweep.table(temp.resolve("runs.csv"));
    assertEquals(6, runs.size());
    assertEquals(
        List.of("completed", "completed", "completed", "diverged", "refused", "not_begun"),
        runs.stream().map(run -> run.get("run_state")).toList());
    assertEquals("kl=2_seed=1", runs.get(1).get("run_name"));
    assertEquals("2", runs.get(1).get("kl"));
    assertEquals("1", runs.get(1).get("run_seed"));
    assertEquals(2.0, Double.parseDouble(runs.get(1).get("set_point")));
    assertEquals(80.1 + 60 * Math.exp(-0.6), Double.parseDouble(runs.get(1).get("test_rl")), 1e-12);
    assertEquals("stopped at rung 1", runs.get(2).get("run_note"));
    assertEquals("The loss of \"step 7\", a NaN,\nis none.", runs.get(3).get("run_message"));
    assertEquals("--kl 8 is <b>too</b> large.", runs.get(4).get("run_message"));
    assertEquals("", runs.get(5).get("test_elbo"));
    assertEquals("90.0", runs.get(0).get("train_seconds"));
    // RFC 4180: lines end in CRLF.
    assertTrue(
        text("runs.csv").startsWith("run_index,run_name,combination,run_seed,kl,run_state,"));
    assertTrue(text("runs.csv").endsWith("\r\n"));
  }

  /** A column of this program's own could hide a setting of its name. */
  @Test
  void noColumnIsCalledAsAnOptionIs() throws IOException {
    new MadeUpSweep(temp, MadeUpSweep.grid(1, "kl=2")).read().write(Measure.ELBO);
    List<String> own =
        new ArrayList<>(List.of(text("runs.csv").lines().findFirst().orElseThrow().split(",", -1)));
    own.remove("kl");
    own.remove("combination");
    assertTrue(own.stream().allMatch(name -> name.contains("_")), own.toString());
  }

  @Test
  void theSummaryHasIntervals() throws IOException {
    mixed().read().write(Measure.ELBO);
    List<Map<String, String>> rows =
        MadeUpSweep.table(temp.resolve("summary.csv")).stream()
            .filter(row -> row.get("figure").equals("test_rl"))
            .toList();
    assertEquals(List.of("2", "4"), rows.stream().map(row -> row.get("kl")).toList());
    double mean = 80.05 + 60 * Math.exp(-0.6);
    assertEquals(mean, Double.parseDouble(rows.get(0).get("mean")), 1e-9);
    assertEquals(
        0.1 / Math.sqrt(2), Double.parseDouble(rows.get(0).get("standard_deviation")), 1e-9);
    assertEquals(
        mean - 0.05 * 12.70620474, Double.parseDouble(rows.get(0).get("interval_low")), 1e-7);
    assertEquals(
        mean + 0.05 * 12.70620474, Double.parseDouble(rows.get(0).get("interval_high")), 1e-7);
    // One seed is left of the other.
    assertEquals("1", rows.get(1).get("n"));
    assertEquals("2", rows.get(1).get("runs"));
    assertEquals("", rows.get(1).get("interval_low"));
    assertEquals("", rows.get(1).get("standard_deviation"));
  }

  @Test
  void theJsonHasItAll() throws IOException {
    mixed().read().write(Measure.ELBO);
    JsonObject json = JsonParser.parseString(text("runs.json")).getAsJsonObject();
    assertEquals(GatheredJson.FORMAT, json.get("format").getAsInt());
    JsonArray runs = json.getAsJsonArray("runs");
    assertEquals(6, runs.size());
    JsonObject first = runs.get(0).getAsJsonObject();
    assertEquals("2", first.getAsJsonObject("settings").get("kl").getAsString());
    assertEquals(
        -(82 + 60 * Math.exp(-0.6)),
        first.getAsJsonObject("figures").get("test_elbo").getAsDouble(),
        1e-12);
    assertFalse(first.has("message"));
    assertEquals("refused", runs.get(4).getAsJsonObject().get("state").getAsString());
    assertFalse(runs.get(4).getAsJsonObject().has("training"));
    assertEquals(3, json.getAsJsonArray("combinations").size());
    JsonObject best = json.getAsJsonObject("best");
    assertEquals("elbo", best.get("measure").getAsString());
    JsonArray places = best.getAsJsonArray("places");
    assertEquals(1, places.get(0).getAsJsonObject().get("combination").getAsInt());
    assertEquals("one_seed", places.get(0).getAsJsonObject().get("lead").getAsString());
    JsonObject line =
        json.getAsJsonObject("rate_distortion").getAsJsonArray("lines").get(0).getAsJsonObject();
    JsonObject check = line.getAsJsonArray("checks").get(0).getAsJsonObject();
    assertEquals(
        30 * (Math.exp(-0.6) - Math.exp(-1.2)),
        check.getAsJsonObject("slope").get("mean").getAsDouble(),
        1e-9);
  }

  @Test
  void theSameRunsGiveTheSameBytes() throws IOException {
    MadeUpSweep sweep = mixed();
    sweep.read().write(Measure.ELBO);
    Map<String, byte[]> before = files();
    assertEquals(Fonts.problem().isEmpty() ? 10 : 4, before.size(), before.keySet().toString());
    sweep.read().write(Measure.ELBO);
    Map<String, byte[]> after = files();
    assertEquals(before.keySet(), after.keySet());
    before.forEach((name, bytes) -> assertTrue(Arrays.equals(bytes, after.get(name)), name));
  }

  private Map<String, byte[]> files() throws IOException {
    Map<String, byte[]> files = new HashMap<>();
    try (Stream<Path> all = Files.walk(temp)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        String name = temp.relativize(file).toString();
        if (!name.startsWith("runs/") && !name.equals("sweep.json")) {
          files.put(name, Files.readAllBytes(file));
        }
      }
    }
    return files;
  }

  /** Nothing of a file becomes a part of the page, and the runs' folders are linked. */
  @Test
  void thePageShowsWhatFilesSay() throws IOException {
    mixed().read().write(Measure.ELBO);
    String page = text("report.html");
    assertTrue(
        page.contains("6 runs: 3 completed, 1 diverged, 1 refused, 1 not begun."), "standing");
    assertTrue(page.contains("--kl 8 is &lt;b&gt;too&lt;/b&gt; large."));
    assertFalse(page.contains("<b>too</b>"));
    assertTrue(page.contains("<a href=\"runs/kl=2_seed=1/\">1</a>"));
    assertFalse(page.contains("<a href=\"runs/kl=8_seed=1/\">"));
    assertTrue(page.contains("<h2>Rate and distortion</h2>"));
    assertTrue(page.contains("default-src 'none'"));
    assertFalse(page.contains("http://"));
    assertFalse(page.contains("https://"));
  }

  @Test
  void nothingYetIsAPageToo() throws IOException {
    var sweep = new MadeUpSweep(temp, MadeUpSweep.grid(2, "kl=2,4"));
    SweepResults results = sweep.read();
    results.write(Measure.ELBO);
    assertFalse(results.isOver());
    List<String> lines = results.lines(Measure.ELBO);
    assertEquals("4 runs: 4 not begun.", lines.get(0));
    assertEquals("No run was trained to its end yet.", lines.get(1));
    assertTrue(lines.get(2).startsWith("4 runs are not over. To go on: "), lines.get(2));
    assertTrue(lines.get(2).endsWith(" sweep --out " + temp), lines.get(2));
    assertEquals(4, MadeUpSweep.table(temp.resolve("runs.csv")).size());
    assertEquals(List.of(), MadeUpSweep.table(temp.resolve("summary.csv")));
    assertTrue(text("report.html").contains("No run was trained to its end yet."));
    assertFalse(text("report.html").contains("<canvas"));
  }

  /** A sweep of seeds alone: one combination, without settings. */
  @Test
  void seedsAloneAreASweep() throws IOException {
    var sweep = new MadeUpSweep(temp, MadeUpSweep.grid(3));
    sweep.putAll(point -> Figures.of(100.0 + point.seed(), 5));
    SweepResults results = sweep.read();
    results.write(Measure.ELBO);
    assertTrue(results.isOver());
    assertEquals(
        List.of(
            "3 runs: 3 completed.",
            "Best by test ELBO, the largest first, mean and 95 % interval over seeds:",
            "  1  no setting  -106.00 +- 2.48  3 of 3 seeds"),
        results.lines(Measure.ELBO));
    assertTrue(text("report.html").contains("no setting"));
  }

  @Test
  void whatCannotBeComparedIsSaid() {
    var sweep = new MadeUpSweep(temp, MadeUpSweep.grid(1, "name=a,b"));
    sweep.put(0, new Figures());
    Figures longer = new Figures();
    longer.epochs = 5;
    sweep.put(1, longer);
    assertEquals(
        List.of(
            "The runs were trained for different numbers of epochs: those of fewer are at a"
                + " disadvantage."),
        sweep.read().warnings());
    assertTrue(
        sweep.read().lines(Measure.ELBO).get(1).startsWith("Warning: The runs were trained"));
  }

  @Test
  void somebodyElsesPageIsLeftAlone() throws IOException {
    MadeUpSweep sweep = mixed();
    Files.writeString(temp.resolve("report.html"), "mine");
    assertThrows(InputException.class, () -> sweep.read().write(Measure.ELBO));
    assertEquals("mine", text("report.html"));
    assertFalse(Files.exists(temp.resolve("runs.csv")));
  }

  /** Hundreds of runs: seconds to read and write, and a page that a browser takes at once. */
  @Test
  void hundredsOfRunsFitOnAPage() throws IOException {
    var sweep =
        new MadeUpSweep(
            temp,
            MadeUpSweep.grid(5, "kl=1,2,3,4,5,6,7,8,9,10", "lr=0.1,0.01", "latent=2,3,4,5,6"));
    sweep.putAll(SweepResultsTest::held);
    sweep.put(77, Figures.ended(ExitReason.DIVERGED, "The loss was NaN."));
    // Of this thread: others may keep the processor busy.
    long start = cpuNanos();
    SweepResults results = sweep.read();
    double read = (cpuNanos() - start) / 1e9;
    results.write(Measure.ELBO);
    double all = (cpuNanos() - start) / 1e9;
    long size = Files.size(temp.resolve("report.html"));
    System.out.printf(
        Locale.ROOT,
        "500 runs: read in %.2f s of a processor, all in %.2f s, page %,d bytes%n",
        read,
        all,
        size);
    assertEquals(500, results.rows().size());
    assertTrue(size < 10 << 20, size + " bytes");
    // Several times what it takes where nothing is compiled yet.
    assertTrue(read < 10, read + " s to read");
    assertTrue(all < 40, all + " s in all");
    assertEquals(10, results.rateDistortion().orElseThrow().lines().size());
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  /** Beyond what a page bears the best are on it, and the tables have all. */
  @Test
  void ofThousandsThePageHasTheBest() throws IOException {
    var sweep =
        new MadeUpSweep(
            temp,
            new SweepPlan(
                Search.RANDOM,
                List.of(
                    new Setting.Range("lr", 0, 1, false, false),
                    new Setting.Range("beta", 0, 1, false, false)),
                2100,
                1,
                0,
                Map.of()));
    sweep.put(2099, Figures.of(90, 5));
    sweep.read().write(Measure.ELBO);
    String page = text("report.html");
    assertTrue(page.contains("The page shows 2,000 of the 2,100 runs, the best of them"));
    assertTrue(page.contains(">2099</a>"));
    assertFalse(page.contains(">2098</td>"));
    assertEquals(2100, MadeUpSweep.table(temp.resolve("runs.csv")).size());
  }

  @Test
  void damageIsARow() throws IOException {
    MadeUpSweep sweep = mixed();
    Files.writeString(RunDirectory.recordFile(sweep.folder.folder(sweep.plan.point(0))), "{");
    SweepResults results = sweep.read();
    assertEquals(
        "6 runs: 2 completed, 1 diverged, 1 refused, 1 unreadable, 1 not begun.",
        results.standing());
    results.write(Measure.ELBO);
    assertTrue(
        MadeUpSweep.table(temp.resolve("runs.csv"))
            .getFirst()
            .get("run_message")
            .endsWith("it is not the JSON of a run."));
  }
}
