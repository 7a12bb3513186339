// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import java.util.Arrays;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against integrals that are known in closed form. */
class QuadratureTest {
  private static final double[][] IMAGES = {
    {0, 0}, {0.3, -0.2}, {1.7, 0.4}, {-2.5, 1.1}, {0.01, 3}, {2.1, -2.3}
  };

  private static Quadrature.Result withoutHints(LatentLikelihood likelihood) {
    double[] zeros = new double[likelihood.images() * likelihood.latent()];
    return Quadrature.of(likelihood, zeros, zeros);
  }

  private static void assertIsEvidence(LinearGaussianTiles model, Quadrature.Result result) {
    for (int i = 0; i < model.images(); i++) {
      assertEquals(model.evidence(i), result.logLikelihood[i], 1e-4, "image " + i);
      assertTrue(result.moved[i] <= Quadrature.TOLERANCE, "image " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {2, 0.3, 0.05, 0.01, 0.001})
  void anyWidthOfAPosteriorInOneDimension(double deviation) {
    double[][] images = new double[IMAGES.length][];
    // What the mean can reach: a point far off it has no likelihood that a float would show.
    Arrays.setAll(images, i -> new double[] {IMAGES[i][0], -0.5 * IMAGES[i][0]});
    var model = new LinearGaussianTiles(images, new double[][] {{1}, {-0.5}}, deviation);
    assertIsEvidence(model, withoutHints(model));
  }

  @ParameterizedTest
  @ValueSource(doubles = {2, 0.3, 0.05, 0.01})
  void anyWidthOfAPosteriorInTwoDimensions(double deviation) {
    var model = new LinearGaussianTiles(IMAGES, new double[][] {{1, 0.2}, {-0.3, 1}}, deviation);
    assertIsEvidence(model, withoutHints(model));
  }

  /**
   * Half-way between points of two levels: the coarser has one point at some distance of the peak,
   * the finer twice as many in each dimension, each of half the width, so the sums are the same.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void twoSumsThatAgreeByChanceAreNotTrusted(int dimensions) {
    double peak = new Lattice(dimensions).spacing(2);
    double deviation = peak / 8;
    // The posterior's mean is the image, drawn to 0 by the prior.
    double x = peak * (1 + deviation * deviation);
    var model =
        dimensions == 1
            ? new LinearGaussianTiles(new double[][] {{x, 0}}, new double[][] {{1}, {0}}, deviation)
            : new LinearGaussianTiles(
                new double[][] {{x, x}}, new double[][] {{1, 0}, {0, 1}}, deviation);
    assertIsEvidence(model, withoutHints(model));
  }

  /** One direction is ten times as wide as the other, and neither is an axis. */
  @Test
  void aNarrowRidgeAcrossTheAxes() {
    var model = new LinearGaussianTiles(IMAGES, new double[][] {{5, 5}, {-0.5, 0.5}}, 0.2);
    assertIsEvidence(model, withoutHints(model));
  }

  /**
   * A curved ridge, which the points of the coarser levels are off for most of its length: where it
   * leaves the parts that were kept, it has to be followed.
   */
  @ParameterizedTest
  @ValueSource(doubles = {0.1, 0.03, 0.01, 0.004, 0.0025})
  void aCurvedRidgeIsFollowed(double width) {
    Quadrature.Result result = withoutHints(new Ridge(width));
    assertEquals(0, result.logLikelihood[0], Quadrature.TOLERANCE);
    assertTrue(result.moved[0] <= Quadrature.TOLERANCE, "moved " + result.moved[0]);
  }

  /**
   * p(x|z) p(z) is normal in z_2, and around a curve, z_1 = 0.7 sin(3 z_2), in z_1: its sum is 1.
   */
  private static final class Ridge extends PointwiseLikelihood {
    private final double width;

    Ridge(double width) {
      super(2, 1);
      this.width = width;
    }

    @Override
    double of(int image, double[] z) {
      double off = (z[0] - 0.7 * Math.sin(3 * z[1])) / width;
      // Less the prior's own density.
      return 0.5 * (z[0] * z[0] - off * off) - Math.log(width);
    }
  }

  @Test
  void theRangeWidensUntilNothingIsBeyond() {
    double[][] images = {{0, 0}, {11, 0}};
    var model = new LinearGaussianTiles(images, new double[][] {{1, 0}, {0, 1}}, 0.5);
    Quadrature.Result result = withoutHints(model);
    assertIsEvidence(model, result);
    assertTrue(result.range >= 12, "range " + result.range);
    assertTrue(result.beyond[1] <= 1e-6, Arrays.toString(result.beyond));
  }

  /** Where refining would take more than there is memory for, what is known so far is not exact. */
  @Test
  void tooManyPairsEndWithWhatIsKnownSoFar() {
    double[] zeros = new double[2];
    var ridge = new Ridge(0.02);
    Quadrature.Result whole = withoutHints(ridge);
    Quadrature.Result cut = Quadrature.of(ridge, zeros, zeros, 10, (level, done, sums) -> {});
    assertTrue(whole.level[0] > cut.level[0], whole.level[0] + " and " + cut.level[0]);
    assertEquals(1, cut.level[0]);
    assertTrue(cut.moved[0] >= ExactLikelihood.TOLERANCE, "moved by " + cut.moved[0]);
    assertEquals(whole.logLikelihood[0], cut.logLikelihood[0], 1);
    assertTrue(Double.isFinite(cut.bestElbo[0]) && cut.bestElbo[0] < 0, "ELBO " + cut.bestElbo[0]);
  }

  /** Its peak is between the points of any spacing that is tried. */
  @Test
  void aPosteriorTooNarrowForAnySpacingIsSaidToMove() {
    var model =
        new LinearGaussianTiles(new double[][] {{1, 1 / 3.0}}, new double[][] {{3}, {1}}, 1e-7);
    double[] hint = {1 / 3.0};
    assertTrue(Quadrature.of(model, hint, new double[1]).moved[0] > ExactLikelihood.TOLERANCE);
  }

  /** A peak that no point of the coarsest level is near, far from another: the encoder knows it. */
  @Test
  void theEncodersMeanLeadsToAPeakThatTheCoarsestLevelDoesNotShow() {
    double[] narrow = {1.0625, 2.0625};
    var peaks = new TwoPeaks(new double[] {-2, -2}, 0.3, narrow, 0.006);
    assertEquals(Math.log(0.5), withoutHints(peaks).logLikelihood[0], 0.01);
    assertEquals(0, Quadrature.of(peaks, narrow, new double[2]).logLikelihood[0], 0.01);
  }

  @Test
  void threadsChangeNoBit() throws Exception {
    var model = new LinearGaussianTiles(IMAGES, new double[][] {{1, 0.2}, {-0.3, 1}}, 0.03);
    double[] usual = withoutHints(model).logLikelihood;
    for (int threads : new int[] {1, 3}) {
      try (var pool = new ForkJoinPool(threads)) {
        assertArrayEquals(usual, pool.submit(() -> withoutHints(model).logLikelihood).get());
      }
    }
  }

  /** One tile at a time, a few, and more than there are. */
  @Test
  void whatIsDecodedTogetherChangesNoBit() {
    var model = new LinearGaussianTiles(IMAGES, new double[][] {{1, 0.2}, {-0.3, 1}}, 0.03);
    double[] usual = withoutHints(model).logLikelihood;
    for (int batch : new int[] {1, 700, 1 << 20}) {
      model.batch(batch);
      assertArrayEquals(usual, withoutHints(model).logLikelihood, "batch " + batch);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
  void aLikelihoodThatIsNoNumberIsASentence(double value) {
    assertTrue(
        assertThrows(InputException.class, () -> withoutHints(new Constant(value)))
            .getMessage()
            .matches(
                "The decoder's likelihood of an image is no number at or near z = .* no"
                    + " integral\\."));
  }

  @Test
  void noLikelihoodAnywhereIsASentence() {
    assertEquals(
        "The decoder gives an image no likelihood at any latent point up to 12 from the origin.",
        assertThrows(
                InputException.class, () -> withoutHints(new Constant(Double.NEGATIVE_INFINITY)))
            .getMessage());
  }

  /** Where the likelihood is the same for all z, it is the integral. */
  @Test
  void aDecoderThatIgnoresItsInput() {
    assertEquals(-1000.5, withoutHints(new Constant(-1000.5)).logLikelihood[0], 1e-6);
  }

  private static final class Constant extends PointwiseLikelihood {
    private final double value;

    Constant(double value) {
      super(1, 1);
      this.value = value;
    }

    @Override
    double of(int image, double[] z) {
      return value;
    }
  }
}
