// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

/**
 * Adam's step size at each step of a run.
 *
 * @param rate the plan's
 * @param schedule what becomes of it
 * @param stepsPerEpoch steps of an epoch
 */
public record LearningRate(double rate, RateSchedule schedule, int stepsPerEpoch) {
  /** Refuses what no run can use. */
  public LearningRate {
    if (!(rate > 0) || Double.isInfinite(rate)) {
      throw new IllegalArgumentException("learning rate " + rate);
    }
    if (stepsPerEpoch < 1) {
      throw new IllegalArgumentException(stepsPerEpoch + " steps of an epoch");
    }
  }

  /** The same at every step. */
  public static LearningRate constant(double rate) {
    return new LearningRate(rate, new RateSchedule.Constant(0), 1);
  }

  /**
   * The rate of a step.
   *
   * @param step training steps before it, over the whole run
   */
  public double at(long step) {
    return schedule.at(rate, step, stepsPerEpoch);
  }
}
