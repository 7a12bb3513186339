// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.sweep.ClusterTask;
import io.github.cvaegpu.sweep.TaskArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** The options that say what a task of a cluster gets, whoever gives it. */
final class ClusterOptions {
  /** What a process is told that sweep.json does not say, and that is the same on any machine. */
  private static final Set<String> PASSED_ON =
      Set.of(
          "--engine",
          "--precision",
          "--step",
          "--tune",
          "--cuda-emulator",
          "--checkpoint-every",
          "--measure",
          "--offline",
          "--yes");

  /** Of that, what gathers is told too, which gets no GPU. */
  private static final Set<String> GATHERING = Set.of("--measure", "--offline", "--yes");

  private static final String ENGINE = "--engine";

  @Option(
      names = "--cpus",
      paramLabel = "N",
      description = "Processors of a task. Default: --threads, or 1.")
  private Integer cpus;

  @Option(names = "--gpus", paramLabel = "N", description = "GPUs of a task. Default: 0.")
  private Integer gpus;

  @Option(
      names = "--memory",
      paramLabel = "N{M|G}",
      description = "Memory of a task. Default: what the cluster gives.")
  private String memory;

  @Option(
      names = "--runs-per-task",
      paramLabel = "N",
      description = "Runs of a task; on a GPU all at a time. Default: 1.")
  private Integer runsPerTask;

  /**
   * What a process of the same sweep is told.
   *
   * @param line the command line
   * @param names options that it gets as they were given, where they were
   */
  static List<String> passedOn(ParseResult line, Set<String> names) {
    List<String> arguments = new ArrayList<>();
    for (OptionSpec option : line.matchedOptions()) {
      if (names.contains(option.longestName())) {
        arguments.add(option.longestName());
        if (option.arity().max() > 0) {
          arguments.add(String.join(",", option.originalStringValues()));
        }
      }
    }
    return arguments;
  }

  /** The options that were given, by name. */
  List<String> given() {
    List<String> given = new ArrayList<>();
    if (cpus != null) {
      given.add("--cpus");
    }
    if (gpus != null) {
      given.add("--gpus");
    }
    if (memory != null) {
      given.add("--memory");
    }
    if (runsPerTask != null) {
      given.add("--runs-per-task");
    }
    return given;
  }

  /** Runs of a task, as far as that was asked for. */
  int runsPerTask() {
    return Given.or(runsPerTask, 1);
  }

  /**
   * What a task gets and is told.
   *
   * @param runs of the sweep
   * @param most tasks that the cluster takes
   * @param atOnce tasks at a time; null if that was not said
   * @param threads that were asked for, or 1
   * @param line the command line, of which a task is told what sweep.json does not say
   */
  ClusterTask task(int runs, int most, Integer atOnce, int threads, ParseResult line) {
    int perTask = runsPerTask();
    Given.requireIn("--runs-per-task", perTask, 1, Integer.MAX_VALUE);
    int processors = Given.or(cpus, threads);
    Given.requireIn("--cpus", processors, 1, 256);
    int devices = Given.or(gpus, 0);
    Given.requireIn("--gpus", devices, 0, 64);
    List<String> arguments = passedOn(line, PASSED_ON);
    if (devices > 0 && !line.hasMatchedOption(ENGINE)) {
      // A task that did not get its GPU would take the CPU, and days.
      arguments.addAll(List.of(ENGINE, "cuda"));
    }
    return new ClusterTask(
        TaskArray.of(runs, perTask, most),
        atOnce,
        processors,
        devices,
        runsPerTask != null && perTask > 1,
        memory,
        arguments,
        passedOn(line, GATHERING));
  }
}
