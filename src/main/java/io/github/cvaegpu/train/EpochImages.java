// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.data.Binarization;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Trainee;
import java.util.Optional;

/**
 * What a run's epochs train on: the same images in each or, where {@linkplain
 * io.github.cvaegpu.model.Targets#isDrawn targets are drawn}, for each a draw of its own. It is
 * addressed by the plan's seed and the epoch: one that goes on in the middle has the same.
 */
final class EpochImages {
  private static final int NONE = -1;

  private final long seed;

  /** Those to draw from; empty if nothing is drawn. */
  private final Optional<ImageSet> grey;

  private int given = NONE;

  /**
   * @param plan of the run
   * @param train the whole training set
   */
  EpochImages(TrainingPlan plan, ImageSet train) {
    seed = plan.seed();
    grey =
        plan.objective().targets().isDrawn()
            ? Optional.of(plan.trainingImages(train))
            : Optional.empty();
  }

  /**
   * Gives a trainee the images of an epoch, unless it has them.
   *
   * @param trainee the same each time
   * @param epoch from 0
   */
  void giveTo(Trainee trainee, int epoch) {
    if (grey.isPresent() && given != epoch) {
      trainee.replaceImages(Binarization.ofEpoch(grey.get(), seed, epoch));
      given = epoch;
    }
  }
}
