// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.AbsentIfNull;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.engine.RateSchedule;
import java.util.Locale;

/**
 * How long and in which steps a run trains.
 *
 * @param epochs passes over the training set
 * @param batchSize images in a batch
 * @param learningRate Adam's step size
 * @param rates what becomes of it from step to step; null where it stays as it is
 */
public record Schedule(
    int epochs, int batchSize, double learningRate, @AbsentIfNull RateSchedule rates) {
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
    if (rates instanceof RateSchedule.Constant constant && constant.warmUpSteps() == 0) {
      rates = null;
    }
    if (rates instanceof RateSchedule.Cosine cosine) {
      requireTrains(cosine, epochs, learningRate);
    }
    if (rates instanceof RateSchedule.Step step) {
      requireTrains(step, epochs, learningRate);
    }
  }

  private static void requireTrains(RateSchedule.Cosine cosine, int epochs, double learningRate) {
    if (cosine.end() >= learningRate) {
      throw new InputException(
          "A cosine from a learning rate of %s cannot end at %s: it falls."
              .formatted(Numbers.plain(learningRate), Numbers.plain(cosine.end())));
    }
    if (epochs > cosine.epochs() && (float) cosine.end() == 0) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The learning rate has fallen to 0 after %d epochs, so that more of them would train"
                  + " nothing: begin a new run whose cosine is longer, or ends above 0.",
              cosine.epochs()));
    }
  }

  private static void requireTrains(RateSchedule.Step step, int epochs, double learningRate) {
    double last = step.afterWarmUp(learningRate, epochs - 1, 1);
    if (!Numbers.isPositiveFloat(last)) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The learning rate would be %s in epoch %d, too small for a 32-bit float: take a"
                  + " larger factor, or more epochs between the steps.",
              Numbers.plain(last),
              epochs));
    }
  }

  /** The same with a learning rate that stays as it is. */
  public Schedule(int epochs, int batchSize, double learningRate) {
    this(epochs, batchSize, learningRate, null);
  }

  /** The study's, at the smaller of its two learning rates. */
  public static Schedule study() {
    return new Schedule(200, 128, 1e-4);
  }

  /** The study's, at the rate that its published curves were made with. */
  public static Schedule defaults() {
    return new Schedule(200, 128, 1e-3);
  }

  /** This schedule with another number of epochs; a cosine keeps its own. */
  public Schedule withEpochs(int number) {
    return new Schedule(number, batchSize, learningRate, rates);
  }

  /** The learning rate and what becomes of it, for people. */
  public String ratesTitle() {
    String title = rateSchedule().title();
    return Numbers.plain(learningRate) + (title.isEmpty() ? "" : ", " + title);
  }

  /** What becomes of the learning rate. */
  public RateSchedule rateSchedule() {
    return rates == null ? new RateSchedule.Constant(0) : rates;
  }
}
