// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.model.Targets;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SparseBatchTest {
  /** Under all targets that there are: one that the engine does not know fails here. */
  @ParameterizedTest
  @EnumSource
  void spreadsTheTargetsOfEveryPixel(Targets targets) {
    int rows = 11;
    ImageSet images = RandomImages.of(rows, 7, 9, 0.8, 3);
    int inputs = images.imageSize();
    var batch = SparseBatch.of(targets, rows, inputs);
    for (int lane = 0; lane < ThreadTeam.LANES; lane++) {
      batch.gather(lane, rows, images.pixels(), row -> rows - 1 - row);
      batch.spread(Block.rows(lane, rows, inputs));
    }
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < inputs; c++) {
        float spread = batch.dense.data().get(ValueLayout.JAVA_FLOAT, batch.dense.at(r, c));
        int pixel = images.pixels()[(rows - 1 - r) * inputs + c] & 0xFF;
        assertEquals((float) targets.of(pixel), spread, "row " + r + ", column " + c);
      }
    }
  }
}
