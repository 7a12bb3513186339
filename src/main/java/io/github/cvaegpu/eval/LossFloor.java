// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.Targets;
import java.util.function.IntPredicate;

/**
 * The floor under every reconstruction loss of a set of images: the least that any decoder can get,
 * pixel by pixel. A loss is to be read by how far it is above. Under {@link Likelihood#BERNOULLI}
 * it is the entropy of the pixels: 0 for pixels that are black or white, and more for grey ones.
 * Under {@link Likelihood#CONTINUOUS_BERNOULLI} there is none, minus infinity, if a pixel is black
 * or white.
 *
 * @param objective what the loss is counted by, and what the pixels stand for
 */
public record LossFloor(Objective objective) {
  /** Mean over images of the sum over pixels, in nats per image. */
  public double mean(ImageSet images) {
    return mean(images, image -> true);
  }

  /**
   * The same over the images of one label.
   *
   * @return NaN for a label that no image has
   */
  public double mean(ImageSet images, int label) {
    return mean(images, image -> images.label(image) == label);
  }

  private double mean(ImageSet images, IntPredicate isMeant) {
    long[] counts = new long[Targets.LEVELS];
    int meant = 0;
    for (int image = 0; image < images.size(); image++) {
      if (!isMeant.test(image)) {
        continue;
      }
      meant++;
      int first = image * images.imageSize();
      for (int p = first; p < first + images.imageSize(); p++) {
        counts[images.pixels()[p] & 0xFF]++;
      }
    }
    double sum = 0;
    for (int level = 0; level < Targets.LEVELS; level++) {
      // None of them at a loss of minus infinity is nothing.
      sum +=
          counts[level] == 0
              ? 0
              : counts[level] * objective.leastLoss(objective.targets().of(level));
    }
    return sum / meant;
  }
}
