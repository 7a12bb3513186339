// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against posteriors whose best normal distribution is known in closed form. */
class BestGaussianTest {
  private static final double[][] IMAGES = {{0, 0}, {0.3, -0.2}, {1.7, 0.4}, {-2.5, 1.1}};

  /** From an encoder that knows nothing: the prior. */
  private static Quadrature.Result integrate(LatentLikelihood likelihood) {
    double[] zeros = new double[likelihood.images() * likelihood.latent()];
    return Quadrature.of(likelihood, zeros, zeros);
  }

  /**
   * Of all with independent dimensions the best for a normal posterior of precision L has its mean
   * and the precisions L_jj: its ELBO is (sum of log L_jj - log det L) / 2 below log p(x).
   */
  @ParameterizedTest
  @CsvSource({"0.5, 0, 1", "0.02, 0, 1", "0.5, 0.6, 0.8", "0.1, 0.3, 0.8", "2, -1.5, 1"})
  void aNormalPosterior(double deviation, double across, double along) {
    double[][] weights = {{along, across}, {0, along}};
    var model = new LinearGaussianTiles(IMAGES, weights, deviation);
    double noise = 1 / (deviation * deviation);
    double a = 1 + noise * along * along;
    double b = noise * along * across;
    double c = 1 + noise * (across * across + along * along);
    double gap = 0.5 * (Math.log(a) + Math.log(c) - Math.log(a * c - b * b));
    Quadrature.Result result = integrate(model);
    for (int i = 0; i < IMAGES.length; i++) {
      assertEquals(model.evidence(i) - gap, result.bestElbo[i], 2e-3, "image " + i);
    }
  }

  @Test
  void inOneDimensionANormalPosteriorLeavesNoGap() {
    double[][] images = {{0.4, 0.2}, {-3, -1}};
    var model = new LinearGaussianTiles(images, new double[][] {{1}, {0.5}}, 0.2);
    Quadrature.Result result = integrate(model);
    assertEquals(model.evidence(0), result.bestElbo[0], 1e-3);
    assertEquals(model.evidence(1), result.bestElbo[1], 1e-3);
  }

  /** Two peaks far apart, each with half of the likelihood: the best has one of them. */
  @Test
  void oneOfTwoPeaks() {
    var peaks = new TwoPeaks(new double[] {-1, -1}, 0.2, new double[] {1.3, 1.1}, 0.2);
    Quadrature.Result result = integrate(peaks);
    assertEquals(0, result.logLikelihood[0], 0.002);
    assertEquals(Math.log(0.5), result.bestElbo[0], 0.002);
  }

  /** A distribution cannot be narrower than its points can tell: what there is stays a bound. */
  @Test
  void isNeverAboveTheEvidence() {
    for (double deviation : new double[] {0.003, 0.01, 0.03, 0.1, 0.3, 1, 3}) {
      var peaks = new TwoPeaks(new double[] {-1, 0.2}, deviation, new double[] {-1, 0.2}, 0.05);
      Quadrature.Result result = Quadrature.of(peaks, new double[] {-1, 0.2}, new double[2]);
      assertEquals(
          0,
          Math.max(0, result.bestElbo[0] - result.logLikelihood[0]),
          1e-3,
          "deviation " + deviation);
    }
  }
}
