// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.Median;
import io.github.cvaegpu.engine.cpu.CorePeaks;
import io.github.cvaegpu.engine.cpu.CpuBenchmark;
import io.github.cvaegpu.engine.cpu.CpuBenchmark.Bound;
import io.github.cvaegpu.foreign.CpuLibraries;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bench}, in process, on images that take no time. */
class BenchCommandTest {
  @TempDir static Path temp;
  private static Path images;

  @BeforeAll
  static void draw() throws IOException {
    images = TinyImages.writeFolder(temp.resolve("images"), 1);
  }

  private static CommandRun bench(String... options) {
    List<String> args = new ArrayList<>(List.of("bench", "--data", images.toString()));
    args.addAll(List.of("--threads", "1", "--batch", "64", "--hidden", "12"));
    args.addAll(List.of(options));
    return CommandRun.of(args);
  }

  @Test
  void tellsOfEachEpochWhileItRuns() {
    CommandRun result = bench("--engine", "cpu", "--rounds", "2").succeeded();
    List<String> err = result.err().lines().toList();
    assertEquals(5, err.size(), result.err());
    assertEquals("epoch 1/4, not measured: warm-up", err.get(0));
    assertEquals("epoch 2/4, not measured: warm-up", err.get(1));
    assertEquals("epoch 3/4", err.get(2));
    assertEquals("epoch 4/4", err.get(3));
    assertTrue(err.get(4).startsWith("Engine cpu on "), result.err());
    assertTrue(err.get(4).endsWith(" (asked for)"), result.err());
    assertTrue(result.out().startsWith("Images per second, median of 2 epochs "), result.out());
  }

  @Test
  void anEngineThatNobodyAskedForIsNotCalledSo() {
    CommandRun result = bench("--rounds", "1", "--quiet").succeeded();
    assertFalse(result.err().contains("asked for)"), result.err());
  }

  @Test
  void theLineOfTheEngineIsShortWhateverThereIs() {
    for (String device :
        List.of(
            "cpu",
            "Intel(R) Xeon(R) Platinum 8480C CPU @ 2.00GHz",
            "AMD EPYC 9654 96-Core Processor",
            "a name ".repeat(30))) {
      for (String library : List.of("BLAS", "driver for CUDA 12.8, cuBLAS 12.6.1, ".repeat(4))) {
        String line =
            new EngineOptions().describeCuda(new EngineInfo("cuda", device, library, 8, "float32"));
        assertTrue(line.length() <= EngineOptions.LINE, line);
        assertTrue(line.matches("Engine cuda on .{3,}: .{4,}, float32 \\(.*\\)"), line);
      }
    }
  }

  /** Which slice it is stays in the line, however long its GPU's name. */
  @Test
  void theLineNamesTheSliceOfAGpu() {
    for (String device :
        List.of("NVIDIA H100 80GB HBM3", "NVIDIA RTX PRO 6000 Blackwell Server Edition")) {
      String line =
          new EngineOptions()
              .describeCuda(
                  new EngineInfo(
                      "cuda",
                      device + " MIG 1g.10gb",
                      "driver for CUDA 12.8, cuBLAS 12.6.1, kernels of the jar",
                      1,
                      "float32"));
      assertTrue(line.length() <= EngineOptions.LINE, line);
      assertTrue(line.contains(" on NVIDIA "), line);
      assertTrue(line.contains(" MIG 1g.10gb: "), line);
    }
  }

  @Test
  void theEnvironmentThatBlocksLaunchesIsWarnedOf() {
    assertEquals("", EngineOptions.aboutBlocking(Map.of("CUDA_LAUNCH_BLOCKING", "0")));
    assertTrue(
        EngineOptions.aboutBlocking(Map.of("CUDA_LAUNCH_BLOCKING", "1")).contains("Warning: "));
  }

  @Test
  void aMedianOfTwoLiesBetweenThem() {
    String json = bench("--engine", "cpu", "--rounds", "2", "--json", "--quiet").succeeded().out();
    assertEquals(1, json.lines().count(), json);
    String row = BenchCommand.row("training", List.of(6589.0, 5778.0));
    assertEquals(
        String.format(Locale.ROOT, "  training%,33.0f (5,778 to 6,589)", Median.of(6589, 5778)),
        row);
  }

  @Test
  void aPhaseStandsBesideWhatTheCoresCanDo() {
    var phase = new CpuBenchmark.PhaseSpeed("output", 413.7, 194, 3.5, 1.5, Bound.ARITHMETIC);
    assertEquals(
        "  output              413.7    194.0    58    1.500     3.5     2  arithmetic",
        BenchCommand.row(phase, new CorePeaks(336, 186)));
  }

  @Test
  void eachPhaseHasARowBelowTheHeads() {
    assumeTrue(CpuLibraries.get().library().isPresent(), CpuLibraries.get().problem());
    List<String> out =
        bench("--engine", "cpu", "--rounds", "1", "--quiet").succeeded().out().lines().toList();
    int heads = 0;
    while (!out.get(heads).startsWith("  phase ")) {
      heads++;
    }
    assertEquals(9, out.size() - heads - 1, String.join("\n", out));
    for (String row : out.subList(heads + 1, out.size())) {
      assertTrue(row.matches("  [a-z_]+( +[0-9.]+){6}  (arithmetic|memory|neither)"), row);
      assertEquals(out.get(heads).indexOf("bound by"), row.lastIndexOf(' ') + 1, row);
    }
  }

  /** One model is always among them; each case has its rounds, and one model's time is its own. */
  @Test
  void manyModelsStandBesideOne() {
    CommandRun result =
        bench("--engine", "cpu", "--models", "3,2", "--rounds", "2", "--json").succeeded();
    assertTrue(result.err().startsWith("round 1/3, not measured: warm-up\nround 2/3\n"));
    JsonObject measured = result.json().getAsJsonObject("result");
    JsonArray cases = measured.getAsJsonArray("cases");
    assertEquals(3, cases.size());
    int epochs = measured.get("epochs_a_turn").getAsInt();
    for (int i = 0; i < 3; i++) {
      JsonObject one = cases.get(i).getAsJsonObject();
      assertEquals(i + 1, one.get("models").getAsInt());
      for (int round = 0; round < 2; round++) {
        double seconds = value(one, "seconds", round);
        double images = value(one, "images_per_second", round);
        assertEquals((i + 1) * epochs * TinyImages.TRAIN, images * seconds, 1e-3);
        double alone = value(cases.get(0).getAsJsonObject(), "seconds", round);
        assertEquals(seconds / alone, value(one, "time_to_one", round), 1e-9);
        assertTrue(value(one, "cpu_seconds", round) > 0, one.toString());
      }
    }
  }

  private static double value(JsonObject of, String name, int index) {
    return of.getAsJsonArray(name).get(index).getAsDouble();
  }

  @Test
  void theTableOfManyModelsHasTheirTimes() {
    List<String> out =
        bench("--engine", "cpu", "--models", "2", "--rounds", "1", "--quiet")
            .succeeded()
            .out()
            .lines()
            .toList();
    assertEquals("Images per second, median of 1 rounds (smallest to largest):", out.get(0));
    assertTrue(out.get(1).matches("  1 model +[0-9,]+ \\([0-9,]+ to [0-9,]+\\)"), out.get(1));
    assertTrue(out.get(2).matches("  2 models at a time +[0-9,]+ \\(.*\\)"), out.get(2));
    assertEquals("Time to that of one model:", out.get(3));
    assertTrue(out.get(4).matches("  1 model +1.00 \\(1.00 to 1.00\\)"), out.get(4));
    assertTrue(out.get(5).matches("  2 models at a time +[0-9.]+ \\(.*\\)"), out.get(5));
  }

  @Test
  void noModelsAreNoCase() {
    assertEquals(
        "--models must be from 1 to 256, not 0.",
        bench("--engine", "cpu", "--models", "2,0").refusal());
    assertEquals(
        ExitCode.DIVERGED,
        bench("--engine", "cpu", "--models", "2", "--rounds", "1", "--lr", "1e30").code());
  }

  @Test
  void aSetPointThatWouldHaveToBeMeasuredIsRefused() {
    assertEquals(
        "bench does not calibrate, so there is no --kl auto: name a set point in nats.",
        bench("--kl", "auto").refusal());
    assertEquals(
        "profile does not calibrate, so there is no --kl auto: name a set point in nats.",
        CommandRun.of("profile", "--data", images.toString(), "--kl", "auto").refusal());
  }

  @Test
  void epochsAreItsRounds() {
    assertEquals("bench has --rounds in place of --epochs.", bench("--epochs", "3").refusal());
    assertEquals(
        "profile has --steps in place of --epochs.",
        CommandRun.of("profile", "--epochs", "3").refusal());
  }

  @Test
  void divergingHasAnExitCodeAndASentenceOfItsOwn() {
    CommandRun result = bench("--engine", "cpu", "--rounds", "1", "--lr", "1e30", "--quiet");
    assertEquals(ExitCode.DIVERGED, result.code(), result.err());
    assertEquals(
        "The benchmark diverged: a loss is not a finite number. A lower --lr may help.\n",
        result.err());
    assertEquals("", result.out());
  }
}
