// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import java.util.Locale;

/**
 * How long and in which steps a run trains.
 *
 * @param epochs passes over the training set
 * @param batchSize images in a batch
 * @param learningRate Adam's step size
 */
public record Schedule(int epochs, int batchSize, double learningRate) {
  /** A checkpoint has a checksum of each epoch: of as many, 69 MB. */
  public static final int MAX_EPOCHS = 1_000_000;

  /** Refuses what no run can use, with an {@link InputException}. */
  public Schedule {
    if (epochs < 1) {
      throw new InputException(
          String.format(Locale.ROOT, "The number of epochs must be 1 or more, not %d.", epochs));
    }
    if (epochs > MAX_EPOCHS) {
      throw new InputException(
          String.format(
              Locale.ROOT, "The number of epochs must be at most %d, not %d.", MAX_EPOCHS, epochs));
    }
    if (batchSize < 1) {
      throw new InputException(
          String.format(Locale.ROOT, "The batch size must be 1 or more, not %d.", batchSize));
    }
    if (!(learningRate > 0) || Double.isInfinite(learningRate)) {
      throw new InputException(
          "The learning rate must be a positive number, not %s.".formatted(learningRate));
    }
    // Engines compute in floats: what overflows or vanishes there would train something else.
    if (!Numbers.isPositiveFloat(learningRate)) {
      throw new InputException(
          "The learning rate must be positive and finite as a 32-bit float, which %s is not."
              .formatted(learningRate));
    }
  }

  /** The study's, at the smaller of its two learning rates. */
  public static Schedule study() {
    return new Schedule(200, 128, 1e-4);
  }

  /** The study's, at the rate that its published curves were made with. */
  public static Schedule defaults() {
    return new Schedule(200, 128, 1e-3);
  }

  /** This schedule with another number of epochs. */
  public Schedule withEpochs(int number) {
    return new Schedule(number, batchSize, learningRate);
  }
}
