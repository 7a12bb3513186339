// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.engine.cuda.OnGpu;
import io.github.cvaegpu.launcher.RunningProcess;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged jar where the GPU, or who else uses it, lets it down, as the emulator plants it. */
class CudaFaultsIT {
  private static final int EPOCHS = 3;

  @TempDir static Path temp;
  private static JarProcess jar;
  private static Path images;
  private static Path undisturbed;

  @BeforeAll
  static void trainUndisturbed() throws Exception {
    assumeFalse(OnGpu.isReal(), "a real GPU does not fail when a test would like it to");
    OnGpu.requireEmulator();
    jar = new JarProcess(temp);
    images = TinyImages.writeFolder(temp.resolve("images"), 1);
    undisturbed = temp.resolve("undisturbed");
    RunningProcess.Result result = run(train(undisturbed, "cuda"), Map.of());
    assertEquals(ExitCode.OK, result.code(), result.errors());
  }

  private static List<String> onEmulator(List<String> args, String engine) {
    List<String> all = new ArrayList<>(args);
    all.addAll(List.of("--engine", engine));
    all.addAll(List.of("--cuda-emulator", OnGpu.EMULATOR.toAbsolutePath().toString()));
    return all;
  }

  private static List<String> train(Path out, String engine) {
    List<String> args = new ArrayList<>();
    args.addAll(List.of("train", "--data", images.toString(), "--out", out.toString()));
    args.addAll(List.of("--epochs", Integer.toString(EPOCHS), "--batch", "64"));
    args.addAll(List.of("--hidden", "20,10", "--lr", "0.001", "--kl", "0.5"));
    args.addAll(List.of("--checkpoint-every", "5steps"));
    return onEmulator(args, engine);
  }

  private static List<String> resume(Path out) {
    return onEmulator(
        List.of("train", "--resume", "--out", out.toString(), "--checkpoint-every", "5steps"),
        "cuda");
  }

  private static RunningProcess.Result run(List<String> args, Map<String, String> environment)
      throws IOException, InterruptedException {
    ProcessBuilder process = jar.builder(args);
    process.environment().putAll(environment);
    return new RunningProcess(process).await();
  }

  private static String lastLine(RunningProcess.Result result) {
    return result.errors().lines().reduce("", (before, line) -> line);
  }

  private static void assertUndisturbed(Path run) throws IOException {
    for (String file : List.of("metrics.csv", "checkpoint.safetensors")) {
      assertEquals(-1, Files.mismatch(undisturbed.resolve(file), run.resolve(file)), file);
    }
    assertEquals(ExitReason.COMPLETED, RunDirectory.readRecord(run).exitReason());
  }

  /**
   * In the second epoch, in the third and in the evaluation at the end, by several of a driver's
   * words: started again, the run goes on to the same bits.
   */
  @Test
  void aRunWhoseGpuIsLostGoesOnToTheSameBits() throws Exception {
    Path run = temp.resolve("lost");
    List<String> args = train(run, "cuda");
    long before = 0;
    for (String loss : List.of("60:214", "60:719", "44:999")) {
      RunningProcess.Result lost = run(args, Map.of("CVAE_EMULATOR_LOSE", loss));
      assertEquals(ExitCode.TRY_AGAIN, lost.code(), lost.errors());
      String sentence = lastLine(lost);
      assertTrue(sentence.startsWith("cu"), sentence);
      assertTrue(sentence.contains(" lost"), sentence);
      assertTrue(
          sentence.endsWith(
              "The last checkpoint is kept. To go on: "
                  + jar.command("train", "--resume", "--out", run.toString())),
          sentence);
      assertFalse(lost.errors().contains("Exception"), lost.errors());
      RunRecord record = RunDirectory.readRecord(run);
      assertEquals(ExitReason.FAILED, record.exitReason());
      assertTrue(record.checkpointStep() > before, record.checkpointStep() + " steps");
      assertTrue(record.checkpointStep() <= record.stepsDone());
      before = record.checkpointStep();
      args = resume(run);
    }
    RunningProcess.Result end = run(args, Map.of());
    assertEquals(ExitCode.OK, end.code(), end.errors());
    assertUndisturbed(run);
  }

  @Test
  void aRunWhoseGpuIsLostAtItsFirstStepStartsOver() throws Exception {
    Path run = temp.resolve("at-once");
    List<String> args = train(run, "cuda");
    // The warm-up of whole batches and of the last one come before.
    RunningProcess.Result lost = run(args, Map.of("CVAE_EMULATOR_LOSE", "14:46"));
    assertEquals(ExitCode.TRY_AGAIN, lost.code(), lost.errors());
    assertTrue(
        lastLine(lost)
            .endsWith(
                "There was no checkpoint yet. To start over: "
                    + jar.command("train", "--resume", "--out", run.toString())),
        lost.errors());
    RunningProcess.Result end = run(resume(run), Map.of());
    assertEquals(ExitCode.OK, end.code(), end.errors());
    assertUndisturbed(run);
  }

  @Test
  void whatTrainsSeveralRunsGoesOnByTheSameCommand() throws Exception {
    List<String> args = new ArrayList<>();
    args.addAll(List.of("calibrate", "--data", images.toString(), "--batch", "64"));
    args.addAll(List.of("--hidden", "20,10", "--calibration-epochs", "1"));
    args.addAll(List.of("--out", temp.resolve("calibration").toString()));
    args = onEmulator(args, "cuda");
    RunningProcess.Result lost = run(args, Map.of("CVAE_EMULATOR_LOSE", "90:700"));
    assertEquals(ExitCode.TRY_AGAIN, lost.code(), lost.errors());
    assertTrue(
        lastLine(lost).endsWith(" Everything so far is kept. The same command goes on."),
        lost.errors());
    RunningProcess.Result end = run(args, Map.of());
    assertEquals(ExitCode.OK, end.code(), end.errors());
  }

  /** Asked for, it ends; taken by itself, the CPU does it, and why is said. */
  @Test
  void aGpuThatCannotBeUsedIsASentenceOrTheCpus() throws Exception {
    Map<String, String> faults =
        Map.of(
            "CVAE_EMULATOR_MEMORY_MB=16",
            "cuMemAlloc\\(33554432 bytes\\) failed: the GPU has too little free memory, \\d+ MB of"
                + " 16 MB, .*\\.",
            "CVAE_EMULATOR_COMPUTE_MODE=exclusive",
            ".* is in compute mode exclusive process, and another program has it .*\\.",
            "CVAE_EMULATOR_CAPABILITY=70",
            ".* has compute capability 7\\.0, and the CUDA engine needs 7\\.5 or newer: .*\\.");
    for (Map.Entry<String, String> fault : faults.entrySet()) {
      String[] setting = fault.getKey().split("=", 2);
      Map<String, String> environment = Map.of(setting[0], setting[1]);
      Path out = temp.resolve(setting[0]);
      RunningProcess.Result asked = run(train(out, "cuda"), environment);
      // Memory may be free another time.
      boolean isMemory = setting[0].equals("CVAE_EMULATOR_MEMORY_MB");
      assertEquals(isMemory ? ExitCode.TRY_AGAIN : ExitCode.FAILED, asked.code(), asked.errors());
      assertTrue(lastLine(asked).matches(fault.getValue()), asked.errors());
      assertTrue(Files.notExists(out), "a folder is left behind");
      RunningProcess.Result auto = run(train(out, "auto"), environment);
      assertEquals(ExitCode.OK, auto.code(), auto.errors());
      List<String> lines =
          auto.errors().lines().filter(line -> !line.startsWith("cvae-gpu: ")).toList();
      assertTrue(lines.get(0).startsWith("Engine cpu on "), auto.errors());
      assertTrue(
          lines.get(1).matches("Warning: the GPU was not taken\\. " + fault.getValue()),
          auto.errors());
    }
  }

  @Test
  void aVariableThatHidesAllGpusIsNamed() throws Exception {
    Path out = temp.resolve("hidden");
    for (String visible : List.of("", "banana")) {
      RunningProcess.Result result =
          run(
              train(out, "cuda"),
              Map.of("CVAE_EMULATOR_DEVICES", "0", "CUDA_VISIBLE_DEVICES", visible));
      assertEquals(ExitCode.FAILED, result.code(), result.errors());
      assertTrue(
          lastLine(result)
              .startsWith(
                  "The NVIDIA driver sees no GPU: CUDA_VISIBLE_DEVICES is '%s' and hides them all"
                      .formatted(visible)),
          result.errors());
    }
  }

  @Test
  void launchesThatBlockTakeLongerAndGiveTheSameBits() throws Exception {
    Path out = temp.resolve("blocking");
    RunningProcess.Result result =
        run(
            train(out, "cuda"),
            Map.of("CVAE_EMULATOR_LAUNCH_BLOCKING", "1", "CUDA_LAUNCH_BLOCKING", "1"));
    assertEquals(ExitCode.OK, result.code(), result.errors());
    assertTrue(result.errors().contains("Warning: CUDA_LAUNCH_BLOCKING is set, "), result.errors());
    assertUndisturbed(out);
  }

  /** They know nothing of each other; on a GPU, they only share its time and its memory. */
  @Test
  void twoProcessesAtATimeGiveTheSameBits() throws Exception {
    Path one = temp.resolve("one-of-two");
    Path other = temp.resolve("other-of-two");
    RunningProcess first = jar.start(train(one, "cuda"));
    RunningProcess.Result second = jar.run(train(other, "cuda"));
    RunningProcess.Result firstResult = first.await();
    assertEquals(ExitCode.OK, firstResult.code(), firstResult.errors());
    assertEquals(ExitCode.OK, second.code(), second.errors());
    assertUndisturbed(one);
    assertUndisturbed(other);
  }
}
