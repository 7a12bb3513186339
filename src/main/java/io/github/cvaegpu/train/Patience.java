// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.InputException;
import java.util.Locale;

/**
 * When a run stops early: after some epochs that brought no better value of a measure of the
 * validation images. Not of their KL divergence: that is what a controller holds, or what a smaller
 * beta raises, and no value of it is the better one.
 *
 * @param epochs without a better value, one after the other, from 1
 * @param measure what is to get better
 */
public record Patience(int epochs, Measure measure) {
  /** A figure of the validation images, nats per image. */
  public enum Measure {
    /** The mean ELBO, which is to rise. */
    ELBO {
      @Override
      public double of(ValidationRow row) {
        return row.elbo();
      }

      @Override
      boolean isBetter(double value, double best) {
        return value > best;
      }
    },
    /** The mean reconstruction loss, which is to fall. */
    RL {
      @Override
      public double of(ValidationRow row) {
        return row.rl();
      }

      @Override
      boolean isBetter(double value, double best) {
        return value < best;
      }
    };

    /** Its value after an epoch. */
    public abstract double of(ValidationRow row);

    abstract boolean isBetter(double value, double best);

    /** As the command line has it. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** As texts have it. */
    public String title() {
      return "validation " + name();
    }
  }

  /** Refuses what no run can use, with an {@link InputException}. */
  public Patience {
    if (epochs < 1) {
      throw new InputException(
          String.format(Locale.ROOT, "Patience must be 1 epoch or more, not %d.", epochs));
    }
    if (measure == null) {
      throw new InputException("Patience needs a measure.");
    }
  }
}
