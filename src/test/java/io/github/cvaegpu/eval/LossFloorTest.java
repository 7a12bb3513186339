// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.model.Objective;
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
}
