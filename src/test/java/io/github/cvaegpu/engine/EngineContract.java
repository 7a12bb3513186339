// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.ControllerMemory;
import io.github.cvaegpu.control.PiController;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.control.StepFeedback;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.cpu.RandomImages;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.KlTerm;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every engine is held to: a test class of an engine extends this, says how its accelerators
 * are made, and has it all. An engine with several ways of computing a step extends it for each.
 */
public abstract class EngineContract extends EpochContract {
  /** The gradients of a trainee's last step, in the layout's order. */
  protected abstract float[] gradients(Trainee trainee);

  // ---- against the oracles ---------------------------------------------------------------------

  @ParameterizedTest(name = "{0}x{1} -> {2} -> z {3}, batch {4}, beta {5}, density {6}")
  @CsvSource({
    // Sizes that no vector length, lane count, block, tile or warp divides, and the study's.
    "28, 28, 400;50, 2, 128, 1, 0.2",
    "28, 28, 400;50, 2, 96, 0.01, 0.2",
    "5, 7, 19, 1, 1, 1, 0.3",
    "5, 7, 19, 10, 7, 10, 1",
    "9, 11, 33;17, 2, 7, 0.5, 0.1",
    "9, 11, 130;47, 1, 96, 2, 0.5",
    "9, 11, 40;140, 3, 37, 0.5, 0.3",
    "6, 6, 24;20;13, 10, 7, 0.17, 0.2",
    "6, 6, 24;20;13, 17, 37, 0.17, 0.3",
    "9, 7, 50;31, 64, 37, 0.7, 0.3",
    "13, 11, 83;41;29, 2, 128, 1, 0",
    "3, 3, 5;4;3, 1, 96, 1, 0.7",
    "28, 28, 170;64;31, 10, 1, 0.3, 0.2",
  })
  void agreesWithTheReference(
      int height, int width, String widths, int latent, int batch, double beta, double density) {
    VaeShape shape = shape(height, width, widths, latent);
    ImageSet images = RandomImages.of(3 * batch, height, width, density, SEED);
    try (Accelerator accelerator = create(1)) {
      assertAgreesWithTheReference(accelerator, shape, images, batch, beta);
    }
  }

  /** A network from a row of a table: its hidden widths are separated by semicolons. */
  protected static VaeShape shape(int height, int width, String widths, int latent) {
    List<Integer> hidden = Arrays.stream(widths.split(";")).map(Integer::valueOf).toList();
    return new VaeShape(height * width, hidden, latent);
  }

  /** The same with a weighted KL. */
  protected final void assertAgreesWithTheReference(
      Accelerator oneAtATime, VaeShape shape, ImageSet images, int batch, double beta) {
    assertAgreesWithTheReference(oneAtATime, shape, images, batch, KlTerm.weighted(), (float) beta);
  }

  /** The same under the study's objective. */
  protected final void assertAgreesWithTheReference(
      Accelerator oneAtATime,
      VaeShape shape,
      ImageSet images,
      int batch,
      KlTerm term,
      double number) {
    assertAgreesWithTheReference(
        oneAtATime,
        shape,
        images,
        settings(batch, term),
        InitialWeights.draw(new ParameterLayout(shape), SEED),
        number);
  }

  /**
   * Three steps from some weights, each against the reference: losses and every tensor.
   *
   * @param number of the term in each step: a float
   */
  protected final void assertAgreesWithTheReference(
      Accelerator oneAtATime,
      VaeShape shape,
      ImageSet images,
      TrainingSettings settings,
      float[] initial,
      double number) {
    KlTerm term = settings.klTerm();
    int batch = settings.batchSize();
    var reference = new ReferenceVae(settings.objective(), shape);
    ParameterLayout layout = reference.layout();
    var adam = new ReferenceVae.Adam(LEARNING_RATE, layout.size());
    double[] parameters = ReferenceVae.toDouble(initial);
    BatchOrder order = BatchOrder.shuffled(SEED, 0, images.size(), batch);
    try (Trainee trainee = oneAtATime.trainee(shape, settings, images)) {
      trainee.restore(TrainingState.initial(initial));
      for (int step = 0; step < 3; step++) {
        List<Reported> reported = oneStep(trainee, order.from(step), number);
        ReferenceVae.Step expected =
            reference.step(
                parameters,
                ReferenceVae.pixels(images, order, step),
                ReferenceVae.noise(SEED, step, batch, shape.latent()),
                term,
                number);
        assertIsAwayFromKinks(term, number, expected);
        adam.update(parameters, expected.gradients());

        assertEquals(1, reported.size());
        assertEquals(step, reported.getFirst().step());
        assertEquals(
            term.weight((float) number, (float) expected.klDivergence()),
            reported.getFirst().beta());
        assertRelative("RL", expected.reconstructionLoss(), reported.getFirst().rl());
        assertRelative("KL", expected.klDivergence(), reported.getFirst().kl());
        // Later steps start from parameters that already differ by rounding, and Adam makes as much
        // of a gradient that is all rounding as of any other.
        double tolerance = step == 0 ? FLOAT_TOLERANCE : 10 * FLOAT_TOLERANCE;
        String after = " of step " + step;
        TrainingState state = trainee.state();
        assertEquals(step + 1, state.step());
        RelativeNorm.assertNear(
            "gradient" + after, layout, expected.gradients(), gradients(trainee), tolerance);
        RelativeNorm.assertNear(
            "parameters" + after, layout, parameters, state.parameters(), tolerance);
        RelativeNorm.assertNear(
            "first moment" + after, layout, adam.firstMoment(), state.firstMoment(), tolerance);
        RelativeNorm.assertNear(
            "second moment" + after, layout, adam.secondMoment(), state.secondMoment(), tolerance);
      }
    }
  }

  /** Where the engine's rounding makes no other weights than the reference's. */
  private static void assertIsAwayFromKinks(
      KlTerm term, double number, ReferenceVae.Step expected) {
    double least =
        switch (term.form()) {
          case WEIGHTED -> 1;
          case DISTANCE -> Math.abs(expected.klDivergence() / number - 1);
          case FREE_BITS ->
              Arrays.stream(expected.klDimensions())
                  .map(kl -> Math.abs(kl / term.given() - 1))
                  .min()
                  .orElseThrow();
        };
    assertTrue(least > 1e-3, () -> "a kink of " + term + " is near");
  }

  static Stream<Golden> goldens() {
    return Stream.of(Golden.small(), Golden.study());
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void agreesWithPyTorch(Golden golden) {
    try (Accelerator accelerator = create(1);
        Trainee trainee =
            accelerator.trainee(golden.shape(), GoldenRun.settings(golden), golden.images())) {
      GoldenRun.assertFollows(golden, trainee, () -> gradients(trainee));
    }
  }

  @Test
  void trainsOnTheSmallerLastBatchAndDividesByItsSize() {
    var shape = new VaeShape(35, List.of(11), 2);
    ImageSet images = RandomImages.of(23, 5, 7, 0.4, SEED);
    float[] initial = InitialWeights.draw(new ParameterLayout(shape), SEED);
    BatchOrder order = BatchOrder.shuffled(SEED, 0, 23, 10);
    try (Accelerator accelerator = create(8);
        Trainee trainee = accelerator.trainee(shape, settings(10), images)) {
      trainee.restore(TrainingState.initial(initial));
      List<Reported> reported = new ArrayList<>();
      assertEquals(
          1, trainee.trainEpoch(order.from(2), new ConstantRule(1).start(), collect(reported)));
      ReferenceVae.Step expected =
          new ReferenceVae(shape)
              .step(
                  ReferenceVae.toDouble(initial),
                  ReferenceVae.pixels(images, order, 2),
                  ReferenceVae.noise(SEED, 0, 3, 2),
                  1);
      assertEquals(3, order.size(2));
      assertRelative("RL", expected.reconstructionLoss(), reported.getFirst().rl());
      assertRelative("KL", expected.klDivergence(), reported.getFirst().kl());
    }
  }

  // ---- the same bits ---------------------------------------------------------------------------

  /** With the controller at work and a smaller last batch, twice over and on the same trainee. */
  @Test
  void theSameRunHasTheSameBits() {
    var shape = new VaeShape(63, List.of(140, 9), 3);
    ImageSet images = RandomImages.of(50, 7, 9, 0.3, SEED);
    TrainingState initial =
        TrainingState.initial(InitialWeights.draw(new ParameterLayout(shape), SEED));
    TrainingState expected = null;
    List<Reported> expectedSteps = null;
    for (int stepsAhead : new int[] {1, 8}) {
      try (Accelerator accelerator = create(stepsAhead);
          Trainee trainee = accelerator.trainee(shape, settings(8), images)) {
        for (int again = 0; again < 2; again++) {
          List<Reported> steps = new ArrayList<>();
          var controller = new PiController(PiRule.defaults());
          trainee.restore(initial);
          for (int epoch = 0; epoch < 2; epoch++) {
            trainee.trainEpoch(BatchOrder.shuffled(SEED, epoch, 50, 8), controller, collect(steps));
          }
          TrainingState state = trainee.state();
          if (expected == null) {
            expected = state;
            expectedSteps = steps;
          }
          assertSameBits(expected, state);
          assertEquals(14, steps.size());
          assertEquals(expectedSteps, steps);
        }
      }
    }
  }

  @Test
  void anEpochInPartsIsTheEpoch() {
    assertAnEpochInPartsIsTheEpoch(new VaeShape(63, List.of(20, 9), 3));
  }

  /** Of images of 7 x 9 pixels. */
  final void assertAnEpochInPartsIsTheEpoch(VaeShape shape) {
    ImageSet images = RandomImages.of(50, 7, 9, 0.3, SEED);
    float[] initial = InitialWeights.draw(new ParameterLayout(shape), SEED);
    BatchOrder order = BatchOrder.shuffled(SEED, 0, 50, 8);
    TrainingState whole;
    ControllerMemory wholeController;
    try (Accelerator accelerator = create(8);
        Trainee trainee = accelerator.trainee(shape, settings(8), images)) {
      trainee.restore(TrainingState.initial(initial));
      var controller = new PiController(PiRule.defaults());
      assertEquals(7, trainee.trainEpoch(order, controller, (step, rl, kl, beta) -> true));
      whole = trainee.state();
      wholeController = controller.memory();
    }
    TrainingState state = TrainingState.initial(initial);
    var controller = new PiController(PiRule.defaults());
    int next = 0;
    for (int stopAfter : new int[] {1, 2, 99}) {
      // Another engine each time: all that matters is in the state and the controller.
      try (Accelerator accelerator = create(2);
          Trainee trainee = accelerator.trainee(shape, settings(8), images)) {
        trainee.restore(state);
        int[] left = {stopAfter};
        next +=
            trainee.trainEpoch(order.from(next), controller, (s, rl, kl, beta) -> --left[0] > 0);
        state = trainee.state();
        assertEquals(next, state.step());
      }
    }
    assertEquals(7, next);
    assertSameBits(whole, state);
    assertEquals(wholeController, controller.memory());
  }

  @Test
  void restoringGivesBackTheSameBits() {
    var shape = new VaeShape(35, List.of(11), 2);
    var layout = new ParameterLayout(shape);
    ImageSet images = RandomImages.of(8, 5, 7, 0.4, SEED);
    try (Accelerator accelerator = create(8);
        Trainee trainee = accelerator.trainee(shape, settings(4), images)) {
      var state =
          new TrainingState(
              InitialWeights.draw(layout, 1),
              InitialWeights.draw(layout, 2),
              InitialWeights.draw(layout, 3),
              new StepFeedback(17, 123.25, 4.5));
      trainee.restore(state);
      assertSameBits(state, trainee.state());
      // What does not fit is refused, and leaves all as it is.
      float[] fits = new float[layout.size()];
      for (int size : new int[] {layout.size() - 1, layout.size() + 1}) {
        float[] other = new float[size];
        for (TrainingState refused :
            List.of(
                new TrainingState(other, fits, fits, StepFeedback.NONE),
                new TrainingState(fits, other, fits, StepFeedback.NONE),
                new TrainingState(fits, fits, other, StepFeedback.NONE))) {
          assertThrows(IllegalArgumentException.class, () -> trainee.restore(refused));
          assertSameBits(state, trainee.state());
        }
      }
    }
  }
}
