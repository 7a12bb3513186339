// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.StepFeedback;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.model.Targets;
import io.github.cvaegpu.model.VaeShape;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingPlanTest {
  private static TrainingPlan plan(int epochs, int batchSize, double learningRate, double beta) {
    return Plans.of(new ConstantRule(beta), epochs, batchSize, learningRate, 2, List.of(20, 10), 0);
  }

  private static String refusal(Runnable plan) {
    return assertThrows(InputException.class, plan::run).getMessage();
  }

  @Test
  void theStudysPlanIsAccepted() {
    assertEquals(VaeShape.study(), TrainingPlan.defaults().shape(784));
  }

  /** Of every pixel, by the formulas of docs/likelihoods.md. */
  @Test
  void theLossIsCountedFromWhatThePixelsOfALikelihoodHave() {
    TrainingPlan plan = TrainingPlan.defaults();
    assertEquals(0, plan.lossOrigin(784));
    var continuous = new Objective(Likelihood.CONTINUOUS_BERNOULLI, Targets.GREY);
    assertEquals(-784 * Math.log(2), plan.withObjective(continuous).lossOrigin(784), 1e-9);
    double unit = Math.log(2 * Math.PI) / 2;
    TrainingPlan gaussian = plan.withObjective(Objective.gaussian(Sigma.of(0.1)));
    assertEquals(784 * (Math.log(0.1) + unit), gaussian.lossOrigin(784), 1e-9);
    TrainingPlan learned = plan.withObjective(Objective.gaussian(Sigma.LEARNED));
    assertEquals(10 * unit, learned.lossOrigin(10), 1e-12);
  }

  @Test
  void itsControllerCountsFromThere() {
    TrainingPlan plan = TrainingPlan.defaults().withObjective(Objective.gaussian(Sigma.of(0.1)));
    BetaController controller = plan.controller(784);
    controller.next(new StepFeedback(1, plan.lossOrigin(784) + 784 * Math.log(2) / 4, 1));
    assertEquals(0.25, controller.memory().get("scale"), 1e-12);
  }

  /** A checkpoint of more could be written, but not read. */
  @Test
  void refusesMoreEpochsThanACheckpointHolds() {
    assertEquals(1_000_000, plan(1_000_000, 64, 1e-3, 1).epochs());
    assertEquals(
        "The number of epochs must be at most 1000000, not 1000001.",
        refusal(() -> plan(1_000_001, 64, 1e-3, 1)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
  void refusesCountsBelowOne(int count) {
    assertEquals(
        String.format(Locale.ROOT, "The number of epochs must be 1 or more, not %d.", count),
        refusal(() -> plan(count, 64, 1e-3, 1)));
    assertEquals(
        String.format(Locale.ROOT, "The batch size must be 1 or more, not %d.", count),
        refusal(() -> plan(1, count, 1e-3, 1)));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.0, -1e-3, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesALearningRateThatIsNotPositive(double rate) {
    assertEquals(
        "The learning rate must be a positive number, not %s.".formatted(rate),
        refusal(() -> plan(1, 64, rate, 1)));
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1e-3, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesABetaBelowZero(double beta) {
    assertEquals(
        "Beta must be zero or a positive number, not %s.".formatted(beta),
        refusal(() -> plan(1, 64, 1e-3, beta)));
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e39, 1e-60, Double.MIN_VALUE, Double.MAX_VALUE})
  void refusesWhatOverflowsOrVanishesAsAFloat(double value) {
    assertEquals(
        "The learning rate must be positive and finite as a 32-bit float, which %s is not."
            .formatted(value),
        refusal(() -> plan(1, 64, value, 1)));
    assertEquals(
        "Beta must be zero, or positive and finite as a 32-bit float, which %s is not."
            .formatted(value),
        refusal(() -> plan(1, 64, 1e-3, value)));
  }

  @Test
  void acceptsTheLimitsOfAFloat() {
    assertDoesNotThrow(() -> plan(1, 64, Float.MAX_VALUE, Float.MIN_VALUE));
    assertDoesNotThrow(() -> plan(1, 64, Float.MIN_VALUE, Float.MAX_VALUE));
    assertDoesNotThrow(() -> plan(1, 64, 1e-3, 0));
  }

  @Test
  void refusesANetworkThatCannotBeWhateverTheImages() {
    String message =
        refusal(() -> Plans.of(new ConstantRule(1), 1, 64, 1e-3, 2, List.of(20, 0), 0));
    assertTrue(message.startsWith("A hidden width must be from 1 to "), message);
  }

  @Test
  void refusesABatchThatIsLargerThanTheTrainingSet() {
    var images = TinyImages.draw(64, 1);
    assertDoesNotThrow(() -> plan(1, 64, 1e-3, 1).requireFits(images));
    assertEquals(
        "A batch of 65 does not fit the 64 training images: take a smaller one.",
        refusal(() -> plan(1, 65, 1e-3, 1).requireFits(images)));
  }
}
