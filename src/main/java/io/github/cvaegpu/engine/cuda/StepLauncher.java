// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

/** Gives a GPU the steps of one model, which it does in this order. */
interface StepLauncher {
  /**
   * Gives it a step, without waiting for it.
   *
   * @param step training steps before it, over the whole run
   * @param rows images of its batch
   */
  void launch(long step, int rows);

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
