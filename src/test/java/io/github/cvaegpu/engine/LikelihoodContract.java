// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.cpu.RandomImages;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.KlTerm;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.model.Targets;
import io.github.cvaegpu.model.VaeShape;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every engine is held to that has all likelihoods. */
public abstract class LikelihoodContract extends ActivationContract {
  private static final double BETA = 0.5;

  static Stream<Objective> objectives() {
    return Stream.of(
        new Objective(Likelihood.BERNOULLI, Targets.GREY),
        new Objective(Likelihood.CONTINUOUS_BERNOULLI, Targets.GREY),
        Objective.gaussian(Sigma.of(1)),
        Objective.gaussian(Sigma.of(0.15)),
        Objective.gaussian(Sigma.LEARNED));
  }

  /** Weights that make logits on both sides of where formulas change. */
  private static float[] parameters(ParameterLayout layout) {
    float[] parameters = InitialWeights.draw(layout, SEED);
    for (int i = 0; i < parameters.length; i++) {
      parameters[i] *= 2;
    }
    if (layout.learnsSigma()) {
      parameters[layout.logSigma()] = -0.75f;
    }
    return parameters;
  }

  @ParameterizedTest
  @MethodSource("objectives")
  void everyLikelihoodAgreesWithTheReference(Objective objective) {
    for (int batch : new int[] {7, 130}) {
      VaeShape shape = new VaeShape(99, List.of(33, 17), 2);
      ImageSet images = RandomImages.of(3 * batch, 9, 11, 0.4, SEED);
      var settings = new TrainingSettings(objective, KlTerm.weighted(), SEED, batch, LEARNING_RATE);
      try (Accelerator accelerator = create(1)) {
        assertAgreesWithTheReference(
            accelerator,
            shape,
            images,
            settings,
            parameters(new ParameterLayout(shape, objective)),
            BETA);
      }
    }
  }

  /** Decoding, logits and losses, with the learned standard deviation where there is one. */
  @ParameterizedTest
  @MethodSource("objectives")
  void everyLikelihoodIsDecodedAndScored(Objective objective) {
    var shape = new VaeShape(99, List.of(33, 17), 2);
    var layout = new ParameterLayout(shape, objective);
    float[] parameters = parameters(layout);
    int count = 300;
    int samples = 3;
    ImageSet images = RandomImages.of(count, 9, 11, 0.4, SEED);
    float[] z = points(count * samples, 2);
    float[] mean = new float[count * samples * 99];
    float[] logits = new float[mean.length];
    float[] black = new float[count * samples];
    float[] loss = new float[count * samples];
    try (Accelerator accelerator = create(8);
        VaeModel model = accelerator.model(shape, objective, parameters)) {
      model.decode(z, count * samples, mean);
      model.logits(z, count * samples, logits, black);
      model.reconstructionLoss(images, 0, count, samples, z, loss);
    }
    Objective learned = objective.learned(layout, parameters);
    for (int row = 0; row < count * samples; row++) {
      double expected = 0;
      double ofBlack = 0;
      double size = 0;
      for (int p = 0; p < 99; p++) {
        double logit = logits[row * 99 + p];
        double x = learned.targets().of(images.pixels()[row / samples * 99 + p] & 0xFF);
        assertEquals(learned.likelihood().mean(logit), mean[row * 99 + p], 1e-6, "pixel " + p);
        expected += learned.loss(logit, x);
        ofBlack += learned.loss(logit, 0);
        size += Math.abs(learned.loss(logit, x)) + Math.abs(learned.loss(logit, 0));
      }
      assertEquals(ofBlack, black[row], 1e-5 * size, "black at point " + row);
      assertEquals(expected, loss[row], 1e-5 * size, "loss at point " + row);
    }
  }

  /**
   * The same run twice, with a smaller last batch, and another engine that goes on in the middle.
   */
  @ParameterizedTest
  @MethodSource("objectives")
  void everyLikelihoodHasTheSameBitsInParts(Objective objective) {
    var shape = new VaeShape(63, List.of(20, 9), 3);
    ImageSet images = RandomImages.of(50, 7, 9, 0.3, SEED);
    var settings = new TrainingSettings(objective, KlTerm.weighted(), SEED, 8, LEARNING_RATE);
    TrainingState initial =
        TrainingState.initial(parameters(new ParameterLayout(shape, objective)));
    BatchOrder order = BatchOrder.shuffled(SEED, 0, 50, 8);
    TrainingState whole;
    try (Accelerator accelerator = create(8);
        Trainee trainee = accelerator.trainee(shape, settings, images)) {
      trainee.restore(initial);
      assertEquals(
          7,
          trainee.trainEpoch(order, new ConstantRule(BETA).start(), (step, rl, kl, beta) -> true));
      whole = trainee.state();
    }
    TrainingState half;
    try (Accelerator accelerator = create(1);
        Trainee trainee = accelerator.trainee(shape, settings, images)) {
      trainee.restore(initial);
      assertEquals(
          1,
          trainee.trainEpoch(order, new ConstantRule(BETA).start(), (step, rl, kl, beta) -> false));
      half = trainee.state();
    }
    try (Accelerator accelerator = create(2);
        Trainee trainee = accelerator.trainee(shape, settings, images)) {
      trainee.restore(half);
      assertEquals(
          6,
          trainee.trainEpoch(
              order.from(1), new ConstantRule(BETA).start(), (step, rl, kl, beta) -> true));
      assertSameBits(whole, trainee.state());
    }
  }
}
