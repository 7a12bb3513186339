// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.train.TrainingListener.EpochReport;

/** Told of a study's progress. */
public interface StudyListener {
  /**
   * How far all runs are.
   *
   * @param run number of the run at work, from 1
   * @param runs number of runs
   * @param epochsDone epochs of all runs that are done
   * @param epochs of all runs
   * @param secondsLeft estimate from the speed so far; NaN before there is one
   */
  record Position(int run, int runs, long epochsDone, long epochs, double secondsLeft) {}

  /** A run begins, or goes on. */
  void begins(StudyRun run, Position position);

  /** A run was finished before. */
  void isThere(StudyRun run, Position position);

  /** An epoch is done. */
  void epoch(StudyRun run, EpochReport report, Position position);

  /**
   * A run goes on, but not as if it had never been interrupted.
   *
   * @param warning one complete sentence for the user
   */
  void warns(StudyRun run, String warning);

  /** A run ended in a failure; the others go on. */
  void failed(StudyRun run, String why);

  /** A model is measured. */
  void measures(StudyRun run);
}
