// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What ends a process, and what a process can do only once. */
@OnEmulator
class EmulatorProcessTest {
  static final String BRIDGE = "resources/io/github/cvaegpu/foreign/linux-x86_64/libcublas.so.12";
  private static final int SECONDS = 60;

  @TempDir Path folder;

  /** How a process ended and what it wrote. */
  private record Outcome(int exitCode, String output) {}

  private Outcome run(String program, Map<String, String> environment)
      throws IOException, InterruptedException {
    Path output = folder.resolve("output.txt");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:-CreateCoredumpOnCrash",
            "-XX:ErrorFile=" + folder.resolve("crash.txt"),
            "-D" + Emulator.FOLDER_PROPERTY + "=" + Emulator.file("").toAbsolutePath(),
            "-cp",
            System.getProperty("java.class.path"),
            ChildPrograms.class.getName(),
            program);
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      assertTrue(process.waitFor(SECONDS, TimeUnit.SECONDS), program + " did not end");
    } finally {
      process.destroyForcibly();
    }
    return new Outcome(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
  }

  private static void assertContains(Outcome outcome, String text) {
    assertTrue(outcome.output().contains(text), outcome.output());
  }

  @Test
  void itSaysThatItIsNoGpu() throws Exception {
    Outcome outcome = run("bind", Map.of());
    assertEquals(0, outcome.exitCode(), outcome.output());
    assertContains(outcome, "this is a software emulator, not a GPU");
  }

  /** Binding at once, not at the first call, shows that no symbol is missing. */
  @Test
  void everySymbolThatJcudaNeedsIsThere() throws Exception {
    Outcome outcome = run("bind", Map.of("LD_BIND_NOW", "1"));
    assertEquals(0, outcome.exitCode(), outcome.output());
    assertContains(outcome, "bound");
  }

  @Test
  void aCallThatIsNotSupportedEndsTheProcessWithItsName() throws Exception {
    Outcome outcome = run("unsupported", Map.of());
    assertNotEquals(0, outcome.exitCode());
    assertContains(outcome, "cvae-gpu emulator: cuMemAllocManaged is not supported");
  }

  @Test
  void thereMayBeNoDevice() throws Exception {
    Outcome outcome = run("no-device", Map.of("CVAE_EMULATOR_DEVICES", "0"));
    assertEquals(0, outcome.exitCode(), outcome.output());
    assertContains(outcome, "CUDA_ERROR_NO_DEVICE");
  }

  @Test
  void aSettingThatMeansNothingIsRefused() throws Exception {
    Outcome outcome = run("no-device", Map.of("CVAE_EMULATOR_DEVICES", "many"));
    assertNotEquals(0, outcome.exitCode());
    assertContains(outcome, "CVAE_EMULATOR_DEVICES cannot be \"many\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"host-access", "host-access-large"})
  void theHostCannotTouchDeviceMemory(String program) throws Exception {
    Outcome outcome = run(program, Map.of());
    assertNotEquals(0, outcome.exitCode());
    assertContains(outcome, "cvae-gpu emulator: host code touched 0x");
    Outcome allowed = run(program, Map.of("CVAE_EMULATOR_HOST_ACCESS", "1"));
    assertEquals(0, allowed.exitCode(), allowed.output());
    assertContains(allowed, Integer.toString(Float.floatToIntBits(1)));
  }

  @Test
  void theBridgeForwardsToCublas13() throws Exception {
    for (String now : List.of("", "1")) {
      Outcome outcome = run("bridge", Map.of("LD_BIND_NOW", now));
      assertEquals(0, outcome.exitCode(), outcome.output());
      assertContains(outcome, "[310.0, 420.0]");
    }
  }

  @Test
  void theBridgeSaysThatItIsNotSetUp() throws Exception {
    Outcome outcome = run("bridge-unset", Map.of());
    assertNotEquals(0, outcome.exitCode());
    assertContains(
        outcome,
        "cvae-gpu: cublasCreate_v2 was called before the bridge to libcublas.so.13 was set up");
  }

  @Test
  void theBridgeSaysWhatItDoesNotForward() throws Exception {
    Outcome outcome = run("bridge-unsupported", Map.of());
    assertNotEquals(0, outcome.exitCode());
    assertContains(outcome, "cvae-gpu: cublasSdot_v2 is not forwarded to libcublas.so.13");
    assertFalse(outcome.output().contains("UnsatisfiedLinkError"), outcome.output());
  }
}
