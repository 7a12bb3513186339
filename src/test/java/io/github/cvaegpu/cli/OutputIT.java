// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.launcher.RunningProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the packaged jar does where its standard output cannot be written. */
@EnabledOnOs(OS.LINUX)
class OutputIT {
  private static final String SMALL =
      " --data images --engine cpu --threads 1 --batch 64 --hidden 8 --quiet";

  @TempDir static Path temp;
  private static JarProcess jar;

  @BeforeAll
  static void train() throws Exception {
    jar = new JarProcess(temp);
    TinyImages.writeFolder(temp.resolve("images"), 1);
    RunningProcess.Result result = jar.run(words("train --epochs 1 --out run" + SMALL));
    assertEquals(0, result.code(), result.errors());
  }

  private static List<String> words(String command) {
    return List.of(command.split(" ", -1));
  }

  private static RunningProcess.Result shell(String script, String command) throws Exception {
    var builder = jar.builder(words(command));
    List<String> start = List.copyOf(builder.command());
    builder.command(new ArrayList<>(List.of("bash", "-c", script, "bash")));
    builder.command().addAll(start);
    return new RunningProcess(builder).await();
  }

  /** The program has a pipe of its launcher's in place of the user's standard input. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "printf '1,2\n3,4\n' | \"$@\"",
        "printf '1,2\n3,4\n' > points; \"$@\" < points",
        "exec 3< <(printf '1,2\n3,4\n'); \"$@\" <&3"
      })
  void pointsAreReadFromStandardInput(String script) throws Exception {
    RunningProcess.Result result =
        shell(script, "decode run --input - --output points.npy --engine cpu --overwrite");
    assertEquals(0, result.code(), result.errors());
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"$@\" < /dev/null", "true | \"$@\"", "\"$@\" <&-"})
  void anEmptyStandardInputIsASentence(String script) throws Exception {
    RunningProcess.Result result =
        shell(script, "decode run --input - --output points.npy --engine cpu");
    assertEquals(2, result.code(), result.errors());
    assertEquals(1, result.errors().lines().count(), result.errors());
  }

  /** Every command that prints: {@code profile} needs a GPU, and {@code data fetch} a network. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--version",
        "--help",
        "help train",
        "profile --help",
        "train --epochs 1 --json --out run-json" + SMALL,
        "train --epochs 1 --out run-lines --data images --engine cpu --batch 64 --hidden 8",
        "evaluate run --engine cpu --samples 1",
        "evaluate run --engine cpu --samples 1 --json",
        "calibrate --calibration-epochs 1 --out calibration" + SMALL,
        "reproduce --epochs 1 --lr 0.001 --data images --engine cpu --threads 1 --quiet --out"
            + " study",
        "report run --engine cpu",
        "bench --rounds 1" + SMALL,
        "data",
        "data path mnist",
        "doctor",
      })
  void aFullDeviceIsASentence(String command) throws Exception {
    RunningProcess.Result result = shell("exec \"$@\" > /dev/full", command);
    assertEquals(1, result.code(), result.errors());
    assertEquals(
        "Standard output could not be written to: No space left on device.",
        result.errors().lines().toList().getLast());
  }

  @ParameterizedTest
  @ValueSource(strings = {"--version", "evaluate run --engine cpu --samples 1 --json", "doctor"})
  void aClosedStandardOutputIsASentence(String command) throws Exception {
    RunningProcess.Result result = shell("exec \"$@\" >&-", command);
    assertEquals(1, result.code(), result.errors());
    assertTrue(
        result
            .errors()
            .lines()
            .toList()
            .getLast()
            .startsWith("Standard output could not be written"),
        result.errors());
  }

  /** In a German locale too, whose words for what failed are others. */
  @Test
  void aReaderThatHasEnoughIsNotToldOfIt() throws Exception {
    String script = "set -o pipefail; \"$@\" | head -n 1";
    RunningProcess.Result doctor = shell(script, "doctor");
    assertEquals("", doctor.errors());
    assertEquals(1, doctor.lines().size(), doctor.text());
    assertEquals(ExitCode.READER_GONE, doctor.code());
    RunningProcess.Result german = shell("export LC_ALL=de_DE.UTF-8; " + script, "doctor");
    assertEquals(ExitCode.READER_GONE, german.code(), german.errors());
  }

  /** What a command came to before counts for more. */
  @Test
  void aRefusalStaysOne() throws Exception {
    RunningProcess.Result result = shell("exec \"$@\" > /dev/full", "evaluate images");
    assertEquals(2, result.code(), result.errors());
  }
}
