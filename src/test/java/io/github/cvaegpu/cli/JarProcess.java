// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.Program;
import io.github.cvaegpu.launcher.RunningProcess;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Starts the packaged jar as a user does, in a folder of the test's own. */
final class JarProcess {
  private final Path folder;
  private final Path cache;
  private File java = new File(System.getProperty("java.home"), "bin/java");

  /**
   * With a cache beside the jar, that all tests have: libraries are unpacked and classes archived
   * once.
   *
   * @param folder working directory
   */
  JarProcess(Path folder) {
    this(folder, Path.of(System.getProperty("cvaegpu.jar")).resolveSibling("cache-of-tests"));
  }

  /**
   * With a cache of the test's own.
   *
   * @param folder working directory
   */
  JarProcess(Path folder, Path cache) {
    this.folder = folder;
    this.cache = cache;
  }

  /** The same with another Java to start the jar with. */
  JarProcess with(File otherJava) {
    var other = new JarProcess(folder, cache);
    other.java = otherJava;
    return other;
  }

  ProcessBuilder builder(List<String> args) throws IOException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(java.getPath(), "-jar", System.getProperty("cvaegpu.jar")));
    command.addAll(args);
    var builder = new ProcessBuilder(command).directory(folder.toFile());
    Map<String, String> environment = builder.environment();
    environment
        .keySet()
        .removeAll(
            List.of(
                "CVAE_GPU_DATA",
                "CVAE_GPU_JAVA",
                "CVAE_GPU_JAVA_OPTS",
                "JAVA_TOOL_OPTIONS",
                "JDK_JAVA_OPTIONS"));
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("XDG_CACHE_HOME", Files.createDirectories(cache).toString());
    environment.put("CVAE_GPU_OFFLINE", "1");
    return builder;
  }

  /** What a message of the jar says to start it with these arguments. */
  String command(String... arguments) {
    return "java -jar %s %s"
        .formatted(
            Program.quoted(System.getProperty("cvaegpu.jar")),
            Arrays.stream(arguments).map(Program::quoted).collect(Collectors.joining(" ")));
  }

  /** With its interrupts heard, as in a terminal. */
  RunningProcess start(List<String> args) throws IOException {
    ProcessBuilder builder = builder(args);
    if (isDeafToInterrupts()) {
      builder.command().addAll(0, List.of("env", "--default-signal=INT"));
    }
    return new RunningProcess(builder);
  }

  /**
   * Whether this process ignores interrupts, as what a script's shell starts in the background
   * does, and with it all that it starts.
   */
  private static boolean isDeafToInterrupts() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return false;
    }
    try (Stream<String> lines = Files.lines(status)) {
      return lines
          .filter(line -> line.startsWith("SigIgn:"))
          .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) != 0);
    }
  }

  RunningProcess.Result run(String... args) throws IOException, InterruptedException {
    return start(List.of(args)).await();
  }

  RunningProcess.Result run(List<String> args) throws IOException, InterruptedException {
    return start(args).await();
  }
}
