// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.eval.AggregatePosterior.Grid;
import io.github.cvaegpu.eval.AggregatePosterior.Parts;
import io.github.cvaegpu.random.GaussianNoise;
import io.github.cvaegpu.random.RandomPurpose;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** On posteriors for which the parts of the KL divergence are known, and written out by hand. */
@Execution(ExecutionMode.CONCURRENT)
class AggregatePosteriorTest {
  private static final long SEED = 3;

  private static Posterior posterior(int latent, float[] means, float[] logVariances) {
    int images = means.length / latent;
    return Posterior.of(
        ImageSet.withoutLabels(1, 1, new byte[images], images), latent, means, logVariances);
  }

  /** Means that are drawn, each a sum of its own number and one common to all dimensions. */
  private static Posterior drawn(int images, int latent, double own, double common, double s) {
    var random = new Random(5);
    float[] means = new float[images * latent];
    float[] logVariances = new float[means.length];
    for (int i = 0; i < images; i++) {
      double shared = common * random.nextGaussian();
      for (int j = 0; j < latent; j++) {
        means[i * latent + j] = (float) (own * random.nextGaussian() + shared);
        logVariances[i * latent + j] = (float) (2 * Math.log(s));
      }
    }
    return posterior(latent, means, logVariances);
  }

  private static double sum(Estimate... estimates) {
    double sum = 0;
    for (Estimate estimate : estimates) {
      sum += estimate.mean();
    }
    return sum;
  }

  private static void assertIsWhole(double divergence, Parts parts) {
    assertEquals(divergence, sum(parts.mutualInformation(), parts.klToPrior()), 1e-9);
    assertEquals(
        divergence,
        sum(parts.mutualInformation(), parts.totalCorrelation(), parts.dimensionKl()),
        1e-9);
  }

  /** Images by hand, of two dimensions; q(z) has the point's own image, or has not. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void thePartsAreTheMeansOfTheirLogRatios(boolean hasOwn) {
    float[] means = {0.5f, -1, 1.5f, 0.25f, -0.75f, 2};
    float[] logVariances = {-0.5f, 0.25f, -1, -0.75f, 0.5f, -1.5f};
    var information = new Estimate.Builder();
    var correlation = new Estimate.Builder();
    double divergence = 0;
    for (int image = 0; image < 3; image++) {
      float[] z = new float[2];
      GaussianNoise.row(SEED, RandomPurpose.EVALUATION_NOISE, 0, image, z, 0, 2);
      for (int j = 0; j < 2; j++) {
        int at = 2 * image + j;
        z[j] = (float) (means[at] + Math.exp(logVariances[at] / 2.0) * z[j]);
        divergence +=
            0.5 * (means[at] * means[at] + Math.exp(logVariances[at]) - logVariances[at] - 1) / 3;
      }
      double own = 0;
      double joint = 0;
      double[] marginal = new double[2];
      for (int other = 0; other < 3; other++) {
        double density = 1;
        for (int j = 0; j < 2; j++) {
          int at = 2 * other + j;
          double variance = Math.exp(logVariances[at]);
          double distance = z[j] - means[at];
          double one =
              Math.exp(-0.5 * distance * distance / variance) / Math.sqrt(2 * Math.PI * variance);
          density *= one;
          marginal[j] += other != image || hasOwn ? one : 0;
        }
        own = other == image ? density : own;
        joint += other != image || hasOwn ? density : 0;
      }
      double count = hasOwn ? 3 : 2;
      information.accept(Math.log(own / (joint / count)));
      correlation.accept(Math.log((joint / count) / (marginal[0] / count * marginal[1] / count)));
    }
    AggregatePosterior aggregate = AggregatePosterior.of(posterior(2, means, logVariances), SEED);
    Parts parts = hasOwn ? aggregate.plugIn() : aggregate.leaveOneOut();
    assertEquals(3, aggregate.images());
    assertEquals(3, aggregate.points());
    assertEquals(divergence, aggregate.klDivergence().mean(), 1e-7);
    assertEquals(information.build().mean(), parts.mutualInformation().mean(), 1e-7);
    assertEquals(
        information.build().standardError(), parts.mutualInformation().standardError(), 1e-7);
    assertEquals(correlation.build().mean(), parts.totalCorrelation().mean(), 1e-7);
    assertIsWhole(aggregate.klDivergence().mean(), parts);
  }

  @Test
  void theInformationIsThatOfTheOtherMeasure() {
    Posterior posterior = drawn(300, 3, 1, 0.5, 0.4);
    AggregatePosterior aggregate = AggregatePosterior.of(posterior, SEED);
    MutualInformation information = MutualInformation.of(posterior, SEED);
    assertEquals(information.nats(), aggregate.plugIn().mutualInformation().mean(), 1e-7);
    assertEquals(
        information.standardError(), aggregate.plugIn().mutualInformation().standardError(), 1e-7);
  }

  /**
   * Means of N(0, a^2 I + b^2 1 1^T) under posteriors N(m, s^2 I): q(z) comes to a normal density
   * as images become many, with variances v = a^2 + b^2 + s^2 and covariances b^2.
   */
  @ParameterizedTest
  @CsvSource({"1, 0.7, 0, 0.8", "2, 0.6, 0.7, 0.5", "3, 0.4, 0.8, 0.6"})
  void thePartsAreThoseOfANormalDensity(int latent, double own, double common, double s) {
    AggregatePosterior aggregate = AggregatePosterior.of(drawn(5000, latent, own, common, s), SEED);
    double v = own * own + common * common + s * s;
    double alone = own * own + s * s;
    double logDeterminant =
        (latent - 1) * Math.log(alone) + Math.log(alone + latent * common * common);
    double information = 0.5 * (logDeterminant - 2 * latent * Math.log(s));
    double correlation = 0.5 * (latent * Math.log(v) - logDeterminant);
    double dimensions = 0.5 * latent * (v - 1 - Math.log(v));
    for (Parts parts : new Parts[] {aggregate.plugIn(), aggregate.leaveOneOut()}) {
      // The images are random as well, by about as much as the points.
      assertNear(information, parts.mutualInformation());
      assertNear(correlation, parts.totalCorrelation());
      assertNear(dimensions, parts.dimensionKl());
      assertNear(correlation + dimensions, parts.klToPrior());
      assertIsWhole(aggregate.klDivergence().mean(), parts);
    }
  }

  private static void assertNear(double expected, Estimate actual) {
    assertTrue(actual.standardError() < 0.03, actual.toString());
    assertEquals(expected, actual.mean(), 5 * actual.standardError() + 0.005);
  }

  /** Of images without end, the information is between the two: 1/2 log(1 + 36) nats. */
  @Test
  void fewImagesTellTooLittleAndLeavingOneOutTooMuch() {
    double[] sums = new double[2];
    for (int seed = 0; seed < 40; seed++) {
      var random = new Random(seed);
      float[] means = new float[20];
      for (int i = 0; i < means.length; i++) {
        means[i] = (float) (6 * random.nextGaussian());
      }
      AggregatePosterior aggregate =
          AggregatePosterior.of(posterior(1, means, new float[20]), seed);
      sums[0] += aggregate.plugIn().mutualInformation().mean() / 40;
      sums[1] += aggregate.leaveOneOut().mutualInformation().mean() / 40;
    }
    double information = 0.5 * Math.log(37);
    assertTrue(sums[0] < information - 0.03, sums[0] + " of " + information);
    assertTrue(sums[1] > information + 0.03, sums[1] + " of " + information);
  }

  // ---- a grid ----------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({"1, 1, 0, 0.1", "2, 0.5, 0.8, 0.15", "2, 0.1, 0.1, 0.7"})
  void theGridIsWhatManyPointsComeTo(int latent, double own, double common, double s) {
    Posterior posterior = drawn(3000, latent, own, common, s);
    AggregatePosterior aggregate = AggregatePosterior.of(posterior, SEED);
    Parts parts = aggregate.plugIn();
    Grid grid = aggregate.grid();
    assertNotNull(grid);
    assertEquals(parts.klToPrior().mean(), grid.klToPrior(), 4 * error(parts.klToPrior()));
    assertEquals(
        parts.totalCorrelation().mean(),
        grid.totalCorrelation(),
        4 * error(parts.totalCorrelation()));
    assertEquals(parts.dimensionKl().mean(), grid.dimensionKl(), 4 * error(parts.dimensionKl()));
    assertEquals(
        parts.mutualInformation().mean(),
        grid.mutualInformation(),
        4 * error(parts.mutualInformation()));
    assertTrue(grid.error() < 1e-4, grid.toString());
    assertEquals(grid.klToPrior(), grid.totalCorrelation() + grid.dimensionKl(), 1e-9);
    assertEquals(
        aggregate.klDivergence().mean(), grid.mutualInformation() + grid.klToPrior(), 1e-9);
  }

  private static double error(Estimate estimate) {
    return estimate.standardError() + 1e-6;
  }

  /** One posterior is q(z): its KL is known, and there is nothing else. */
  @Test
  void ofOneImageTheGridHasItsDivergence() {
    AggregatePosterior aggregate =
        AggregatePosterior.of(
            posterior(2, new float[] {1.5f, -0.5f}, new float[] {-3, 0.5f}), SEED);
    double divergence = aggregate.klDivergence().mean();
    assertEquals(0, aggregate.plugIn().mutualInformation().mean(), 1e-12);
    assertEquals(0, aggregate.plugIn().totalCorrelation().mean(), 1e-12);
    assertEquals(divergence, aggregate.grid().klToPrior(), 1e-9);
    assertEquals(divergence, aggregate.grid().dimensionKl(), 1e-9);
    assertTrue(Double.isNaN(aggregate.leaveOneOut().mutualInformation().mean()));
  }

  @Test
  void threeDimensionsAndNarrowPosteriorsHaveNoGrid() {
    assertNull(AggregatePosterior.of(drawn(5, 3, 1, 0, 0.5), SEED).grid());
    float[] means = {0, 100};
    assertNull(AggregatePosterior.of(posterior(1, means, new float[] {-20, -20}), SEED).grid());
    assertNotNull(AggregatePosterior.of(posterior(1, means, new float[] {-2, -2}), SEED).grid());
    assertNotNull(AggregatePosterior.of(drawn(1200, 2, 40, 0, 1), SEED).grid());
    // Axes that are affordable, and too many points between them.
    float[] apart = {0, 0, 60, 60};
    assertNull(AggregatePosterior.of(posterior(2, apart, new float[] {-8, -8, 4, 4}), SEED).grid());
  }

  // ---- how much is done ------------------------------------------------------------------------

  /** Far apart: no other image's density is more than 0 as a double. */
  @Test
  void posteriorsThatDoNotTouchAreNoZeroes() {
    float[] means = new float[30];
    for (int i = 0; i < means.length; i++) {
      means[i] = 100 * i;
    }
    AggregatePosterior aggregate = AggregatePosterior.of(posterior(1, means, new float[30]), SEED);
    assertEquals(Math.log(30), aggregate.plugIn().mutualInformation().mean(), 1e-9);
    // One is 100 away, two are for all but the outermost.
    double others = aggregate.leaveOneOut().mutualInformation().mean();
    assertTrue(others > 4500 && others < 5500, aggregate.toString());
  }

  /** Points all over the images; q(z) is of all of them still. */
  @Test
  void manyDimensionsHaveFewerPoints() {
    int images = 250;
    int latent = 50;
    float[] means = new float[images * latent];
    for (int i = 0; i < images; i++) {
      means[i * latent] = i < images / 2 ? -60 : 30;
    }
    Posterior posterior = posterior(latent, means, new float[means.length]);
    AggregatePosterior aggregate = AggregatePosterior.of(posterior, SEED, 1e6);
    assertEquals(images, aggregate.images());
    assertEquals(80, aggregate.points());
    assertEquals(Math.log(2), aggregate.plugIn().mutualInformation().mean(), 1e-9);
    // Half of 60^2 for the first 40 points, half of 30^2 for the others.
    assertEquals(1125, aggregate.klDivergence().mean(), 1e-9);
    assertEquals(1, AggregatePosterior.of(posterior, SEED, 0).points());
    assertEquals(images, AggregatePosterior.of(posterior, SEED).points());
  }

  @Test
  void manyImagesAreCutToWhatCanBeDone() {
    int many = MutualInformation.MAX_IMAGES + 1;
    assertEquals(
        MutualInformation.MAX_IMAGES,
        AggregatePosterior.of(posterior(1, new float[many], new float[many]), SEED).images());
  }
}
