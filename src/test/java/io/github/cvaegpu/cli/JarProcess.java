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

/** Starts the packaged jar as a user does, in a folder and with a cache of the test's own. */
final class JarProcess {
  private final Path folder;
  private File java = new File(System.getProperty("java.home"), "bin/java");

  /**
   * @param folder working directory; the cache is in it, so that the native libraries are unpacked
   *     once
   */
  JarProcess(Path folder) {
    this.folder = folder;
  }

  /** The same with another Java to start the jar with. */
  JarProcess with(File otherJava) {
    var other = new JarProcess(folder);
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
    Path cache = Files.createDirectories(folder.resolve("cache"));
    environment.put("XDG_CACHE_HOME", cache.toString());
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

  RunningProcess start(List<String> args) throws IOException {
    return new RunningProcess(builder(args));
  }

  RunningProcess.Result run(String... args) throws IOException, InterruptedException {
    return start(List.of(args)).await();
  }

  RunningProcess.Result run(List<String> args) throws IOException, InterruptedException {
    return start(args).await();
  }
}
