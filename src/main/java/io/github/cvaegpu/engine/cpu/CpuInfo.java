// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What the operating system says of the processor. */
public final class CpuInfo {
  private static final Path PROC_CPUINFO = Path.of("/proc/cpuinfo");

  private CpuInfo() {}

  /** The processor's name, or the architecture's where the system does not tell. */
  public static String modelName() {
    return field("model name").orElse(System.getProperty("os.arch") + " processor");
  }

  /** Which of the named instruction set extensions the processor has. */
  public static List<String> features(List<String> names) {
    List<String> flags = List.of(field("flags").or(() -> field("Features")).orElse("").split(" "));
    return names.stream().filter(flags::contains).toList();
  }

  private static Optional<String> field(String name) {
    if (!Files.isReadable(PROC_CPUINFO)) {
      return Optional.empty();
    }
    try (Stream<String> lines = Files.lines(PROC_CPUINFO)) {
      return lines
          .filter(line -> line.startsWith(name) && line.contains(":"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
