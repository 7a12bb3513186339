// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.KlTerm;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;

/**
 * What a trainee has to know, beside the network and the images.
 *
 * @param objective what is trained for
 * @param klTerm what the KL divergence adds to the loss
 * @param seed the run's seed
 * @param batchSize images in a batch, but perhaps the last of an epoch
 * @param learningRate Adam's step size at each step
 */
public record TrainingSettings(
    Objective objective, KlTerm klTerm, long seed, int batchSize, LearningRate learningRate) {
  /** Refuses what no run can use. */
  public TrainingSettings {
    if (batchSize < 1) {
      throw new IllegalArgumentException("batch size " + batchSize);
    }
  }

  /** The same with a learning rate that stays as it is. */
  public TrainingSettings(
      Objective objective, KlTerm klTerm, long seed, int batchSize, double learningRate) {
    this(objective, klTerm, seed, batchSize, LearningRate.constant(learningRate));
  }

  /** The same with a weighted KL divergence. */
  public TrainingSettings(Objective objective, long seed, int batchSize, double learningRate) {
    this(objective, KlTerm.weighted(), seed, batchSize, learningRate);
  }

  /** Where a run with these settings begins, with weights drawn by its seed. */
  public TrainingState initialState(VaeShape shape) {
    return TrainingState.initial(InitialWeights.draw(new ParameterLayout(shape, objective), seed));
  }
}
