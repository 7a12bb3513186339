// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.cvaegpu.data.Factors.Factor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AttributeGapTest {
  private static double gap(Factor factor, byte[] values, float... means) {
    float[][] rows = new float[means.length][];
    for (int i = 0; i < means.length; i++) {
      rows[i] = new float[] {means[i]};
    }
    return AttributeGap.of(Codes.posterior(List.of(factor), values, rows), 0);
  }

  /** Correlation of 0, 1, 2 and 0, 0, 1: covariance 1/3, variances 2/3 and 2/9. */
  @Test
  void anOrderedFactorIsPredictedByAStraightLine() {
    var size = new Factor("size", 3, true);
    assertEquals(0.75, gap(size, new byte[] {0, 1, 2}, 0, 0, 1), 1e-12);
    assertEquals(0.75, gap(size, new byte[] {0, 1, 2}, 0, 0, -7), 1e-12);
    // Further apart and back: no line.
    assertEquals(0, gap(size, new byte[] {0, 1, 2}, 0, 1, 0), 1e-12);
  }

  @Test
  void theMiddleOfThreeKindsTakesTwoThresholds() {
    var kind = new Factor("kind", 3, false);
    assertEquals(1, gap(kind, new byte[] {2, 0, 1}, 1, 2, 3), 1e-12);
    // Two of three images are of one kind: it counts no more than the others.
    assertEquals(1, gap(kind, new byte[] {2, 2, 2, 2, 0, 1}, 1, 1, 1, 1, 2, 3), 1e-12);
    // Those with one mean cannot be told apart.
    assertEquals(1 / 3.0, gap(kind, new byte[] {0, 1, 2, 0, 1, 2}, 0, 0, 0, 1, 1, 1), 1e-12);
  }

  /** Two kinds in four turns: one threshold tells three quarters, three would tell all. */
  @Test
  void thereIsOneThresholdFewerThanValues() {
    var kind = new Factor("kind", 2, false);
    assertEquals(0.75, gap(kind, new byte[] {0, 1, 0, 1}, 1, 2, 3, 4), 1e-12);
  }

  /** Against all ways to place two thresholds and to name the parts. */
  @Test
  void theBestThresholdsAreFound() {
    var random = new Random(17);
    for (int round = 0; round < 50; round++) {
      int images = 12;
      byte[] values = new byte[images];
      float[] means = new float[images];
      for (int i = 0; i < images; i++) {
        values[i] = (byte) (i < 3 ? i : random.nextInt(3));
        means[i] = random.nextInt(8);
      }
      assertEquals(
          exhaustive(values, means), gap(new Factor("kind", 3, false), values, means), 1e-12);
    }
  }

  private static double exhaustive(byte[] values, float[] means) {
    double best = 0;
    for (int low = 0; low <= 8; low++) {
      for (int high = low; high <= 8; high++) {
        for (int names = 0; names < 27; names++) {
          int[] told = {names % 3, names / 3 % 3, names / 9};
          double accuracy = 0;
          for (int kind = 0; kind < 3; kind++) {
            int right = 0;
            int count = 0;
            for (int i = 0; i < values.length; i++) {
              int part = means[i] < low ? 0 : means[i] < high ? 1 : 2;
              count += values[i] == kind ? 1 : 0;
              right += values[i] == kind && told[part] == kind ? 1 : 0;
            }
            accuracy += right / (3.0 * count);
          }
          best = Math.max(best, accuracy);
        }
      }
    }
    return best;
  }
}
