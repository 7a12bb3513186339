// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ThinnedTest {
  @Test
  void keepsTheSmallestAndTheLargestOfEachStretchInTheirOrder() {
    float[] values = {5, 9, 1, 3, 2, 2, 2, 2};
    // Of 5 9 1 3 the 9 and the 1; of 2 2 2 2 the first.
    assertArrayEquals(new int[] {1, 2, 4}, Thinned.of(values, 2).indices());
  }

  @Test
  void aShortCurveStaysWhole() {
    assertArrayEquals(new int[] {0, 1, 2}, Thinned.of(new float[] {3, 1, 2}, 2).indices());
    assertArrayEquals(new int[0], Thinned.of(new float[0], 2).indices());
  }

  @Test
  void noSpikeIsLost() {
    float[] values = new float[93_701];
    Set<Integer> spikes = new TreeSet<>();
    var random = new Random(2);
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    for (int i = 0; i < 50; i++) {
      int at = random.nextInt(values.length / 50) + i * (values.length / 50);
      values[at] = i % 2 == 0 ? 100 : -100;
      spikes.add(at);
    }
    int[] kept = Thinned.of(values, 700).indices();
    assertTrue(kept.length <= 1400, kept.length + " points");
    Set<Integer> points = new TreeSet<>(Arrays.stream(kept).boxed().toList());
    assertTrue(points.containsAll(spikes));
  }
}
