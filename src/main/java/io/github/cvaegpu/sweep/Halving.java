// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Successive halving: all combinations are trained for a few epochs, the worse two thirds of them
 * are left there, and the rest go on for three times as long, again and again. A combination goes
 * on with all its seeds or with none.
 *
 * <p>K. Jamieson, A. Talwalkar, "Non-stochastic best arm identification and hyperparameter
 * optimization", AISTATS 2016, with the rungs and the factor of L. Li et al., "A system for
 * massively parallel hyperparameter tuning" (ASHA), MLSys 2020. Unlike ASHA's, a rung here is
 * decided once all of it is there: what is left then does not depend on which process was faster,
 * and the same sweep ends with the same runs on any machine.
 *
 * @param measure that combinations are compared by
 * @param firstEpochs epochs to the first rung, from 1
 */
public record Halving(Measure measure, int firstEpochs) {
  /** Of so many combinations one goes on, and for so many times as long. */
  public static final int FACTOR = 3;

  /** Refuses what nothing can be stopped by. */
  public Halving {
    if (measure == Measure.LOG_LIKELIHOOD) {
      throw new InputException(
          "--halving compares runs that are not over by elbo, bound or kl-error, not by"
              + " log-likelihood, which is measured of those that are.");
    }
    if (firstEpochs < 1) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "--halving takes 1 epoch or more to the first rung, not %d.",
              firstEpochs));
    }
  }

  /** For people. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%d, by %s,", firstEpochs, measure);
  }

  /**
   * After which epochs it is decided who goes on.
   *
   * @param epochs of a run that goes on to the end
   * @return in order; none if the first would be the end
   */
  public List<Integer> rungs(int epochs) {
    List<Integer> rungs = new ArrayList<>();
    for (long rung = firstEpochs; rung < epochs; rung *= FACTOR) {
      rungs.add((int) rung);
    }
    return rungs;
  }

  /** Where the first rung is if nobody says: there are two before the end. */
  public static int firstEpochs(int epochs) {
    return Math.ceilDiv(epochs, FACTOR * FACTOR);
  }
}
