// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.launcher.JvmFlags;
import io.github.cvaegpu.launcher.LauncherWatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** This program as a process of its own, which ends with this one, whatever ends that. */
final class OwnProcess {
  private OwnProcess() {}

  /**
   * The words that start it.
   *
   * @param options of its JVM, beside those that it needs
   * @param arguments the program's
   */
  static List<String> command(List<String> options, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JvmFlags.own());
    command.addAll(List.of("-Djava.awt.headless=true", LauncherWatch.option()));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), CvaeGpu.class.getName()));
    command.addAll(arguments);
    return command;
  }
}
