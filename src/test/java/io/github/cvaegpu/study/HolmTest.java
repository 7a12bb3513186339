// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class HolmTest {
  /** R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") gives 0.03 0.06 0.06 0.02. */
  @Test
  void theExampleOfTheTextbooks() {
    assertArrayEquals(
        new double[] {0.03, 0.06, 0.06, 0.02}, Holm.adjusted(0.01, 0.04, 0.03, 0.005), 1e-15);
  }

  @Test
  void whatIsNoComparisonDoesNotCount() {
    assertArrayEquals(
        new double[] {0.02, Double.NaN, 0.03}, Holm.adjusted(0.01, Double.NaN, 0.03), 1e-15);
    assertArrayEquals(new double[0], Holm.adjusted());
  }

  @Test
  void nothingIsMoreThanOne() {
    assertArrayEquals(new double[] {1, 1}, Holm.adjusted(0.7, 0.6));
  }

  /** By its definition: the hypotheses rejected step by step at any level are those below it. */
  @Property(tries = 300)
  void anAdjustedValueIsTheLevelAtWhichItIsRejected(
      @ForAll @Size(min = 1, max = 8) double[] seeds,
      @ForAll @DoubleRange(min = 0.01, max = 0.5) double level) {
    double[] p = Arrays.stream(seeds).map(x -> Math.abs(Math.sin(x)) / 3).toArray();
    double[] adjusted = Holm.adjusted(p);
    double[] sorted = p.clone();
    Arrays.sort(sorted);
    int rejected = 0;
    while (rejected < p.length && sorted[rejected] * (p.length - rejected) < level) {
      rejected++;
    }
    long below = Arrays.stream(adjusted).filter(x -> x < level).count();
    assertEquals(rejected, below);
    for (int i = 0; i < p.length; i++) {
      assertTrue(adjusted[i] >= p[i]);
    }
  }
}
