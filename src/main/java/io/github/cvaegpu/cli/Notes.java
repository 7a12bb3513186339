// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.train.TrainingListener;
import java.io.PrintWriter;

/**
 * Prints what a user should know of a resumed run, and passes progress on.
 *
 * @param progress shows the progress
 * @param err where to print
 */
record Notes(TrainingListener progress, PrintWriter err) implements TrainingListener {
  @Override
  public void startingOver() {
    err.println("Warning: " + STARTING_OVER);
  }

  @Override
  public void otherMachine(String note) {
    err.println("Warning: " + note);
  }

  @Override
  public void step(long step, float rl, float kl, float beta) {
    progress.step(step, rl, kl, beta);
  }

  @Override
  public void epoch(EpochReport report) {
    progress.epoch(report);
  }
}
