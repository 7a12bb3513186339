// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.cuda.OnGpu;
import io.github.cvaegpu.foreign.CudaLibraries;
import io.github.cvaegpu.launcher.RunningProcess;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training on a GPU by the packaged jar: on the machine's own, or on the emulator. */
class CudaTrainIT {
  @TempDir static Path temp;
  private static JarProcess jar;
  private static Path images;

  @BeforeAll
  static void drawImages() throws IOException {
    jar = new JarProcess(temp);
    images = TinyImages.writeFolder(temp.resolve("images"), 1);
  }

  private static List<String> onGpu(Path emulator) {
    List<String> options = new ArrayList<>(List.of("--engine", "cuda"));
    if (!OnGpu.isReal()) {
      options.addAll(List.of("--cuda-emulator", emulator.toString()));
    }
    return options;
  }

  private static List<String> onGpu() {
    if (!OnGpu.isReal()) {
      OnGpu.requireEmulator();
    }
    return onGpu(OnGpu.EMULATOR.toAbsolutePath());
  }

  private static List<String> train(Path out, int epochs, List<String> engine) {
    List<String> args = new ArrayList<>();
    args.addAll(List.of("train", "--data", images.toString(), "--out", out.toString()));
    args.addAll(List.of("--epochs", Integer.toString(epochs), "--batch", "64"));
    args.addAll(List.of("--hidden", "20,10", "--lr", "0.001", "--kl", "0.5"));
    args.addAll(engine);
    return args;
  }

  private static List<String> resume(Path out, int epochs, List<String> engine) {
    List<String> args = new ArrayList<>(List.of("train", "--resume", "--out", out.toString()));
    args.addAll(List.of("--epochs", Integer.toString(epochs)));
    args.addAll(engine);
    return args;
  }

  /**
   * Every figure of every step to one in a thousand: float rounding, through thirty of Adam's
   * steps.
   */
  private static void assertSameFigures(Path expected, Path actual) throws IOException {
    List<String> a = Files.readAllLines(expected.resolve("metrics.csv"));
    List<String> b = Files.readAllLines(actual.resolve("metrics.csv"));
    assertEquals(a.size(), b.size());
    assertEquals(a.getFirst(), b.getFirst());
    for (int row = 1; row < a.size(); row++) {
      String[] one = a.get(row).split(",", -1);
      String[] other = b.get(row).split(",", -1);
      for (int column = 0; column < one.length; column++) {
        double figure = Double.parseDouble(one[column]);
        assertEquals(
            figure, Double.parseDouble(other[column]), 1e-3 * Math.abs(figure), a.get(row));
      }
    }
  }

  @Test
  void aRunOnTheGpuHasTheFiguresOfTheCpuAndMovesBetweenThem() throws Exception {
    Path onCpu = temp.resolve("cpu");
    Path onBoth = temp.resolve("both");
    List<String> cpu = List.of("--engine", "cpu");
    assertEquals(0, jar.run(train(onCpu, 6, cpu)).code());
    RunningProcess.Result first = jar.run(train(onBoth, 2, onGpu()));
    assertEquals(0, first.code(), first.errors());
    assertTrue(first.errors().contains("Engine cuda on "), first.errors());
    assertTrue(first.errors().contains("(asked for)"), first.errors());
    assertTrue(OnGpu.isReal() || first.errors().contains("NO GPU"), first.errors());
    RunningProcess.Result second = jar.run(resume(onBoth, 4, cpu));
    assertEquals(0, second.code(), second.errors());
    assertTrue(second.errors().contains("its bits may differ"), second.errors());
    RunningProcess.Result third = jar.run(resume(onBoth, 6, onGpu()));
    assertEquals(0, third.code(), third.errors());

    assertSameFigures(onCpu, onBoth);
    RunRecord record = RunDirectory.readRecord(onBoth);
    assertEquals(ExitReason.COMPLETED, record.exitReason());
    assertEquals(
        List.of("cuda", "cpu", "cuda"),
        record.sessions().stream().map(session -> session.engine().engine()).toList());
    EngineInfo gpu = record.sessions().getFirst().engine();
    assertTrue(gpu.library().startsWith("fused step, "), gpu.library());
    assertTrue(gpu.tuning().contains(" steps a launch ("), gpu.tuning());
    String onTheCpu = record.sessions().get(1).engine().tuning();
    assertFalse(onTheCpu.contains("launch"), onTheCpu);
    assertEquals(
        RunDirectory.readRecord(onCpu).metrics().test().elbo().mean(),
        record.metrics().test().elbo().mean(),
        0.1);
  }

  @Test
  void twoRunsOnTheGpuAreTheSameBits() throws Exception {
    Path one = temp.resolve("one");
    Path other = temp.resolve("other");
    assertEquals(0, jar.run(train(one, 3, onGpu())).code());
    assertEquals(0, jar.run(train(other, 3, onGpu())).code());
    for (String file : List.of("metrics.csv", "checkpoint.safetensors")) {
      assertEquals(-1, Files.mismatch(one.resolve(file), other.resolve(file)), file);
    }
  }

  /** JCuda is made for cuBLAS 12; where there is only cuBLAS 13, the bridge leads to it. */
  @Test
  void aSweepIsSharedByTwoDevices() throws Exception {
    List<String> sweep = new ArrayList<>(List.of("sweep", "--data", images.toString()));
    sweep.addAll(List.of("--set", "lr=0.001,0.002,1e30", "--epochs", "2", "--batch", "64"));
    sweep.addAll(List.of("--hidden", "20,10", "--beta", "1", "--measure", "elbo"));
    sweep.addAll(onGpu());
    Path one = temp.resolve("one device");
    sweep.addAll(List.of("--out", one.toString()));
    assertEquals(0, jar.run(sweep).code());
    Path two = temp.resolve("two devices");
    sweep.removeLast();
    sweep.addAll(List.of(two.toString(), "--devices", "0,1"));
    RunningProcess.Result shared = jar.run(sweep);
    assertEquals(0, shared.code(), shared.errors());
    assertTrue(shared.errors().contains("GPU 0: Engine cuda on "), shared.errors());
    assertTrue(shared.errors().contains("GPU 0: run 1/2  lr=0.001_seed=0"), shared.errors());
    assertTrue(shared.errors().contains("GPU 1: run 1/1  lr=0.002_seed=0"), shared.errors());
    assertTrue(shared.text().startsWith("3 runs: 2 completed, 1 diverged."), shared.text());
    for (String run : List.of("lr=0.001_seed=0", "lr=0.002_seed=0")) {
      assertEquals(
          RunDirectory.readRecord(one.resolve("runs").resolve(run)).parametersSha256(),
          RunDirectory.readRecord(two.resolve("runs").resolve(run)).parametersSha256());
    }
    assertTrue(Files.exists(two.resolve("report.html")));
  }

  @Test
  void cublas13WillDo() throws Exception {
    assumeFalse(OnGpu.isReal(), "a real GPU is used with what cuBLAS the machine has");
    OnGpu.requireEmulator();
    Path folder = Files.createDirectories(temp.resolve("cuda-13"));
    for (String file : List.of("libcuda.so.1", "libcublas.so.13", "kernels.so")) {
      Files.copy(OnGpu.EMULATOR.resolve(file), folder.resolve(file));
    }
    ProcessBuilder process = jar.builder(train(temp.resolve("on-13"), 1, onGpu(folder)));
    // An older driver takes no cuBLAS 13.
    process.environment().put("CVAE_EMULATOR_DRIVER", "13.0");
    RunningProcess.Result result = new RunningProcess(process).await();
    assertEquals(0, result.code(), result.errors());
    assertTrue(result.errors().contains("Engine cuda on "), result.errors());
  }

  @Test
  void precisionIsSaidAndRecorded() throws Exception {
    Path out = temp.resolve("tf32");
    List<String> engine = new ArrayList<>(onGpu());
    engine.addAll(List.of("--precision", "tf32"));
    RunningProcess.Result result = jar.run(train(out, 1, engine));
    assertEquals(0, result.code(), result.errors());
    assertTrue(result.errors().contains("tf32"), result.errors());
    assertEquals("tf32", RunDirectory.readRecord(out).sessions().getFirst().engine().precision());
  }

  @Test
  void tooLittleMemoryIsASentence() throws Exception {
    assumeFalse(OnGpu.isReal(), "a real GPU's memory cannot be made small");
    OnGpu.requireEmulator();
    ProcessBuilder process = jar.builder(train(temp.resolve("large"), 1, onGpu()));
    process.environment().put("CVAE_EMULATOR_MEMORY_MB", "16");
    RunningProcess.Result result = new RunningProcess(process).await();
    assertEquals(ExitCode.TRY_AGAIN, result.code(), result.errors());
    String sentence = result.errors().lines().toList().getLast();
    assertTrue(sentence.matches("cuMemAlloc\\(.* bytes\\) failed: .*"), sentence);
    assertTrue(sentence.contains(" end other programs that use the GPU"), sentence);
  }

  @Test
  void withoutAGpuTheMissingLinkIsNamed() throws Exception {
    assumeTrue(
        new CudaLibraries().loadDriver().isEmpty(), "this machine has an NVIDIA driver of its own");
    Path out = temp.resolve("never");
    RunningProcess.Result result = jar.run(train(out, 1, List.of("--engine", "cuda")));
    assertEquals(ExitCode.FAILED, result.code(), result.errors());
    assertEquals(
        "No NVIDIA driver was found (libcuda.so.1): install NVIDIA's driver; in a container, start"
            + " it with --gpus all.",
        result.errors().strip());
    assertTrue(Files.notExists(out));
    RunningProcess.Result auto = jar.run(train(temp.resolve("auto"), 1, List.of()));
    assertEquals(0, auto.code(), auto.errors());
    assertTrue(
        auto.errors().lines().findFirst().orElse("").endsWith("(no GPU: see doctor)"),
        auto.errors());
  }
}
