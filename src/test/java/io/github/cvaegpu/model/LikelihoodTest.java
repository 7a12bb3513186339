// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.hipparchus.dfp.Dfp;
import org.hipparchus.dfp.DfpField;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds of every likelihood, and each by its textbook formula. */
class LikelihoodTest {
  private static final double[] LOGITS = {-30, -4, -0.7, -1e-9, 0, 0.3, 2, 12};
  private static final double[] TARGETS = {0, 1 / 255.0, 0.2, 0.5, 0.75, 254 / 255.0, 1};

  static Stream<Objective> objectives() {
    return Stream.concat(Objective.ALL.stream(), Stream.of(Objective.gaussian(Sigma.of(0.3))));
  }

  @ParameterizedTest
  @MethodSource("objectives")
  void theGradientIsTheSlopeOfTheLoss(Objective objective) {
    double h = 1e-5;
    for (double x : TARGETS) {
      for (double l : LOGITS) {
        double slope = (objective.loss(l + h, x) - objective.loss(l - h, x)) / (2 * h);
        double most = 1e-8 * Math.max(1, Math.abs(slope));
        assertEquals(slope, objective.gradient(l, x), most, "logit " + l + ", target " + x);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("objectives")
  void noLogitGetsBelowTheLeastLossAndOneGetsThere(Objective objective) {
    for (double x : TARGETS) {
      double least = objective.leastLoss(x);
      double best = Double.POSITIVE_INFINITY;
      double step = 1e-3;
      for (double l = -400; l <= 400; l += step) {
        best = Math.min(best, objective.loss(l, x));
      }
      assertTrue(best >= least - 1e-12, "target " + x);
      if (least == Double.NEGATIVE_INFINITY) {
        // It falls on as the logarithm of the logit does.
        double further = objective.loss(x == 0 ? -4e10 : 4e10, x);
        assertEquals(-Math.log(4e10), further, 1e-9, "target " + x);
      } else {
        // Half a step from where it is least; no slope rises faster than a Gaussian's.
        double scale = objective.likelihood().scale(objective.deviation());
        assertEquals(least, best, 1.1 * scale * step * step / 8, "target " + x);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theMeanRises(Likelihood likelihood) {
    double before = Double.NEGATIVE_INFINITY;
    for (double l : LOGITS) {
      double mean = likelihood.mean(l);
      assertTrue(mean > before, "logit " + l);
      assertTrue(likelihood == Likelihood.GAUSSIAN || (mean > 0 && mean < 1), "logit " + l);
      before = mean;
    }
  }

  @ParameterizedTest
  @MethodSource("objectives")
  void lossAndGradientAreFiniteForAnyFiniteLogit(Objective objective) {
    for (double l : new double[] {1e4, -1e4, Float.MAX_VALUE, -Float.MAX_VALUE, -0.0}) {
      for (double x : TARGETS) {
        assertTrue(Double.isFinite(objective.loss(l, x)), "loss of " + l);
        assertTrue(Double.isFinite(objective.gradient(l, x)), "gradient of " + l);
      }
    }
  }

  /** What {@code VaeModel.logits} and all that is built on it go by. */
  @ParameterizedTest
  @MethodSource("objectives")
  void theLossIsLinearInTheTargetButForItsBase(Objective objective) {
    Likelihood likelihood = objective.likelihood();
    double sigma = objective.deviation();
    assertEquals(0, likelihood.base(0, sigma));
    for (double x : TARGETS) {
      for (double l : LOGITS) {
        double expected =
            objective.loss(l, 0) - likelihood.scale(sigma) * x * l + likelihood.base(x, sigma);
        assertEquals(expected, objective.loss(l, x), 1e-12 * Math.max(1, Math.abs(expected)));
      }
    }
  }

  /** Densities integrate to 1 over what their pixels can be. */
  @ParameterizedTest
  @MethodSource("objectives")
  void densitiesIntegrateToOne(Objective objective) {
    if (objective.likelihood() == Likelihood.BERNOULLI) {
      double both = Math.exp(-objective.loss(0.7, 0)) + Math.exp(-objective.loss(0.7, 1));
      assertEquals(1, both, 1e-15);
      return;
    }
    boolean isGaussian = objective.likelihood() == Likelihood.GAUSSIAN;
    double from = isGaussian ? -12 : 0;
    double to = isGaussian ? 12 : 1;
    int steps = 200_000;
    for (double l : new double[] {-4, -0.7, 0, 1e-6, 0.3, 2}) {
      double sum = 0;
      double mean = 0;
      for (int i = 0; i < steps; i++) {
        double x = from + (to - from) * (i + 0.5) / steps;
        double density = Math.exp(-objective.loss(l, x));
        sum += density * (to - from) / steps;
        mean += x * density * (to - from) / steps;
      }
      assertEquals(1, sum, 1e-9, "logit " + l);
      assertEquals(objective.likelihood().mean(l), mean, 1e-8, "logit " + l);
    }
  }

  /** Against forty decimal digits, on both sides of where the series ends and of 0. */
  @Test
  void theContinuousBernoulliIsRightToItsLastDigits() {
    var field = new DfpField(50);
    Likelihood likelihood = Likelihood.CONTINUOUS_BERNOULLI;
    for (double size : new double[] {1e-12, 1e-5, 0.01, 0.0499, 0.0501, 0.3, 1, 7, 40, 600}) {
      for (double l : new double[] {size, -size}) {
        Dfp logit = field.newDfp(l);
        Dfp normaliser = logit.exp().subtract(1).divide(logit).log();
        double expected = normaliser.toDouble();
        assertEquals(expected, likelihood.loss(l, 0, 1), 4e-15 * Math.max(size, 0.5), "A of " + l);
        Dfp one = field.getOne();
        Dfp mean = one.divide(one.subtract(logit.negate().exp())).subtract(one.divide(logit));
        assertEquals(mean.toDouble(), likelihood.mean(l), 1e-14, "mean of " + l);
      }
    }
    assertEquals(0, likelihood.loss(0, 0.25, 1));
    assertEquals(0.5, likelihood.mean(0));
    assertEquals("continuous_bernoulli", likelihood.text());
  }

  @Test
  void bernoulliIsBinaryCrossEntropy() {
    for (double l : new double[] {-3, -0.5, 0, 0.5, 3}) {
      double p = 1 / (1 + Math.exp(-l));
      assertEquals(p, Likelihood.BERNOULLI.mean(l), 1e-15);
      for (double x : TARGETS) {
        double expected = -x * Math.log(p) - (1 - x) * Math.log(1 - p);
        assertEquals(expected, Likelihood.BERNOULLI.loss(l, x, 1), 1e-14);
      }
    }
    assertEquals("bernoulli", Likelihood.BERNOULLI.text());
  }

  @ParameterizedTest
  @EnumSource
  void targetsGoFromBlackToWhite(Targets targets) {
    assertEquals(0, targets.of(0));
    assertEquals(1, targets.of(Targets.LEVELS - 1));
  }

  @Test
  void greyIsTheIntensityRoundedAsEnginesRoundIt() {
    for (int v = 0; v < Targets.LEVELS; v++) {
      assertEquals(v / 255f, (float) Targets.GREY.of(v));
    }
  }
}
