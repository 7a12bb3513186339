// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

/** Told of the progress of several runs, one call at a time, whatever thread it is from. */
public interface QueueListener {
  /**
   * How far all runs are.
   *
   * @param run number of the run that is told of, from 1
   * @param runs number of runs
   * @param epochsDone epochs of all runs that are done
   * @param epochs of all runs
   * @param epochsLeft epochs that are still to be trained: not those of runs that were finished
   * @param secondsLeft estimate from the speed so far; NaN before there is one
   */
  record Position(
      int run, int runs, long epochsDone, long epochs, long epochsLeft, double secondsLeft) {}

  /** A run begins, or goes on. */
  void begins(NamedPlan run, Position position);

  /** A run was finished before. */
  void isThere(NamedPlan run, Position position);

  /** A step is done. This is told thousands of times a minute, so let it take no time. */
  default void step(NamedPlan run, StepReport report) {}

  /** An epoch is done. */
  void epoch(NamedPlan run, EpochReport report, Position position);

  /**
   * A run goes on, but not as if it had never been interrupted.
   *
   * @param warning one complete sentence for the user
   */
  void warns(NamedPlan run, String warning);

  /** A run ended in a failure; the others go on. */
  void failed(NamedPlan run, String why);
}
