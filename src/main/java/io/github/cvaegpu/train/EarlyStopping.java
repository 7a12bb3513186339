// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import java.util.Optional;

/**
 * Which epoch was the best of a run's, and whether it is time to stop. It goes by the rows of
 * {@code validation.csv} alone, so that a run that goes on is where it would have been.
 *
 * <p>An epoch counts once what decides beta has come to where it is to be: a rise of beta or a
 * schedule of set points is over, and where a KL divergence is to be held it has settled ({@link
 * io.github.cvaegpu.control.ControlWatch}). Before, an ELBO is one of another KL divergence, and a
 * model that does not hold what was asked for could be taken for the best. So a run whose KL
 * divergence never settles has no best epoch and does not stop early.
 *
 * <p>A value that is no better than the best, or is not finite, is one without progress. L.
 * Prechelt, "Early stopping - but when?", in Neural Networks: Tricks of the Trade (1998), compares
 * criteria of this kind.
 */
final class EarlyStopping {
  private final Patience patience;
  private ValidationRow best; // null before an epoch that counts
  private int waited;
  private int last;

  EarlyStopping(Patience patience) {
    this.patience = patience;
  }

  /**
   * The next epoch.
   *
   * @return whether it is the best so far
   */
  boolean accept(ValidationRow row) {
    last = row.epoch();
    if (!row.settled()) {
      return false;
    }
    double value = patience.measure().of(row);
    boolean isBest =
        Double.isFinite(value)
            && (best == null || patience.measure().isBetter(value, patience.measure().of(best)));
    if (isBest) {
      best = row;
      waited = 0;
    } else {
      // Also where there is no best one yet: a model whose scores overflow is not waited for.
      waited++;
    }
    return isBest;
  }

  /** Whether to stop. */
  boolean isOver() {
    return waited >= patience.epochs();
  }

  /** The epoch after which it was time to stop, if it was. */
  Optional<Integer> stoppedAfter() {
    return isOver() ? Optional.of(last) : Optional.empty();
  }

  /** The best epoch; empty before one that counts. */
  Optional<ValidationRow> best() {
    return Optional.ofNullable(best);
  }
}
