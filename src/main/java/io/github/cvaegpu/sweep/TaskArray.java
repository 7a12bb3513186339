// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import java.util.List;

/**
 * How a sweep's runs are spread over the tasks of a scheduler's array: task i trains runs i, i +
 * tasks, i + 2 tasks and so on, as {@code --shard i/tasks} does.
 *
 * @param runs of the sweep, from 1
 * @param perTask runs that a task has at most, from 1
 */
public record TaskArray(int runs, int perTask) {
  /** Refuses an array of nothing. */
  public TaskArray {
    if (runs < 1 || perTask < 1) {
      throw new IllegalArgumentException(runs + " runs, " + perTask + " a task");
    }
  }

  /**
   * As many runs a task as were asked for, or as many more as it takes.
   *
   * @param runs of the sweep
   * @param perTask runs that a task is to have
   * @param most tasks that the scheduler takes
   */
  public static TaskArray of(int runs, int perTask, int most) {
    return new TaskArray(runs, Math.max(perTask, Math.ceilDiv(runs, most)));
  }

  /** Tasks of the array; their indices are from 0. */
  public int tasks() {
    return Math.ceilDiv(runs, perTask);
  }

  /** Whether a task is a run. */
  public boolean isOneEach() {
    return perTask == 1;
  }

  /** Which task a run is in. */
  public int taskOf(SweepPoint run) {
    return run.index() % tasks();
  }

  /**
   * The words that make {@code sweep} train a task's part.
   *
   * @param index what stands for the task's index, e.g. a variable
   */
  List<String> part(String index) {
    return isOneEach() ? List.of("--index", index) : List.of("--shard", index + "/" + tasks());
  }
}
