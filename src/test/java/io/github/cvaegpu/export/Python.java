// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * A Python that has PyTorch and safetensors: the one that {@value #VARIABLE} names, else {@code
 * python3}. Where it lacks them a test that asks for it is skipped, with the reason.
 */
final class Python {
  static final String VARIABLE = "CVAE_GPU_PYTHON";

  /** A process that imports PyTorch on a busy machine. */
  private static final long MOST_SECONDS = 300;

  private final String interpreter;

  private Python(String interpreter) {
    this.interpreter = interpreter;
  }

  /** Aborts the test where there is none. */
  static Python withTorch(Path temp) throws IOException, InterruptedException {
    String interpreter = Objects.requireNonNullElse(System.getenv(VARIABLE), "python3");
    var python = new Python(interpreter);
    String complaint;
    try {
      Path log = temp.resolve("imports.txt");
      complaint =
          python.start(List.of("-c", "import torch, safetensors"), log) == 0
              ? ""
              : Files.readString(log).lines().reduce("", (before, line) -> line);
    } catch (IOException e) {
      complaint = e.getMessage();
    }
    assumeTrue(
        complaint.isEmpty(),
        "%s is no Python with torch and safetensors (%s); %s names one"
            .formatted(interpreter, complaint, VARIABLE));
    return python;
  }

  /** Runs a script, which has to succeed. */
  void run(Path script, List<String> arguments) throws IOException, InterruptedException {
    Path log = script.resolveSibling(script.getFileName() + ".txt");
    var command = new ArrayList<String>();
    command.add(script.toString());
    command.addAll(arguments);
    assertEquals(0, start(command, log), () -> read(log));
  }

  private int start(List<String> arguments, Path log) throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(interpreter);
    // Nothing is left beside load.py.
    command.add("-B");
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    boolean ended = process.waitFor(MOST_SECONDS, TimeUnit.SECONDS);
    if (!ended) {
      process.destroyForcibly();
    }
    assertTrue(ended, () -> "still running: " + read(log));
    return process.exitValue();
  }

  private static String read(Path log) {
    try {
      return Files.readString(log, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
