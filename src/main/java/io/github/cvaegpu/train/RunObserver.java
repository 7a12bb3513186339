// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import java.nio.file.Path;

/**
 * Told of a run while it trains, on the training thread: what takes time belongs behind a {@link
 * QueuedObserver}. What an observer throws ends the run.
 *
 * <p>The calls come in this order: {@link #begins}, any number of {@link #step}, {@link #says},
 * {@link #epoch} and {@link #checkpoint}, and {@link #ends}. A run that was complete before has
 * none of them.
 */
public interface RunObserver {
  /** Observes nothing. */
  RunObserver NONE = new RunObserver() {};

  /**
   * The run begins, or goes on.
   *
   * @param folder where it is kept
   * @param record what it is, as {@code run.json} has it by now
   */
  default void begins(Path folder, RunRecord record) {}

  /**
   * The run goes on, but not as if it had never been interrupted: it has to begin again, or its
   * bits may be others from here on. Told before {@link #begins}.
   *
   * @param sentence for the user
   */
  default void warns(String sentence) {}

  /**
   * KL has settled, or cannot come where it is to be. Told after the step that shows it.
   *
   * @param sentence for the user
   */
  default void says(String sentence) {}

  /** A step is done. */
  default void step(StepReport report) {}

  /** An epoch is done. */
  default void epoch(EpochReport report) {}

  /**
   * A checkpoint is written.
   *
   * @param file which
   * @param step steps of the run that are in it
   */
  default void checkpoint(Path file, long step) {}

  /**
   * The run ends in this process: it is complete, was stopped, diverged or failed.
   *
   * @param folder where it is kept
   * @param record what came of it, as {@code run.json} has it by now
   */
  default void ends(Path folder, RunRecord record) {}
}
