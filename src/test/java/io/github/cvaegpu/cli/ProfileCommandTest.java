// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.engine.cuda.OnGpu;
import io.github.cvaegpu.foreign.CudaLibraries;
import io.github.cvaegpu.foreign.Nvtx;
import io.github.cvaegpu.foreign.NvtxTool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code profile} on a small network. */
@ExtendWith(OnGpu.class)
class ProfileCommandTest {
  @TempDir static Path temp;
  private static Path images;

  @TempDir Path folder;

  @BeforeAll
  static void drawImages() throws IOException {
    images = TinyImages.writeFolder(temp.resolve("images"), 1);
  }

  private static List<String> profile(String... options) {
    List<String> args =
        new ArrayList<>(
            List.of("profile", "--data", images.toString(), "--hidden", "20,10", "--batch", "64"));
    Collections.addAll(args, options);
    return args;
  }

  @Test
  void printsATableAndHowToLookCloser() {
    CommandRun run =
        CommandRun.of(profile("--steps", "3", "--warm-up", "1", "--step", "cublas")).succeeded();
    assertTrue(run.err().startsWith("Engine cuda on "), run.err());
    assertTrue(run.err().contains(": cuBLAS step: asked for, "), run.err());
    assertTrue(run.out().contains("A step of 64 images"), run.out());
    assertTrue(run.out().contains(" nodes, its 3 branches side by side: "), run.out());
    for (String kernel : List.of("gather_batch", "latent_backward", "adam_update")) {
      assertEquals(
          1,
          run.out().lines().filter(line -> line.contains(" " + kernel + " ")).count(),
          run.out());
    }
    assertEquals(
        CudaLibraries.emulator().isPresent(), run.out().contains("WARNING: this is NO GPU"));
    for (String tool : List.of("nsys profile ", "ncu ", "compute-sanitizer ")) {
      String line =
          run.out().lines().filter(text -> text.startsWith(tool)).findFirst().orElseThrow();
      assertTrue(line.contains(" io.github.cvaegpu.cli.CvaeGpu profile --data " + images), line);
      assertTrue(line.contains(" --for-profiler "), line);
    }
  }

  @Test
  void aFusedStepHasNoBranches() {
    CommandRun run = CommandRun.of(profile("--steps", "1", "--warm-up", "1")).succeeded();
    assertTrue(
        run.out().contains("the step is a graph of 6 nodes, each after the one before: "),
        run.out());
  }

  @Test
  void jsonHasARowForEachLaunch() {
    CommandRun run = CommandRun.of(profile("--steps", "2", "--warm-up", "1", "--json")).succeeded();
    assertTrue(run.err().contains(": fused step, "), run.err());
    assertEquals(1, run.out().lines().count());
    JsonObject json = run.json();
    assertEquals(
        Set.of("dataset", "data", "reading", "plan", "result", "command_lines"), json.keySet());
    JsonObject result = json.getAsJsonObject("result");
    assertEquals(
        Set.of(
            "engine",
            "is_emulated",
            "steps",
            "rows",
            "serial_micros",
            "event_micros",
            "graph_micros",
            "graph_nodes",
            "graph_branches",
            "peaks"),
        result.keySet());
    assertEquals(2, result.get("steps").getAsInt());
    Set<String> seen = new HashSet<>();
    for (JsonElement element : result.getAsJsonArray("rows")) {
      JsonObject row = element.getAsJsonObject();
      assertEquals(
          Set.of(
              "phase",
              "kernel",
              "shape",
              "count",
              "micros",
              "bytes",
              "flop",
              "roofline",
              "is_bound_by_memory"),
          row.keySet());
      String kernel = row.get("kernel").getAsString();
      // Two layers of one launch shape still differ in their work.
      assertTrue(seen.add(row.get("phase") + kernel + row.get("shape") + row.get("flop")), kernel);
      assertEquals(kernel.equals("step_begin"), row.get("micros").isJsonNull(), kernel);
    }
    // A timed step begins with one that is not there in training.
    assertEquals(result.get("graph_nodes").getAsInt() + 1, seen.size());
    JsonObject line = json.getAsJsonArray("command_lines").get(0).getAsJsonObject();
    assertEquals(Set.of("tool", "purpose", "line"), line.keySet());
    assertFalse(line.get("line").getAsString().contains("--json"));
  }

  /** The whole program, in a process with a profiler attached as profilers are. */
  @Test
  void aProfilerIsToldOfEpochsStepsAndPhases() throws Exception {
    List<String> told = underAProfiler("launches", "cublas");
    int step = told.indexOf("push step 1");
    assertEquals("domain cvae-gpu", told.getFirst());
    assertEquals(
        List.of(
            "push step 1",
            "push stepBegin 64",
            "pop",
            "push gather 64",
            "pop",
            "push encode 64",
            "pop",
            "push latent 64",
            "pop",
            "push decode 64",
            "pop",
            "push output 64",
            "pop",
            "push decodeBackward 64",
            "pop",
            "push latentBackward 64",
            "pop",
            "push stepEnd 64",
            "pop",
            "push encodeBackward 64",
            "pop",
            "push parameterGradients 64",
            "pop",
            "push update 64",
            "pop",
            "pop"),
        told.subList(step, step + 26));
    assertTrue(told.contains("push epoch 0"), told::toString);
    assertTrue(told.indexOf("push epoch 0") < told.indexOf("push step 0"), told::toString);
  }

  @Test
  void aProfilerIsToldOfTheSixPhasesOfAFusedStep() throws Exception {
    List<String> told = underAProfiler("launches", "fused");
    int step = told.indexOf("push step 1");
    assertEquals(
        List.of(
            "push step 1",
            "push firstForward 64",
            "pop",
            "push middleForward 64",
            "pop",
            "push outputLoss 64",
            "pop",
            "push outputBackward 64",
            "pop",
            "push middleBackward 64",
            "pop",
            "push update 64",
            "pop",
            "pop"),
        told.subList(step, step + 14));
  }

  @Test
  void aReplayedStepHasARangeAndNoPhases() throws Exception {
    List<String> told = underAProfiler("graph", "auto");
    // Whole batches and the last one are captured, with their phases.
    assertTrue(told.contains("push capture 64"), told::toString);
    assertTrue(told.contains("push capture 44"), told::toString);
    List<String> replayed = told.subList(told.indexOf("push epoch 0"), told.size());
    assertTrue(replayed.contains("mark beta 2"), replayed::toString);
    int step = replayed.indexOf("push step 2");
    assertEquals(List.of("push step 2", "pop"), replayed.subList(step, step + 2));
    assertFalse(replayed.contains("push update 64"), replayed::toString);
  }

  private List<String> underAProfiler(String window, String step) throws Exception {
    assumeTrue(
        Nvtx.isInJar(),
        "this build has no libcvae-nvtx.so: it needs a C compiler and NVTX's headers in CUDA_HOME");
    NvtxTool tool = NvtxTool.compile(folder);
    List<String> command =
        ProfilerLines.jvm(
            Path.of(System.getProperty("java.home"), "bin", "java"),
            System.getenv(),
            System.getProperty("java.class.path"));
    command.addAll(profile("--for-profiler", window, "--warm-up", "1", "--steps", "2"));
    command.addAll(List.of("--step", step));
    CudaLibraries.emulator()
        .ifPresent(emulator -> Collections.addAll(command, "--cuda-emulator", emulator.toString()));
    var builder = new ProcessBuilder(command);
    builder.environment().put("NVTX_INJECTION64_PATH", tool.library().toString());
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(ExitCode.OK, process.waitFor(), output);
    return tool.told();
  }
}
