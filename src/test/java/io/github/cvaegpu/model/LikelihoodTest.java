// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What holds of every likelihood, and the one that there is by its textbook formula. */
class LikelihoodTest {
  private static final double[] LOGITS = {-30, -4, -0.7, -1e-9, 0, 0.3, 2, 12};
  private static final double[] TARGETS = {0, 1 / 255.0, 0.2, 0.5, 0.75, 254 / 255.0, 1};

  @ParameterizedTest
  @EnumSource
  void theGradientIsTheSlopeOfTheLoss(Likelihood likelihood) {
    double h = 1e-5;
    for (double x : TARGETS) {
      for (double l : LOGITS) {
        double slope = (likelihood.loss(l + h, x) - likelihood.loss(l - h, x)) / (2 * h);
        assertEquals(slope, likelihood.gradient(l, x), 1e-8, "logit " + l + ", target " + x);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void noLogitGetsBelowTheLeastLossAndOneGetsThere(Likelihood likelihood) {
    for (double x : TARGETS) {
      double best = Double.POSITIVE_INFINITY;
      for (double l = -40; l <= 40; l += 1e-3) {
        best = Math.min(best, likelihood.loss(l, x));
      }
      assertTrue(best >= likelihood.leastLoss(x) - 1e-12, "target " + x);
      assertEquals(likelihood.leastLoss(x), best, 1e-6, "target " + x);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theMeanRisesFromBlackToWhite(Likelihood likelihood) {
    double before = 0;
    for (double l : LOGITS) {
      assertTrue(likelihood.mean(l) > before && likelihood.mean(l) < 1, "logit " + l);
      before = likelihood.mean(l);
    }
  }

  @ParameterizedTest
  @EnumSource
  void lossAndGradientAreFiniteForAnyFiniteLogit(Likelihood likelihood) {
    for (double l : new double[] {1e4, -1e4, Float.MAX_VALUE, -Float.MAX_VALUE, -0.0}) {
      for (double x : TARGETS) {
        assertTrue(Double.isFinite(likelihood.loss(l, x)), "loss of " + l);
        assertTrue(Double.isFinite(likelihood.gradient(l, x)), "gradient of " + l);
      }
    }
  }

  @Test
  void bernoulliIsBinaryCrossEntropy() {
    for (double l : new double[] {-3, -0.5, 0, 0.5, 3}) {
      double p = 1 / (1 + Math.exp(-l));
      assertEquals(p, Likelihood.BERNOULLI.mean(l), 1e-15);
      for (double x : TARGETS) {
        double expected = -x * Math.log(p) - (1 - x) * Math.log(1 - p);
        assertEquals(expected, Likelihood.BERNOULLI.loss(l, x), 1e-14);
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
