// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a task of a cluster is given, and what it is to do with it.
 *
 * @param array the tasks
 * @param atOnce tasks that are to be at work at a time; null for as many as there is room for
 * @param cpus processors of a task
 * @param gpus of a task
 * @param shareGpu whether all of a task's runs train beside each other, where it has a GPU
 * @param memory of a task, e.g. {@code 4G}; null for what the cluster gives
 * @param arguments for {@code sweep} beside the folder and the part
 * @param gathering arguments for {@code sweep --collect} beside the folder
 */
public record ClusterTask(
    TaskArray array,
    Integer atOnce,
    int cpus,
    int gpus,
    boolean shareGpu,
    String memory,
    List<String> arguments,
    List<String> gathering) {
  private static final Pattern MEMORY = Pattern.compile("[1-9]\\d{0,8}[MG]");

  /** Refuses what no cluster gives. */
  public ClusterTask {
    arguments = List.copyOf(arguments);
    gathering = List.copyOf(gathering);
    if (memory != null && !MEMORY.matcher(memory).matches()) {
      throw new InputException(
          "--memory is a number and M or G, as in 4G, and not '%s'.".formatted(memory));
    }
  }

  /**
   * The words that share what the task is given among its runs: a run alone gets all processors, of
   * several each one, and a GPU is shared by all.
   *
   * @param cpuCount what stands for the number of processors, e.g. a variable
   */
  List<String> sharing(String cpuCount) {
    List<String> words = new ArrayList<>();
    if (array.isOneEach()) {
      words.addAll(List.of("--threads", cpuCount));
    } else if (gpus == 0) {
      words.addAll(List.of("--threads", "1", "--parallel", cpuCount));
    } else if (shareGpu) {
      words.addAll(List.of("--parallel", String.valueOf(array.perTask())));
    }
    return words;
  }
}
