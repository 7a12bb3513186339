// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import static io.github.cvaegpu.Numbers.plain;

import io.github.cvaegpu.InputException;

/**
 * Standard deviation of the pixels of {@link Likelihood#GAUSSIAN}, in intensities from 0, black, to
 * 1, white.
 *
 * @param value what it is; where it is learned, 1 before the first step, and of a trained model
 *     what it came to
 * @param isLearned whether its logarithm is a parameter of the network
 */
public record Sigma(double value, boolean isLearned) {
  /** Least that there is: far below a step of a byte, and its inverse square is a float. */
  public static final double LEAST = 1e-6;

  /** Largest that there is. */
  public static final double LARGEST = 1e6;

  /** One that is learned from here on. */
  public static final Sigma LEARNED = new Sigma(1, true);

  /** Refuses what is no standard deviation, with an {@link InputException}. */
  public Sigma {
    if (!isPossible(value)) {
      throw new InputException(
          "Sigma must be from %s to %s, not %s."
              .formatted(plain(LEAST), plain(LARGEST), plain(value)));
    }
  }

  /** Whether a number is a standard deviation that there can be. */
  public static boolean isPossible(double value) {
    return value >= LEAST && value <= LARGEST;
  }

  /** One that stays as it is. */
  public static Sigma of(double value) {
    return new Sigma(value, false);
  }

  /** As {@code --sigma} has it. */
  @Override
  public String toString() {
    return isLearned ? "learned" : plain(value);
  }
}
