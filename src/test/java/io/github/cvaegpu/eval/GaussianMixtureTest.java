// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.hipparchus.distribution.multivariate.MixtureMultivariateNormalDistribution;
import org.hipparchus.stat.fitting.MultivariateNormalMixtureExpectationMaximization;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GaussianMixtureTest {
  /** Of each point: part 0 is at the origin, part 1 far from it and bent the other way. */
  private static float[] twoParts(int count, double shareOfFirst) {
    var random = new Random(3);
    float[] points = new float[2 * count];
    for (int i = 0; i < count; i++) {
      double a = random.nextGaussian();
      double b = random.nextGaussian();
      boolean isFirst = random.nextDouble() < shareOfFirst;
      points[2 * i] = (float) (isFirst ? a : 6 + 0.5 * a);
      points[2 * i + 1] = (float) (isFirst ? 0.8 * a + 0.3 * b : -4 - 0.4 * a + 0.2 * b);
    }
    return points;
  }

  @Test
  void partsThatAreApartAreFound() {
    GaussianMixture mixture = GaussianMixture.fit(twoParts(20_000, 0.3), 2, 2, 1);
    double[] weights = mixture.weights();
    int first = weights[0] < weights[1] ? 0 : 1;
    assertEquals(0.3, weights[first], 0.01);
    assertEquals(0.7, weights[1 - first], 0.01);
    assertArrayEquals(new double[] {0, 0}, mixture.mean(first), 0.03);
    assertArrayEquals(new double[] {6, -4}, mixture.mean(1 - first), 0.03);
  }

  /** By another's program, from where that one likes to begin. */
  @Test
  void fitsAsWellAsHipparchus() {
    float[] points = twoParts(2000, 0.5);
    double[][] rows = new double[points.length / 2][2];
    for (int i = 0; i < points.length; i++) {
      rows[i / 2][i % 2] = points[i];
    }
    MixtureMultivariateNormalDistribution start =
        MultivariateNormalMixtureExpectationMaximization.estimate(rows, 2);
    var other = new MultivariateNormalMixtureExpectationMaximization(rows);
    other.fit(start);
    GaussianMixture mixture = GaussianMixture.fit(points, 2, 2, 1);
    assertEquals(other.getLogLikelihood(), mixture.logLikelihood(), 1e-3);
    double[] theirs =
        other.getFittedModel().getComponents().stream()
            .mapToDouble(part -> part.getFirst())
            .sorted()
            .toArray();
    double[] ours = mixture.weights();
    Arrays.sort(ours);
    assertArrayEquals(theirs, ours, 1e-3);
  }

  /** One part is one normal distribution, of which everything is known. */
  @Test
  void onePartHasTheMomentsOfThePoints() {
    float[] points = twoParts(5000, 1);
    GaussianMixture mixture = GaussianMixture.fit(points, 2, 1, 0);
    double mean = 0;
    double second = 0;
    double product = 0;
    for (int i = 0; i < points.length; i += 2) {
      mean += points[i] / 5000;
    }
    for (int i = 0; i < points.length; i += 2) {
      second += (points[i] - mean) * (points[i] - mean) / 5000;
      product += (points[i] - mean) * points[i + 1] / 5000;
    }
    assertEquals(mean, mixture.mean(0)[0], 1e-6);
    float[] drawn = mixture.sample(7, 200_000);
    double drawnMean = 0;
    for (int i = 0; i < drawn.length; i += 2) {
      drawnMean += drawn[i] / 200_000;
    }
    double drawnSecond = 0;
    double drawnProduct = 0;
    for (int i = 0; i < drawn.length; i += 2) {
      drawnSecond += (drawn[i] - drawnMean) * (drawn[i] - drawnMean) / 200_000;
      drawnProduct += (drawn[i] - drawnMean) * drawn[i + 1] / 200_000;
    }
    assertEquals(mean, drawnMean, 0.01);
    assertEquals(second, drawnSecond, 0.02);
    assertEquals(product, drawnProduct, 0.02);
  }

  @Test
  void morePartsAreNeverLessLikely() {
    float[] points = twoParts(3000, 0.5);
    double before = Double.NEGATIVE_INFINITY;
    for (int parts : new int[] {1, 2, 4}) {
      double now = GaussianMixture.fit(points, 2, parts, 5).logLikelihood();
      assertTrue(now > before - 1e-3, parts + " parts: " + now + " after " + before);
      before = now;
    }
  }

  @Test
  void theSameSeedIsTheSamePointsHoweverTheyAreDrawn() {
    float[] points = twoParts(1000, 0.5);
    GaussianMixture mixture = GaussianMixture.fit(points, 2, 3, 5);
    float[] all = mixture.sample(9, 100);
    assertArrayEquals(all, GaussianMixture.fit(points, 2, 3, 5).sample(9, 100));
    assertArrayEquals(Arrays.copyOf(all, 40), mixture.sample(9, 20));
    assertTrue(!Arrays.equals(all, mixture.sample(10, 100)));
  }

  /** A latent dimension that the encoder does not use has the same mean for all images. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 10})
  void pointsOnALineOrInOnePlaceHaveAMixtureToo(int parts) {
    float[] line = new float[200];
    for (int i = 0; i < 100; i++) {
      line[2 * i] = i;
    }
    for (float[] points : new float[][] {line, new float[200]}) {
      GaussianMixture mixture = GaussianMixture.fit(points, 2, parts, 1);
      for (float value : mixture.sample(1, 1000)) {
        assertTrue(Float.isFinite(value));
      }
      assertEquals(0, mixture.sample(1, 1)[1], 1e-6);
    }
  }

  @Test
  void whatDoesNotFitIntoMemoryIsASentence() {
    GaussianMixture.requireFits(900, 64, 900);
    var e = assertThrows(InputException.class, () -> GaussianMixture.requireFits(10, 1024, 10));
    assertEquals(
        "A mixture of 10 components in 1024 dimensions is too large to fit: take 3 or fewer.",
        e.getMessage());
  }

  @Test
  void tellsOfEachIteration() {
    List<Integer> told = new ArrayList<>();
    float[] points = twoParts(500, 0.3);
    GaussianMixture mixture = GaussianMixture.fit(points, 2, 3, 5, told::add);
    assertTrue(told.size() > 1 && told.size() <= GaussianMixture.MAX_ITERATIONS, told.toString());
    assertEquals(IntStream.rangeClosed(1, told.size()).boxed().toList(), told);
    assertArrayEquals(GaussianMixture.fit(points, 2, 3, 5).sample(9, 10), mixture.sample(9, 10));
  }

  @Test
  void fewerPointsThanPartsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> GaussianMixture.fit(new float[4], 2, 3, 0));
    assertThrows(IllegalArgumentException.class, () -> GaussianMixture.fit(new float[5], 2, 1, 0));
  }
}
