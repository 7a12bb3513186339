// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.engine.cuda.OnGpu;
import io.github.cvaegpu.foreign.NvidiaWheels;
import io.github.cvaegpu.foreign.StubLibraries;
import io.github.cvaegpu.launcher.RunningProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * What doctor promises is what train does, with the emulator as this machine's driver: found by the
 * dynamic linker, as a real one is, and given the jar's own kernels.
 */
@Execution(ExecutionMode.CONCURRENT)
class DoctorProcessTest {
  @TempDir private Path folder;
  private Path toolkit;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void makeToolkit() throws IOException {
    toolkit = Files.createDirectories(folder.resolve("toolkit/lib64"));
    environment.put("CUDA_HOME", toolkit.getParent().toString());
    environment.put("XDG_CACHE_HOME", Files.createDirectories(folder.resolve("cache")).toString());
    environment.put("CVAE_GPU_OFFLINE", "1");
  }

  private RunningProcess.Result run(String... arguments) throws IOException, InterruptedException {
    return start(CvaeGpu.class, arguments);
  }

  private RunningProcess.Result start(Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    ProcessBuilder builder = NvidiaWheels.java(main, arguments).redirectErrorStream(false);
    builder.environment().keySet().removeAll(List.of("CVAE_GPU_DATA", "VIRTUAL_ENV"));
    builder.environment().putAll(environment);
    return new RunningProcess(builder).await();
  }

  private void useEmulator(String driver) {
    OnGpu.requireEmulator();
    environment.put("LD_LIBRARY_PATH", OnGpu.EMULATOR.toAbsolutePath().toString());
    environment.put("CVAE_EMULATOR_DRIVER", driver);
  }

  private static String row(RunningProcess.Result result, String name) {
    return result
        .text()
        .lines()
        .map(line -> line.replaceFirst("^(GPU)? +", ""))
        .filter(line -> line.startsWith(name + ": "))
        .findFirst()
        .orElseThrow(() -> new AssertionError(result.text()));
  }

  private RunningProcess.Result train(String name, String... more)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>();
    Path images = TinyImages.writeFolder(folder.resolve("images of " + name), 1);
    arguments.addAll(List.of("train", "--data", images.toString(), "--epochs", "1"));
    arguments.addAll(List.of("--hidden", "20,10", "--batch", "64", "--kl", "0.5"));
    arguments.addAll(List.of("--out", folder.resolve(name).toString()));
    arguments.addAll(List.of(more));
    return run(arguments.toArray(String[]::new));
  }

  @Test
  void aGpuThatCanBeUsedIsPromisedAndTaken() throws Exception {
    useEmulator("13.0");
    StubLibraries.nvrtc(toolkit, 13);
    RunningProcess.Result doctor = run("doctor");
    assertEquals("training   can run, on the GPU", doctor.text().lines().toList().getLast());
    assertEquals(0, doctor.code());
    String trial = row(doctor, "trial");
    assertTrue(
        trial.matches(
            "trial: the GPU trained a step: driver for CUDA 13\\.0, cuBLAS 12\\.6\\.0,"
                + " kernels (of the jar|compiled by NVRTC 13\\.4)"),
        trial);
    environment.put("NVIDIA_TF32_OVERRIDE", "1");
    RunningProcess.Result train = train("gpu");
    assertEquals(0, train.code(), train.errors());
    assertTrue(train.errors().contains("Engine cuda on cvae-gpu emulator"), train.errors());
    assertTrue(
        train
            .errors()
            .contains(
                "Warning: NVIDIA_TF32_OVERRIDE=1 in the environment has no effect: --precision says"
                    + " how to multiply."),
        train.errors());
  }

  @Test
  void aProfileWarnsOfTheEnvironmentThatBlocksLaunches() throws Exception {
    useEmulator("12.6");
    environment.put("CUDA_LAUNCH_BLOCKING", "1");
    Path images = TinyImages.writeFolder(folder.resolve("images"), 1);
    List<String> arguments = new ArrayList<>(List.of("profile", "--data", images.toString()));
    arguments.addAll(List.of("--hidden", "20,10", "--batch", "64"));
    arguments.addAll(List.of("--steps", "1", "--warm-up", "1"));
    arguments.addAll(List.of("--cuda-emulator", OnGpu.EMULATOR.toAbsolutePath().toString()));
    RunningProcess.Result profile = run(arguments.toArray(String[]::new));
    assertEquals(0, profile.code(), profile.errors());
    assertTrue(
        profile.errors().contains("Warning: CUDA_LAUNCH_BLOCKING is set,"), profile.errors());
  }

  @Test
  void aGpuWhoseDriverIsTooOldForCublasIsNotPromisedAndNotTaken() throws Exception {
    useEmulator("11.8");
    RunningProcess.Result doctor = run("doctor");
    assertEquals("training   can run, on the CPU", doctor.text().lines().toList().getLast());
    assertTrue(row(doctor, "cuBLAS").startsWith("cuBLAS: missing. "), doctor.text());
    RunningProcess.Result auto = train("cpu");
    assertEquals(0, auto.code(), auto.errors());
    assertTrue(auto.errors().contains("Engine cpu on "), auto.errors());
    // The jar's kernels, or that it has none, come before cuBLAS.
    assertTrue(auto.errors().contains("Warning: the GPU was not taken. The jar"), auto.errors());
    RunningProcess.Result quiet = train("quiet", "--quiet");
    assertEquals(0, quiet.code(), quiet.errors());
    assertTrue(quiet.errors().contains("Warning: the GPU was not taken. The jar"), quiet.errors());
    assertFalse(quiet.errors().contains("Engine "), quiet.errors());
    RunningProcess.Result scored = run("evaluate", folder.resolve("quiet").toString());
    assertTrue(scored.errors().contains("Warning: the GPU was not taken. The"), scored.errors());
    RunningProcess.Result cuda = train("none", "--engine", "cuda");
    assertEquals(1, cuda.code(), cuda.errors());
    assertTrue(cuda.errors().contains("The jar"), cuda.errors());
    assertFalse(Files.exists(folder.resolve("none")));
  }

  /** NVIDIA's own cuBLAS, which takes the emulator for no driver. */
  @Test
  void aGpuThatCublasDoesNotTakeIsNotPromisedAndNotTaken() throws Exception {
    environment.put("VIRTUAL_ENV", NvidiaWheels.prefix().toString());
    useEmulator("13.0");
    Path alone = Files.createDirectories(folder.resolve("driver"));
    for (String file : List.of("libcuda.so.1", "kernels.so")) {
      Files.copy(OnGpu.EMULATOR.resolve(file), alone.resolve(file));
    }
    environment.put("LD_LIBRARY_PATH", alone.toString());
    RunningProcess.Result doctor = run("doctor");
    assumeTrue(row(doctor, "cuBLAS").contains("libcublas.so.13"), "this machine has cuBLAS 12");
    assertTrue(row(doctor, "cublasLt").contains(", version 13."), doctor.text());
    assertTrue(row(doctor, "NVRTC").contains(" compiles for sm_90"), doctor.text());
    assertTrue(row(doctor, "trial").startsWith("trial: failed. cublasCreate()"), doctor.text());
    assertEquals("training   can run, on the CPU", doctor.text().lines().toList().getLast());
    RunningProcess.Result train = train("cpu");
    assertEquals(0, train.code(), train.errors());
    assertTrue(train.errors().contains("Engine cpu on "), train.errors());
    assertTrue(
        train.errors().contains("Warning: the GPU was not taken. cublasCreate()"), train.errors());
    assertTrue(train.errors().contains(" (the GPU was not taken)"), train.errors());
  }

  /** One that can be opened, but has no memory, or whose first kernel fails, or not all of them. */
  @Test
  void aGpuThatTrainsNothingIsNotPromised() throws Exception {
    OnGpu.requireEmulator();
    String emulator = OnGpu.EMULATOR.toAbsolutePath().toString();
    Map<String, String> faults =
        Map.of(
            "CVAE_EMULATOR_TAKEN_MB=4096", "cuMemAlloc\\(.*",
            "CVAE_EMULATOR_FAIL=cuMemAlloc:1:2", "cuMemAlloc\\(.*",
            "CVAE_EMULATOR_LOSE=1:719", "cu.* is lost to this process.*");
    for (Map.Entry<String, String> fault : faults.entrySet()) {
      String[] setting = fault.getKey().split("=", 2);
      environment.put(setting[0], setting[1]);
      RunningProcess.Result doctor = run("doctor", "--cuda-emulator", emulator);
      assertEquals("training   can run, on the CPU", doctor.text().lines().toList().getLast());
      assertTrue(
          row(doctor, "trial").matches("trial: failed\\. " + fault.getValue()), doctor.text());
      environment.remove(setting[0]);
    }
    environment.put("CVAE_EMULATOR_MULTIPROCESSORS", "1");
    RunningProcess.Result small = run("doctor", "--cuda-emulator", emulator);
    assertEquals("training   can run, on the GPU", small.text().lines().toList().getLast());
    RunningProcess.Result train = train("small", "--engine", "cuda", "--cuda-emulator", emulator);
    assertEquals(0, train.code(), train.errors());
  }

  /** A path alone would be no reason. */
  @Test
  void aPlaceThatTakesNoLibrariesIsNamedWithTheReason() throws Exception {
    OnGpu.requireEmulator();
    environment.put("XDG_CACHE_HOME", "/proc/cache");
    environment.put("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=/proc");
    RunningProcess.Result train =
        train(
            "none",
            "--engine",
            "cuda",
            "--cuda-emulator",
            OnGpu.EMULATOR.toAbsolutePath().toString());
    assertEquals(1, train.code(), train.errors());
    String sentence = train.errors().lines().toList().getLast();
    assertTrue(
        sentence.matches(
            "JCuda could not be loaded: neither the user's cache nor the folder for temporary files"
                + " can hold it \\(/proc/.+: .+\\)\\."),
        sentence);
  }

  /** Data that cannot be had are not spoken of, for they were not looked for. */
  @Test
  void withoutADriverNoDataAreLookedFor() throws Exception {
    assumeTrue(
        row(run("doctor"), "driver").startsWith("driver: missing."), "this machine has a driver");
    Map<String, String> expected = new LinkedHashMap<>();
    for (String command :
        List.of(
            "train --engine cuda",
            "calibrate --engine cuda",
            "reproduce --engine cuda",
            "bench --engine cuda",
            "profile")) {
      expected.put(
          command + " --data mnist",
          "No NVIDIA driver was found \\(libcuda\\.so\\.1\\): install NVIDIA's driver; in a"
              + " container, start it with --gpus all\\.\nexit 1: ");
    }
    for (String command : List.of("train", "bench")) {
      for (String option : List.of("--precision tf32", "--step fused", "--tune force")) {
        expected.put(
            command + " " + option + " --data mnist",
            "(?s).*" + option + " needs a GPU\\. No NVIDIA driver.*\nexit 2: ");
      }
    }
    RunningProcess.Result result =
        start(CommandSession.class, expected.keySet().toArray(String[]::new));
    String rest = result.text();
    for (Map.Entry<String, String> one : expected.entrySet()) {
      String[] parts = rest.split(Pattern.quote(one.getKey()) + "\n", 2);
      assertEquals(2, parts.length, one.getKey() + ": " + rest + result.errors());
      assertTrue(parts[0].matches(one.getValue()), one.getKey() + ": " + parts[0]);
      rest = parts[1];
    }
  }
}
