// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

/** Gives a GPU the steps of one model, which it does in this order. */
interface StepLauncher {
  /**
   * Most steps that one call of {@link #launch} takes: whole batches alone, and either one of them
   * or so many.
   */
  int stepsALaunch();

  /** Whether it is given steps now: not while another model's are timed. */
  boolean mayLaunch();

  /**
   * Gives it steps, without waiting for them.
   *
   * @param step training steps before them, over the whole run
   * @param rows images of their batches
   * @param count how many steps: 1 or {@link #stepsALaunch}
   */
  void launch(long step, int rows, int count);

  /**
   * Whether all that was launched has been done.
   *
   * @throws io.github.cvaegpu.engine.EngineException if any of it failed
   */
  boolean isDone();

  /**
   * Waits for all that was launched.
   *
   * @throws io.github.cvaegpu.engine.EngineException if any of it failed
   */
  void synchronize();
}
