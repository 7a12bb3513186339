// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.Program;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Command lines for profilers. */
class ProfilerLinesTest {
  private static String ncu(String... arguments) {
    return new ProfilerLines(List.of("java", "Main"), List.of(arguments))
        .lines().stream()
            .filter(line -> line.tool().equals("ncu"))
            .map(ProfilerLines.Line::line)
            .findFirst()
            .orElseThrow();
  }

  @Test
  void theProgramIsRunAsItWas() {
    String line = ncu("profile", "--hidden", "20,10", "--data", "my images");
    assertTrue(
        line.endsWith(
            " java Main profile --hidden 20,10 --data 'my images' --for-profiler launches"
                + " --warm-up 2 --steps 1"),
        line);
  }

  @Test
  void optionsThatTheLineSetsAreNotGivenTwice() {
    String line = ncu("profile", "--steps", "7", "--warm-up=3", "--json", "--lr", "0.1");
    assertTrue(
        line.endsWith(" Main profile --lr 0.1 --for-profiler launches --warm-up 2 --steps 1"),
        line);
  }

  @Test
  void theJvmIsStartedAsByTheLauncherButWithoutItsWatch() {
    assertEquals(
        List.of(
            "/jdk/bin/java",
            "-XX:+UseSerialGC",
            "-Xmx8g",
            "-Xlog:gc",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            "cvae-gpu.jar",
            "io.github.cvaegpu.cli.CvaeGpu"),
        ProfilerLines.jvm(
            Path.of("/jdk/bin/java"),
            Map.of("CVAE_GPU_JAVA_OPTS", "-Xmx8g  -Xlog:gc"),
            "cvae-gpu.jar"));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {"a-b_c=1.5,2:/x@y+%, a-b_c=1.5,2:/x@y+%", "it's, 'it'\\''s'", "$HOME, '$HOME'"},
      delimiterString = ", ")
  void wordsAreQuotedForAShell(String word, String quoted) {
    assertEquals(quoted, Program.quoted(word));
  }
}
