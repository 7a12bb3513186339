// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.model.NetworkSettings;
import io.github.cvaegpu.model.Objective;
import java.util.List;

/** Plans for tests, in one line. */
public final class Plans {
  private Plans() {}

  public static TrainingPlan of(
      BetaRule rule,
      int epochs,
      int batchSize,
      double learningRate,
      int latent,
      List<Integer> hidden,
      long seed) {
    return new TrainingPlan(
        rule,
        Objective.study(),
        new NetworkSettings(hidden, latent),
        new Schedule(epochs, batchSize, learningRate),
        seed);
  }
}
