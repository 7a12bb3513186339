// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import java.util.function.LongToDoubleFunction;

/** Goes by the number of the step alone, whatever KL does. */
final class OpenLoop implements BetaController {
  private final LongToDoubleFunction schedule;

  /**
   * @param schedule what to give for each step, counted from 1
   */
  OpenLoop(LongToDoubleFunction schedule) {
    this.schedule = schedule;
  }

  @Override
  public double next(StepFeedback last) {
    if (Double.isNaN(last.kl())) {
      throw new IllegalArgumentException("KL is NaN");
    }
    return schedule.applyAsDouble(last.step() + 1);
  }

  @Override
  public ControllerMemory memory() {
    return ControllerMemory.EMPTY;
  }

  @Override
  public void restore(ControllerMemory memory) {
    memory.require(ControllerMemory.EMPTY.values().keySet());
  }
}
