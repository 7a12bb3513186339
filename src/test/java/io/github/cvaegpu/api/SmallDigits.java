// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.api;

import java.util.Map;
import java.util.OptionalDouble;

/** What the tests of this package train, and on what. */
final class SmallDigits {
  static final int TRAIN = 256;
  static final int TEST = 64;

  private SmallDigits() {}

  /** Some of the program's own digits. */
  static DataSplit split() {
    DataSplit all = DataSplit.load("synthetic");
    return DataSplit.of("small digits", all.train().first(TRAIN), all.test().first(TEST));
  }

  /** 24 steps. */
  static Plan small(Plan plan) {
    return plan.withHidden(24, 8).withEpochs(3).withBatchSize(32).withSeed(7);
  }

  static Plan holding() {
    return small(Plan.holdingKl(5));
  }

  /** By a {@link Ramp}. */
  static Plan ramp() {
    return small(Plan.controlledBy("ramp", OptionalDouble.of(3), Ramp::new));
  }

  /** Raises beta by a tenth of a hundredth a nat and step, and remembers it. */
  static final class Ramp implements Controller {
    private double beta = 0.5;

    @Override
    public double next(Feedback last) {
      beta += 0.001 * last.klDivergence() + (last.step() == 0 ? 0 : 0.01);
      return beta;
    }

    @Override
    public Map<String, Double> memory() {
      return Map.of("beta", beta);
    }

    @Override
    public void restore(Map<String, Double> memory) {
      beta = memory.get("beta");
    }
  }
}
