// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.model.Targets;
import org.junit.jupiter.api.Test;

class LossFloorTest {
  private static final LossFloor FLOOR = new LossFloor(Objective.study());

  @Test
  void greyPixelsHaveEntropyAndBlackAndWhiteOnesHaveNone() {
    byte[] pixels = {0, (byte) 255, 51, (byte) 204}; // 0, 1, 0.2, 0.8
    double each = -(0.2 * Math.log(0.2) + 0.8 * Math.log(0.8));
    assertEquals(2 * each, FLOOR.mean(new ImageSet(2, 2, pixels, new byte[1])), 1e-12);
    assertEquals(each, FLOOR.mean(new ImageSet(1, 2, pixels, new byte[2])), 1e-12);
    ImageSet two = new ImageSet(1, 2, pixels, new byte[] {3, 8});
    assertEquals(0, FLOOR.mean(two, 3));
    assertEquals(2 * each, FLOOR.mean(two, 8), 1e-12);
    assertEquals(Double.NaN, FLOOR.mean(two, 5));
  }

  /** A density may be as high as it likes at a black or a white pixel, and at no other. */
  @Test
  void aContinuousBernoulliHasNoFloorWhereAPixelIsBlackOrWhite() {
    var floor = new LossFloor(new Objective(Likelihood.CONTINUOUS_BERNOULLI, Targets.GREY));
    byte[] pixels = {51, (byte) 204, 51, 0, 51, (byte) 255};
    var images = new ImageSet(1, 2, pixels, new byte[] {1, 2, 3});
    double least = Double.POSITIVE_INFINITY;
    for (double l = -20; l < 0; l += 1e-4) {
      least = Math.min(least, Likelihood.CONTINUOUS_BERNOULLI.loss(l, 0.2, 1));
    }
    // Levels that no pixel has, black and white among them, are no part of it.
    assertEquals(2 * least, floor.mean(images, 1), 1e-8);
    assertEquals(Double.NEGATIVE_INFINITY, floor.mean(images, 2));
    assertEquals(Double.NEGATIVE_INFINITY, floor.mean(images, 3));
    assertEquals(Double.NEGATIVE_INFINITY, floor.mean(images));
    assertEquals(Double.NaN, floor.mean(images, 5));
  }

  @Test
  void aGaussiansFloorIsTheSameForAllPixels() {
    var floor = new LossFloor(Objective.gaussian(Sigma.of(0.1)));
    byte[] pixels = {0, (byte) 255, 51, (byte) 204};
    double each = Math.log(0.1) + Math.log(2 * Math.PI) / 2;
    assertEquals(4 * each, floor.mean(new ImageSet(2, 2, pixels, new byte[1])), 1e-12);
  }
}
