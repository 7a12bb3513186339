// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class GaussianNoiseTest {
  private static final int ROWS = 100_000;
  private static final int COLUMNS = 6;

  /** Every figure's tolerance is five standard errors of that figure. */
  @Test
  void everyColumnHasTheMomentsOfAStandardNormal() {
    double[][] columns = columns();
    for (int c = 0; c < COLUMNS; c++) {
      assertEquals(0, moment(columns[c], 1), 5 / Math.sqrt(ROWS), "mean of column " + c);
      assertEquals(1, moment(columns[c], 2), 5 * Math.sqrt(2.0 / ROWS), "variance of column " + c);
      assertEquals(0, moment(columns[c], 3), 5 * Math.sqrt(15.0 / ROWS), "third of column " + c);
      assertEquals(3, moment(columns[c], 4), 5 * Math.sqrt(96.0 / ROWS), "fourth of column " + c);
    }
  }

  @Test
  void halfOfTheValuesLieWithinTheQuartiles() {
    double quartile = 0.6744897501960817;
    for (double[] column : columns()) {
      long within = Arrays.stream(column).filter(v -> Math.abs(v) < quartile).count();
      assertEquals(0.5, (double) within / ROWS, 5 * 0.5 / Math.sqrt(ROWS));
    }
  }

  @Test
  void columnsAreUncorrelatedAndSoAreTheirSquares() {
    double[][] columns = columns();
    for (int a = 0; a < COLUMNS; a++) {
      for (int b = 0; b < a; b++) {
        double values = 0;
        double squares = 0;
        for (int i = 0; i < ROWS; i++) {
          double x = columns[a][i];
          double y = columns[b][i];
          values += x * y;
          squares += (x * x - 1) * (y * y - 1);
        }
        assertEquals(0, values / ROWS, 5 / Math.sqrt(ROWS), a + " with " + b);
        assertEquals(0, squares / ROWS, 5 * 2 / Math.sqrt(ROWS), a + " with " + b + ", squared");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 10})
  void aNarrowRowIsTheBeginningOfAWideOneAndNothingElseIsWritten(int columns) {
    float[] wide = row(3, RandomPurpose.TRAINING_NOISE, 4, 5, 12);
    float[] narrow = new float[columns + 2];
    Arrays.fill(narrow, 99);
    GaussianNoise.row(3, RandomPurpose.TRAINING_NOISE, 4, 5, narrow, 1, columns);
    assertArrayEquals(Arrays.copyOf(wide, columns), Arrays.copyOfRange(narrow, 1, columns + 1), 0f);
    assertEquals(99, narrow[0]);
    assertEquals(99, narrow[columns + 1]);
  }

  @Test
  void seedStreamStepAndRowEachSelectOtherNumbers() {
    float[] origin = row(3, RandomPurpose.TRAINING_NOISE, 4, 5, 8);
    assertArrayEquals(origin, row(3, RandomPurpose.TRAINING_NOISE, 4, 5, 8), 0f);
    assertNothingInCommon(origin, row(2, RandomPurpose.TRAINING_NOISE, 4, 5, 8));
    assertNothingInCommon(origin, row(3, RandomPurpose.EVALUATION_NOISE, 4, 5, 8));
    assertNothingInCommon(origin, row(3, RandomPurpose.TRAINING_NOISE, 5, 5, 8));
    assertNothingInCommon(origin, row(3, RandomPurpose.TRAINING_NOISE, 4, 6, 8));
    assertNothingInCommon(origin, row(3, RandomPurpose.TRAINING_NOISE, 5, 4, 8));
  }

  /** Box-Muller, written out for the four words of a block. */
  @Test
  void aBlockGivesTwoBoxMullerPairs() {
    int[] words = new int[4];
    Philox.block(3, RandomPurpose.TRAINING_NOISE, 1, 5, 4, words);
    float[] noise = row(3, RandomPurpose.TRAINING_NOISE, 4, 5, 8);
    for (int pair = 0; pair < 4; pair += 2) {
      double radius = Math.sqrt(-2 * Math.log(((words[pair] >>> 8) + 1) / 16777216.0));
      double angle = 2 * Math.PI * (words[pair + 1] >>> 8) / 16777216.0;
      assertEquals(radius * Math.cos(angle), noise[4 + pair], 1e-6);
      assertEquals(radius * Math.sin(angle), noise[5 + pair], 1e-6);
    }
  }

  private static void assertNothingInCommon(float[] a, float[] b) {
    for (float x : a) {
      for (float y : b) {
        assertFalse(x == y, () -> x + " occurs in both");
      }
    }
  }

  private static float[] row(long seed, RandomPurpose stream, int step, int row, int columns) {
    float[] out = new float[columns];
    GaussianNoise.row(seed, stream, step, row, out, 0, columns);
    return out;
  }

  private static double[][] columns() {
    double[][] columns = new double[COLUMNS][ROWS];
    for (int i = 0; i < ROWS; i++) {
      float[] row = row(10, RandomPurpose.TRAINING_NOISE, i / 128, i % 128, COLUMNS);
      for (int c = 0; c < COLUMNS; c++) {
        columns[c][i] = row[c];
      }
    }
    return columns;
  }

  private static double moment(double[] values, int power) {
    return Arrays.stream(values).map(v -> Math.pow(v, power)).average().orElseThrow();
  }
}
