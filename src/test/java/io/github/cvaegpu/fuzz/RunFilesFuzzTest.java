// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.fuzz;

import static io.github.cvaegpu.fuzz.Damage.require;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.report.Run;
import io.github.cvaegpu.report.Series;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.MetricsLog;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.TrainingPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Damaged files of a run, read as report, evaluate and train --resume read them. */
@Execution(ExecutionMode.CONCURRENT)
class RunFilesFuzzTest {
  private static final String HEADER = "step,epoch,rl,kl,beta";

  @TempDir static Path temp;

  private static final List<Map<String, byte[]>> RUNS = new ArrayList<>();

  @BeforeAll
  static void train() throws IOException {
    Path images = TinyImages.writeFolder(temp.resolve("images"), 1);
    for (Path run :
        List.of(
            RunFolder.train(temp.resolve("done"), images, RunFolder.CONTROL, 5, -1),
            RunFolder.train(temp.resolve("stopped"), images, RunFolder.CONTROL, 5, 7),
            RunFolder.train(temp.resolve("constant beta"), images, RunFolder.BETA, 5, -1))) {
      RUNS.add(RunFolder.read(run));
    }
  }

  private static List<byte[]> all(String file) {
    return RUNS.stream().map(run -> run.get(file)).toList();
  }

  private static byte[] damagedRecord(Damage damage) {
    List<byte[]> whole = all("run.json");
    if (damage.oneIn(4)) {
      return damage.bytes(whole);
    }
    String json = new String(damage.pick(whole), StandardCharsets.UTF_8);
    return (damage.oneIn(8) ? damage.escapes(json) : damage.json(json))
        .getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void runJson() throws Exception {
    Path folder = temp.resolve("record");
    new Fuzzing("run.json", 2000)
        .run(
            damage -> {
              RunFolder.write(folder, Map.of("run.json", damagedRecord(damage)));
              RunRecord read = damage.reading(() -> RunDirectory.readRecord(folder));
              requireUsable(read.plan());
              damage.reading(() -> Json.PRETTY.toJson(read) + read.dataToLoad());
              // Without curves and model: what the record alone is read for.
              damage.reading(() -> Run.read(folder)).warnings().forEach(Damage::requireSentence);
            });
  }

  @Test
  void planToResume() throws Exception {
    Path folder = temp.resolve("resume");
    TrainingPlan plan = RunDirectory.planToResume(temp.resolve("done")).plan();
    new Fuzzing("plan to resume", 1500)
        .run(
            damage -> {
              Map<String, byte[]> files = new LinkedHashMap<>(RUNS.getFirst());
              files.remove("metrics.csv");
              boolean lost = damage.oneIn(10);
              if (lost) {
                damage.note("run.json is missing");
                files.remove("run.json");
              } else {
                files.put("run.json", damagedRecord(damage));
              }
              boolean damaged = damage.oneIn(3);
              if (damaged) {
                files.put("checkpoint.safetensors", damage.bytes(all("checkpoint.safetensors")));
              }
              RunFolder.write(folder, files);
              RunDirectory.Resumption read =
                  damage.reading(() -> RunDirectory.planToResume(folder));
              requireUsable(read.plan());
              require(read.data() != null && read.status() != null, "data to load is null", read);
              read.warning().ifPresent(Damage::requireSentence);
              if (read.warning().isPresent() && !damaged) {
                require(read.plan().equals(plan), "another plan than the checkpoint's", read);
              }
            });
  }

  @Test
  void metricsCsv() throws Exception {
    Path folder = temp.resolve("metrics");
    new Fuzzing("metrics.csv", 2000)
        .run(
            damage -> {
              byte[] csv = damage.bytes(all("metrics.csv"));
              RunFolder.write(
                  folder, Map.of("run.json", RUNS.getFirst().get("run.json"), "metrics.csv", csv));
              Run read = damage.reading(() -> Run.read(folder));
              read.warnings().forEach(Damage::requireSentence);
              requireRows(
                  new String(csv, StandardCharsets.ISO_8859_1),
                  read.series().orElseGet(() -> new Series.Builder().build()));
              damage.reading(
                  () -> {
                    MetricsLog.read(folder.resolve("metrics.csv"), row -> {});
                    return null;
                  });
            });
  }

  /** Numbers of a file's whole lines, and no others. */
  private static void requireRows(String csv, Series series) {
    if (HEADER.startsWith(csv)) {
      // The run was killed while it wrote the first line.
      require(series.size() == 0, "rows of a log without any", series.size());
      return;
    }
    String[] lines = csv.substring(0, csv.lastIndexOf('\n') + 1).split("\r\n|\r|\n", -1);
    require(lines[0].equals(HEADER), "a log with another header", lines[0]);
    require(lines.length - 2 == series.size(), "lines are lost or invented", lines.length);
    for (int i = 0; i < series.size(); i++) {
      String[] fields = lines[i + 1].split(",", -1);
      require(
          fields.length == 5
              && Long.parseLong(fields[0]) == i + 1
              && Float.parseFloat(fields[2]) == series.rl()[i]
              && Float.parseFloat(fields[3]) == series.kl()[i]
              && Float.parseFloat(fields[4]) == series.beta()[i],
          "a row is read as other numbers",
          lines[i + 1]);
    }
  }

  /** A plan that was read can be trained. */
  private static void requireUsable(TrainingPlan plan) {
    plan.rule().start();
    plan.settings(1);
    require(plan.epochs() > 0 && plan.batchSize() > 0, "a plan of nothing", plan);
  }
}
