// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.RunRecord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunTablesTest {
  @TempDir static Path temp;
  private static Run control;
  private static Run beta;

  @BeforeAll
  static void train() {
    control = TinyRuns.train(temp.resolve("control"), TinyRuns.CONTROL, 2).run();
    beta = TinyRuns.train(temp.resolve("beta"), TinyRuns.BETA, 2).run();
  }

  private static Run with(Run run, JsonElement record) {
    return with(run, run.folder(), Json.PRETTY.fromJson(record, RunRecord.class));
  }

  private static Run with(Run run, Path folder, RunRecord record) {
    return new Run(folder, record, run.series(), List.of(), Optional.empty(), List.of());
  }

  private static RunTables tables(Run... runs) {
    return new RunTables(List.of(runs), Names.of(List.of(runs)));
  }

  private static JsonObject json(Run run) {
    return Json.PRETTY.toJsonTree(run.record()).getAsJsonObject();
  }

  /** Every cell of a table by "row, column". */
  private static Set<String> cells(String html) {
    Set<String> cells = new TreeSet<>();
    for (String row : html.split("<tr>", -1)) {
      var name = Pattern.compile("<th scope=\"row\">([^<]*?) ?<").matcher(row);
      if (name.find()) {
        Pattern.compile("data-of=\"([^\"]*)\">([^<]*)<")
            .matcher(row)
            .results()
            .forEach(cell -> cells.add(cell(name.group(1), cell)));
      }
    }
    return cells;
  }

  private static String cell(String row, MatchResult cell) {
    return row + ", " + cell.group(1) + ": " + cell.group(2);
  }

  private static void assertHas(String html, String... cells) {
    Set<String> all = cells(html);
    for (String cell : cells) {
      assertTrue(all.contains(cell), cell + " is not in " + String.join("\n", all));
    }
  }

  /** Where all have the usual one, nothing is said of it. */
  @Test
  void theActivationIsSaidWhereARunHasAnother() {
    assertFalse(tables(control, beta).whatTheyAre().contains("activation"));
    JsonObject other = json(control);
    other.getAsJsonObject("plan").getAsJsonObject("network").addProperty("activation", "tanh");
    assertHas(
        tables(control, with(control, temp.resolve("other"), record(other))).whatTheyAre(),
        "control, activation: relu",
        "other, activation: tanh");
  }

  @Test
  void runsAreWhatDiffersAndTheRestIsSaidOnce() {
    String html = tables(control, beta).whatTheyAre();
    assertHas(
        html,
        "control, model: ControlVAE, set point 9.97",
        "beta, model: beta-VAE, beta 1",
        "control, started: " + RunRows.minute(control.record().sessions().getFirst().started()),
        "beta, ended: " + RunRows.minute(beta.record().sessions().getLast().ended()));
    assertFalse(html.contains("data-of=\"epochs\""), html);
    assertTrue(
        html.contains(
            "Alike in all of them: likelihood bernoulli; learning rate 0.001; epochs 4; batch size"
                + " 8; hidden widths 400, 50; latent dimensions 2; seed 5; images tiny (300 to"
                + " train with, 50 to test with); program cvae-gpu "),
        html);
    assertTrue(
        html.contains(
            ". Of those that have it: Kp 0.01; Ki 0.0001; limits of beta 0.01 to 10; anti-windup"
                + " directional."),
        html);
    JsonObject other = json(control);
    other.getAsJsonObject("plan").getAsJsonObject("schedule").addProperty("epochs", 12);
    other.addProperty("exit_reason", "interrupted");
    other.addProperty("steps_done", 99);
    assertHas(
        tables(control, with(control, temp.resolve("other"), record(other))).whatTheyAre(),
        "control, epochs: 4",
        "other, epochs: 12",
        "control, how it stands: completed, 152 of 152 steps",
        "other, how it stands: interrupted, 99 of 456 steps");
  }

  private static RunRecord record(JsonElement json) {
    return Json.PRETTY.fromJson(json, RunRecord.class);
  }

  @Test
  void datesAreReadByPeople() {
    assertEquals("2026-03-01 23:59 UTC", RunRows.minute("2026-03-01T23:59:58.123Z"));
    assertEquals("yesterday", RunRows.minute("yesterday"));
    assertEquals(RunRows.UNKNOWN, RunRows.minute(null));
  }

  @Test
  void finalFiguresAreThoseOfTheRecord() {
    JsonObject json = json(control);
    JsonObject metrics = json.getAsJsonObject("metrics");
    metrics.getAsJsonObject("test").getAsJsonObject("rl").addProperty("mean", 81.234);
    metrics.getAsJsonObject("test").getAsJsonObject("kl").addProperty("mean", 9.876);
    metrics.getAsJsonObject("test").getAsJsonObject("elbo").addProperty("mean", -91.11);
    metrics.getAsJsonObject("controller").addProperty("offset", -1.9449);
    metrics.getAsJsonObject("controller").addProperty("tail_steps", 152);
    metrics.getAsJsonObject("last_steps").addProperty("beta", 1.27345);
    String html = tables(with(control, json), beta).finalFigures();
    assertHas(
        html,
        "control, test RL: 81.23",
        "control, test KL: 9.88",
        "control, test ELBO: -91.11",
        "control, KL less set point, last 152 steps: -1.945",
        "control, beta, last 100 steps: 1.2735",
        "beta, KL less set point, last 152 steps: -",
        "beta, beta, last 100 steps: 1.0000");
    assertTrue(
        html.contains("<th scope=\"row\">control <span class=\"tag\">one seed</span>"), html);
    assertTrue(html.contains("They are of one seed each"), html);
  }

  /** Mean and standard deviation of 80 and 84. */
  @Test
  void seedsOfOneSettingHaveTheirMean() {
    List<Run> seeds = new ArrayList<>(List.of(beta));
    for (int seed = 1; seed <= 2; seed++) {
      JsonObject json = json(control);
      json.getAsJsonObject("plan").addProperty("seed", seed);
      json.getAsJsonObject("metrics")
          .getAsJsonObject("test")
          .getAsJsonObject("rl")
          .addProperty("mean", 76 + 4 * seed);
      seeds.add(with(control, temp.resolve("seed" + seed), record(json)));
    }
    String html = tables(seeds.toArray(Run[]::new)).finalFigures();
    assertHas(html, "mean of seed1 and seed2, test RL: 82.00 ± 2.83", "seed1, test RL: 80.00");
    assertTrue(html.contains("mean of seed1 and seed2 <span class=\"tag\">2 seeds</span>"), html);
    assertTrue(html.contains("seed1 <span class=\"tag\">seed 1</span>"), html);
    assertTrue(html.contains("beta <span class=\"tag\">one seed</span>"), html);
  }

  /** A stopped run has no figures of its test images; those of its last steps are in its log. */
  @Test
  void aStoppedRunHasTheMeansOfItsLog() {
    JsonObject json = json(control);
    json.add("metrics", JsonNull.INSTANCE);
    json.addProperty("exit_reason", "interrupted");
    RunRecord.LastSteps last = control.record().metrics().lastSteps();
    Run stopped = with(control, json);
    assertEquals(last.rl(), RunRows.lastSteps(stopped).orElseThrow().rl(), 1e-4);
    assertEquals(last.beta(), RunRows.lastSteps(stopped).orElseThrow().beta(), 1e-6);
    assertHas(tables(stopped).finalFigures(), "control, test RL: -");
  }

  /** What a record may lack: see {@link RunRecord}. */
  @Test
  void whatARecordMayLackIsUnknown() {
    JsonObject json = json(control);
    JsonObject session = json.getAsJsonArray("sessions").get(0).getAsJsonObject();
    for (String name : List.of("program", "commit", "bits", "asked_threads", "ended")) {
      session.add(name, JsonNull.INSTANCE);
    }
    JsonObject test = json.getAsJsonObject("metrics").getAsJsonObject("test");
    test.getAsJsonObject("rl").add("mean", JsonNull.INSTANCE);
    JsonObject controller = json.getAsJsonObject("metrics").getAsJsonObject("controller");
    controller.add("settling_step", JsonNull.INSTANCE);
    RunTables tables = tables(with(control, json));
    assertHas(
        tables.sessions(),
        "control, program: unknown",
        "control, commit: unknown",
        "control, bits: unknown",
        "control, ended: unknown");
    assertHas(tables.whatTheyAre(), "control, ended: unknown");
    assertHas(tables.finalFigures(), "control, test RL: unknown");
    assertHas(tables.all(), "settled within 2 %, control: never for good");
    json.add("sessions", new JsonArray());
    assertHas(tables(with(control, json)).whatTheyAre(), "control, started: unknown");
  }
}
