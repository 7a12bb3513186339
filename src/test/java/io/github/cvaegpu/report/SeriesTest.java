// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SeriesTest {
  @Test
  void keepsEveryStepHoweverMany() {
    var builder = new Series.Builder();
    int steps = 5000;
    for (int s = 1; s <= steps; s++) {
      builder.accept(s, s, 2 * s, 0.5f);
    }
    Series series = builder.build();
    assertEquals(steps, series.size());
    assertEquals(1, series.rl()[0]);
    assertEquals(steps, series.rl()[steps - 1]);
    assertEquals(8000, series.kl()[3999]);
    assertEquals(0.5f, series.beta()[steps - 1]);
    assertEquals(-12000, series.elbo()[3999]);
  }

  @Test
  void refusesAMissingStep() {
    var builder = new Series.Builder();
    builder.accept(1, 1, 1, 1);
    assertThrows(IllegalArgumentException.class, () -> builder.accept(3, 1, 1, 1));
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void refusesWhatIsNotFinite(float bad) {
    assertThrows(IllegalArgumentException.class, () -> new Series.Builder().accept(1, bad, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new Series.Builder().accept(1, 1, bad, 1));
    assertThrows(IllegalArgumentException.class, () -> new Series.Builder().accept(1, 1, 1, bad));
  }

  /** Of 1, 2, ... the mean of s - 99 to s is s - 49.5. */
  @Test
  void aSmoothedPointIsTheMeanOfTheLastHundred() {
    float[] values = new float[250];
    for (int i = 0; i < values.length; i++) {
      values[i] = i + 1;
    }
    float[] means = Series.windowMeans(values);
    assertEquals(250, means.length);
    for (int i = 99; i < means.length; i++) {
      assertEquals(i + 1 - 49.5f, means[i]);
    }
    assertEquals(Series.lastMean(values), means[249]);
  }

  @Test
  void beforeTheHundredthStepItIsTheMeanOfAllSoFar() {
    float[] means = Series.windowMeans(new float[] {4, 2, 0, 6});
    assertArrayEquals(new float[] {4, 3, 2, 3}, means);
    assertEquals(0, Series.windowMeans(new float[0]).length);
  }

  /** A running sum must not carry a first, huge loss along. */
  @Test
  void aLargeValueLeavesNoTrace() {
    float[] values = new float[201];
    values[0] = 1e9f;
    for (int i = 1; i < values.length; i++) {
      values[i] = 0.1f;
    }
    float[] means = Series.windowMeans(values);
    assertEquals(0.1f, means[200], 1e-6);
  }

  @Test
  void theLastMeanIsOverAHundredStepsOrAll() {
    float[] values = new float[300];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    assertEquals(249.5, Series.lastMean(values));
    assertEquals(2, Series.lastMean(new float[] {1, 2, 3}));
    assertTrue(Double.isNaN(Series.lastMean(new float[0])));
  }
}
