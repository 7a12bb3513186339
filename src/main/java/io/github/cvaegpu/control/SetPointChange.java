// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import java.util.List;
import java.util.Locale;

/**
 * A change of what is to be held.
 *
 * @param step the first step with it, counted from 1; 2 or more, for the first step has a set point
 *     from the start
 * @param setPoint the KL divergence to hold from then on, nats per image; above 0
 */
public record SetPointChange(long step, double setPoint) {
  /** Refuses what is no change, with an {@link InputException}. */
  public SetPointChange {
    if (step < 2) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "A change of the set point is at step 2 or later, not at step %d: the first step has"
                  + " that of --kl.",
              step));
    }
    RuleChecks.requireSetPoint(setPoint);
  }

  /** As the command line has it. */
  @Override
  public String toString() {
    return step + ":" + Numbers.plain(setPoint);
  }

  /**
   * Refuses a schedule that goes backwards, or has two changes at one step.
   *
   * @throws InputException if it does
   */
  static void requireForwards(List<SetPointChange> changes) {
    for (int i = 1; i < changes.size(); i++) {
      long before = changes.get(i - 1).step;
      long after = changes.get(i).step;
      if (after <= before) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "A schedule of set points goes forwards, but its change at step %d is named behind"
                    + " that at step %d.",
                after,
                before));
      }
    }
  }
}
