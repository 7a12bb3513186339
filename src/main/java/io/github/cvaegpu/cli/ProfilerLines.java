// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.Program;
import io.github.cvaegpu.launcher.JvmFlags;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Command lines that run the program under NVIDIA's tools. They start its JVM directly: {@code java
 * -jar} starts another JVM as a child, which not every tool follows by default.
 */
final class ProfilerLines {
  /** Options of {@code profile} with a value that the lines set themselves. */
  private static final Set<String> REPLACED = Set.of("--steps", "--warm-up", "--for-profiler");

  private static final String DROPPED = "--json";

  private final List<String> jvm;
  private final List<String> arguments;

  /**
   * A command line.
   *
   * @param tool what it runs
   * @param purpose what it shows
   * @param line for a POSIX shell
   */
  record Line(String tool, String purpose, String line) {}

  /**
   * @param arguments of the program in this run, from {@code profile} on
   */
  ProfilerLines(List<String> arguments) {
    this(
        jvm(
            Path.of(System.getProperty("java.home"), "bin", "java"),
            System.getenv(),
            System.getProperty("java.class.path")),
        arguments);
  }

  /**
   * @param jvm what starts the program, up to its arguments
   * @param arguments of the program in this run, from {@code profile} on
   */
  ProfilerLines(List<String> jvm, List<String> arguments) {
    this.jvm = List.copyOf(jvm);
    this.arguments = kept(arguments);
  }

  /** As the launcher starts the program, but for the watch on itself. */
  static List<String> jvm(Path java, Map<String, String> environment, String classPath) {
    List<String> jvm = new ArrayList<>();
    jvm.add(java.toString());
    jvm.addAll(JvmFlags.own());
    jvm.addAll(JvmFlags.words(environment.getOrDefault(JvmFlags.OPTIONS_VARIABLE, "")));
    // A class path that no -jar names has no manifest.
    jvm.addAll(
        List.of("--enable-native-access=ALL-UNNAMED", "-cp", classPath, CvaeGpu.class.getName()));
    return jvm;
  }

  private static List<String> kept(List<String> arguments) {
    List<String> kept = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (REPLACED.contains(argument)) {
        i++;
      } else if (!argument.equals(DROPPED)
          && REPLACED.stream().noneMatch(option -> argument.startsWith(option + "="))) {
        kept.add(argument);
      }
    }
    return kept;
  }

  /** The command lines. */
  List<Line> lines() {
    String capture = "--capture-range=cudaProfilerApi --capture-range-end=stop";
    return List.of(
        new Line(
            "nsys",
            "the steps as in training, kernels inside the graph",
            "nsys profile --trace=cuda,nvtx --cuda-graph-trace=node %s --output=cvae-gpu-graph %s"
                .formatted(capture, program("graph", 10, 100))),
        new Line(
            "nsys",
            "the same steps launch by launch, with a range for each phase",
            "nsys profile --trace=cuda,nvtx,cublas %s --output=cvae-gpu-launches %s"
                .formatted(capture, program("launches", 10, 20))),
        new Line(
            "ncu",
            "why each kernel of one step takes its time",
            "ncu --profile-from-start off --nvtx --set full --export=cvae-gpu %s"
                .formatted(program("launches", 2, 1))),
        new Line(
            "compute-sanitizer",
            "accesses out of bounds or misaligned",
            "compute-sanitizer --tool memcheck %s".formatted(program("launches", 1, 2))),
        new Line(
            "compute-sanitizer",
            "races in shared memory",
            "compute-sanitizer --tool racecheck %s".formatted(program("launches", 1, 2))));
  }

  private String program(String window, int warmUp, int steps) {
    List<String> words = new ArrayList<>(jvm);
    words.addAll(arguments);
    words.addAll(List.of("--for-profiler", window));
    words.addAll(List.of("--warm-up", String.valueOf(warmUp)));
    words.addAll(List.of("--steps", String.valueOf(steps)));
    return words.stream().map(Program::quoted).collect(Collectors.joining(" "));
  }
}
