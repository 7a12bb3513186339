// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.ForgetfulController;
import io.github.cvaegpu.control.PiController;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.control.StepFeedback;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.Binarization;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.cpu.RandomImages;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.KlTerm;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.Targets;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How an epoch goes and ends on every engine, beside what its models are held to. */
abstract class EpochContract extends ModelContract {
  /** What a step told its sink. */
  public record Reported(long step, float rl, float kl, float beta) {}

  // ---- the epoch's end -------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 8})
  void stopsAfterTheStepsUnderWay(int stepsAhead) {
    var shape = new VaeShape(35, List.of(11), 2);
    ImageSet images = RandomImages.of(80, 5, 7, 0.4, SEED);
    BatchOrder order = BatchOrder.shuffled(SEED, 0, 80, 4);
    try (Accelerator accelerator = create(stepsAhead);
        Trainee trainee = accelerator.trainee(shape, settings(4), images)) {
      trainee.restore(TrainingState.initial(InitialWeights.draw(new ParameterLayout(shape), SEED)));
      List<Reported> reported = new ArrayList<>();
      int done =
          trainee.trainEpoch(
              order,
              new ConstantRule(1).start(),
              (step, rl, kl, beta) -> {
                reported.add(new Reported(step, rl, kl, beta));
                return step != 4;
              });
      assertTrue(done >= 5 && done < 5 + stepsAhead, done + " steps");
      assertEquals(done, reported.size());
      assertEquals(done, trainee.state().step());
      Reported last = reported.getLast();
      assertEquals(new StepFeedback(last.step() + 1, last.rl(), last.kl()), trainee.state().last());
    }
  }

  /** All images, or whole batches of them, in batches of the size that the trainee was made for. */
  @Test
  void refusesAnOrderOfOtherBatches() {
    var shape = new VaeShape(35, List.of(11), 2);
    ImageSet images = RandomImages.of(10, 5, 7, 0.4, SEED);
    try (Accelerator accelerator = create(8);
        Trainee trainee = accelerator.trainee(shape, settings(4), images)) {
      trainee.restore(TrainingState.initial(InitialWeights.draw(new ParameterLayout(shape), SEED)));
      for (BatchOrder order :
          List.of(
              BatchOrder.shuffled(SEED, 0, 10, 5),
              BatchOrder.shuffled(SEED, 0, 10, 2),
              BatchOrder.shuffled(SEED, 0, 12, 4),
              BatchOrder.shuffled(SEED, 0, 11, 4),
              BatchOrder.shuffled(SEED, 0, 9, 4))) {
        assertThrows(
            IllegalArgumentException.class,
            () ->
                trainee.trainEpoch(order, new ConstantRule(1).start(), collect(new ArrayList<>())));
      }
      assertEquals(0, trainee.state().step());
      for (int count : new int[] {10, 8}) {
        BatchOrder order = BatchOrder.shuffled(SEED, 0, count, 4);
        assertEquals(
            order.batches(),
            trainee.trainEpoch(order, new ConstantRule(1).start(), collect(new ArrayList<>())));
      }
    }
  }

  /**
   * A parameter that is no number makes the step's loss none, wherever it is: a ReLU that gave 0
   * for it would let a diverged network train on.
   */
  @ParameterizedTest
  @ValueSource(ints = {2, 20})
  void aParameterThatIsNoNumberShowsInTheLoss(int latent) {
    try (Accelerator accelerator = create(1)) {
      assertTellsOfNaN(accelerator, new VaeShape(35, List.of(11, 6), latent));
    }
  }

  /** Of images of 5 x 7 pixels. */
  protected static void assertTellsOfNaN(Accelerator oneAtATime, VaeShape shape) {
    ImageSet images = RandomImages.of(40, 5, 7, 0.4, SEED);
    var layout = new ParameterLayout(shape);
    BatchOrder order = BatchOrder.shuffled(SEED, 0, 40, 4);
    try (Trainee trainee = oneAtATime.trainee(shape, settings(4), images)) {
      for (ParameterLayout.Tensor tensor : layout.tensors()) {
        float[] broken = InitialWeights.draw(layout, SEED);
        Arrays.fill(broken, tensor.offset(), tensor.offset() + tensor.size(), Float.NaN);
        trainee.restore(TrainingState.initial(broken));
        assertTrue(Float.isNaN(oneStep(trainee, order, 1).getFirst().rl()), tensor.name());
      }
    }
  }

  /**
   * A diverged run ends in an orderly way, at a loss that is NaN and at one that is infinite: the
   * sink is told, the controller is never asked with such a KL divergence, nothing is thrown, no
   * step is done from what is left, and a good state makes the trainee good again.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 8})
  void aLossThatIsNotFiniteEndsTheEpoch(int stepsAhead) {
    try (Accelerator accelerator = create(stepsAhead)) {
      assertEndsWhereALossIsNotFinite(accelerator, stepsAhead);
    }
  }

  protected static void assertEndsWhereALossIsNotFinite(Accelerator accelerator, int stepsAhead) {
    var shape = new VaeShape(35, List.of(11, 6), 2);
    ImageSet images = RandomImages.of(40, 5, 7, 0.4, SEED);
    BatchOrder order = BatchOrder.shuffled(SEED, 0, 40, 4);
    float[] good = InitialWeights.draw(new ParameterLayout(shape), SEED);
    try (Trainee trainee = accelerator.trainee(shape, settings(4), images)) {
      for (float bad : new float[] {Float.NaN, 1e38f}) {
        float[] broken = good.clone();
        Arrays.fill(broken, bad);
        List<Reported> reported = new ArrayList<>();
        trainee.restore(TrainingState.initial(broken));
        int done = trainee.trainEpoch(order, new FiniteLossesOnly(), collect(reported));
        assertEquals(done, reported.size());
        assertTrue(done <= stepsAhead && done < order.batches(), bad + ": " + done + " steps");
        Reported first = reported.getFirst();
        assertFalse(Float.isFinite(first.rl()) && Float.isFinite(first.kl()), first.toString());
        assertEquals(done, trainee.state().step());
      }
      for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
        TrainingState whole = TrainingState.initial(good);
        trainee.restore(
            new TrainingState(
                whole.parameters(),
                whole.firstMoment(),
                whole.secondMoment(),
                new StepFeedback(3, 100, bad)));
        List<Reported> reported = new ArrayList<>();
        assertEquals(
            0, trainee.trainEpoch(order.from(3), new FiniteLossesOnly(), collect(reported)));
        assertEquals(List.of(), reported);
        assertEquals(3, trainee.state().step());
      }
      trainee.restore(TrainingState.initial(good));
      List<Reported> reported = new ArrayList<>();
      assertEquals(
          order.batches(), trainee.trainEpoch(order, new FiniteLossesOnly(), collect(reported)));
      assertTrue(Float.isFinite(reported.getLast().rl()), reported.getLast().toString());
    }
  }

  /** Beta is 1, and a KL divergence that is not finite an error. */
  private static final class FiniteLossesOnly extends ForgetfulController {
    @Override
    public double next(StepFeedback last) {
      if (!last.isFinite()) {
        throw new IllegalArgumentException(last.toString());
      }
      return 1;
    }
  }

  @Test
  void aDivergedStepEndsTheEpochWithoutAskingTheController() {
    var shape = new VaeShape(35, List.of(11), 2);
    ImageSet images = RandomImages.of(80, 5, 7, 0.4, SEED);
    float[] broken = InitialWeights.draw(new ParameterLayout(shape), SEED);
    Arrays.fill(broken, Float.NaN);
    List<Reported> reported = new ArrayList<>();
    try (Accelerator accelerator = create(8);
        Trainee trainee = accelerator.trainee(shape, settings(4), images)) {
      trainee.restore(TrainingState.initial(broken));
      int done =
          trainee.trainEpoch(
              BatchOrder.shuffled(SEED, 0, 80, 4),
              // Refuses NaN.
              new PiController(PiRule.defaults()),
              collect(reported));
      assertTrue(done < 20, done + " steps");
      assertEquals(done, reported.size());
      assertTrue(Float.isNaN(reported.getFirst().kl()));
    }
  }

  @Test
  void aFailureOfTheSinkReachesTheCallerAndTheTraineeStaysUsable() {
    try (Accelerator accelerator = create(8)) {
      assertSurvivesTheSink(accelerator);
    }
  }

  protected static void assertSurvivesTheSink(Accelerator accelerator) {
    var shape = new VaeShape(35, List.of(11), 2);
    ImageSet images = RandomImages.of(40, 5, 7, 0.4, SEED);
    try (Trainee trainee = accelerator.trainee(shape, settings(4), images)) {
      trainee.restore(TrainingState.initial(InitialWeights.draw(new ParameterLayout(shape), SEED)));
      BatchOrder order = BatchOrder.shuffled(SEED, 0, 40, 4);
      var failure =
          assertThrows(
              IllegalStateException.class,
              () ->
                  trainee.trainEpoch(
                      order,
                      new ConstantRule(1).start(),
                      (step, rl, kl, beta) -> {
                        throw new IllegalStateException("disk full");
                      }));
      assertEquals("disk full", failure.getMessage());
      assertEquals(
          10, trainee.trainEpoch(order, new ConstantRule(1).start(), (s, rl, kl, beta) -> true));
    }
  }

  // ---- the learning rate -----------------------------------------------------------------------

  /**
   * An epoch, whole or in parts, is its steps, each by a trainee whose rate is always that step's.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 4, 8})
  void eachStepHasTheLearningRateOfItsNumber(int stepsAhead) {
    ImageSet images = images(14);
    var rates = new LearningRate(1e-3, new RateSchedule.Cosine(2, 1e-5, 2), 4);
    // The last of the rise is the first of the fall.
    assertEquals(7, LongStream.range(0, 8).mapToDouble(rates::at).distinct().count());
    TrainingState state = TrainingState.initial(weights(SMALL, SEED));
    try (Accelerator accelerator = create(stepsAhead);
        Accelerator oneAtATime = create(1);
        Trainee whole = accelerator.trainee(SMALL, settings(rates), images)) {
      whole.restore(state);
      for (int epoch = 0; epoch < 2; epoch++) {
        BatchOrder order = BatchOrder.shuffled(SEED, epoch, 14, 4);
        for (int batch = 0; batch < 4; batch++) {
          LearningRate its = LearningRate.constant(rates.at(state.step()));
          try (Trainee one = oneAtATime.trainee(SMALL, settings(its), images)) {
            one.restore(state);
            oneStep(one, order.from(batch), 1);
            state = one.state();
          }
        }
        int done = epoch == 0 ? 0 : oneStep(whole, order, 1).size();
        whole.trainEpoch(order.from(done), new ConstantRule(1).start(), collect(new ArrayList<>()));
        assertSameBits(state, whole.state());
      }
    }
  }

  private static TrainingSettings settings(LearningRate rates) {
    return new TrainingSettings(Objective.study(), KlTerm.weighted(), SEED, 4, rates);
  }

  // ---- the controller --------------------------------------------------------------------------

  /** Before each step, of the step before: the first time of what was restored. */
  @ParameterizedTest
  @ValueSource(ints = {1, 8})
  void theControllerIsToldOfTheStepBefore(int stepsAhead) {
    var before = new StepFeedback(10, 123.25, 4.5);
    TrainingState whole = TrainingState.initial(weights(SMALL, SEED));
    List<StepFeedback> told = new ArrayList<>();
    List<Reported> reported = new ArrayList<>();
    try (Accelerator accelerator = create(stepsAhead);
        Trainee trainee = accelerator.trainee(SMALL, settings(4), images(50))) {
      trainee.restore(
          new TrainingState(whole.parameters(), whole.firstMoment(), whole.secondMoment(), before));
      var controller =
          new ForgetfulController() {
            @Override
            public double next(StepFeedback last) {
              told.add(last);
              return told.size() / 10.0;
            }
          };
      trainee.trainEpoch(
          BatchOrder.shuffled(SEED, 0, 50, 4).from(10), controller, collect(reported));
      assertEquals(3, reported.size());
      assertEquals(3, told.size());
      assertEquals(before, told.getFirst());
      for (int i = 0; i < 3; i++) {
        Reported step = reported.get(i);
        assertEquals(10 + i, step.step());
        assertEquals((float) ((i + 1) / 10.0), step.beta());
        StepFeedback after = new StepFeedback(step.step() + 1, step.rl(), step.kl());
        assertEquals(after, i < 2 ? told.get(i + 1) : trainee.state().last());
      }
    }
  }

  @Test
  void aFailureOfTheControllerReachesTheCallerAndTheTraineeStaysUsable() {
    BatchOrder order = BatchOrder.shuffled(SEED, 0, 40, 4);
    try (Accelerator accelerator = create(8);
        Trainee trainee = accelerator.trainee(SMALL, settings(4), images(40))) {
      TrainingState initial = TrainingState.initial(weights(SMALL, SEED));
      for (int asked = 1; asked <= 5; asked += 2) {
        int[] left = {asked};
        trainee.restore(initial);
        var failure =
            assertThrows(
                IllegalStateException.class,
                () ->
                    trainee.trainEpoch(
                        order,
                        new ForgetfulController() {
                          @Override
                          public double next(StepFeedback last) {
                            if (--left[0] == 0) {
                              throw new IllegalStateException("no beta");
                            }
                            return 1;
                          }
                        },
                        collect(new ArrayList<>())));
        assertEquals("no beta", failure.getMessage());
        trainee.restore(initial);
        assertEquals(
            10, trainee.trainEpoch(order, new ConstantRule(1).start(), collect(new ArrayList<>())));
      }
    }
  }

  // ---- images that are drawn -------------------------------------------------------------------

  private static final Objective DRAWN = new Objective(Likelihood.BERNOULLI, Targets.BINARIZED);

  private static TrainingSettings drawnSettings() {
    return new TrainingSettings(DRAWN, KlTerm.weighted(), SEED, 4, LEARNING_RATE);
  }

  private static ImageSet drawn(ImageSet grey, int epoch) {
    return Binarization.ofEpoch(grey, SEED, epoch);
  }

  /**
   * Epoch after epoch it is as if the trainee had been made with the images that it was given last,
   * also where they are given again in the middle of one.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 8})
  void trainsOnTheImagesThatItWasGivenLast(int stepsAhead) {
    ImageSet grey = images(14);
    List<Reported> expected = new ArrayList<>();
    List<Reported> reported = new ArrayList<>();
    TrainingState state = TrainingState.initial(weights(SMALL, SEED));
    try (Accelerator accelerator = create(stepsAhead);
        Trainee trainee = accelerator.trainee(SMALL, drawnSettings(), grey)) {
      trainee.restore(state);
      for (int epoch = 0; epoch < 3; epoch++) {
        BatchOrder order = BatchOrder.shuffled(SEED, epoch, 14, 4);
        try (Trainee one = accelerator.trainee(SMALL, drawnSettings(), drawn(grey, epoch))) {
          one.restore(state);
          one.trainEpoch(order, new ConstantRule(1).start(), collect(expected));
          state = one.state();
        }
        int done = 0;
        while (done < order.batches()) {
          trainee.replaceImages(drawn(grey, epoch));
          done += trainee.trainEpoch(order.from(done), new ConstantRule(1).start(), some(reported));
        }
        assertEquals(expected, reported);
        assertSameBits(state, trainee.state());
      }
    }
    // Each epoch's images are others.
    assertEquals(12, expected.stream().mapToDouble(Reported::rl).distinct().count());
  }

  /** Stops after the first step that it is told, and then after as many as are under way. */
  private static StepSink some(List<Reported> reported) {
    return (step, rl, kl, beta) -> {
      reported.add(new Reported(step, rl, kl, beta));
      return false;
    };
  }

  /** Two trainees of one set, of which one is given other images. */
  @Test
  void imagesAreReplacedForOneTraineeAlone() {
    ImageSet images = drawn(images(14), 0);
    BatchOrder order = BatchOrder.shuffled(SEED, 0, 14, 4);
    TrainingState initial = TrainingState.initial(weights(SMALL, SEED));
    try (Accelerator accelerator = create(8);
        Trainee alone = accelerator.trainee(SMALL, drawnSettings(), images)) {
      alone.restore(initial);
      alone.trainEpoch(order, new ConstantRule(1).start(), collect(new ArrayList<>()));
      try (Trainee replaced = accelerator.trainee(SMALL, drawnSettings(), images);
          Trainee grey = accelerator.trainee(SMALL, settings(4), images);
          Trainee other = accelerator.trainee(SMALL, drawnSettings(), images)) {
        byte[] before = images.pixels().clone();
        replaced.replaceImages(drawn(images(14), 1));
        assertArrayEquals(before, images.pixels());
        for (Trainee trainee : List.of(replaced, grey, other)) {
          trainee.restore(initial);
          trainee.trainEpoch(order, new ConstantRule(1).start(), collect(new ArrayList<>()));
        }
        assertSameBits(alone.state(), other.state());
        // Of black and white pixels the two have the same loss.
        assertSameBits(alone.state(), grey.state());
        assertNotEquals(alone.state().last(), replaced.state().last());
      }
    }
  }

  @Test
  void refusesImagesThatAreNotLikeThoseInTheirPlace() {
    ImageSet images = drawn(images(14), 0);
    BatchOrder order = BatchOrder.shuffled(SEED, 0, 14, 4);
    TrainingState initial = TrainingState.initial(weights(SMALL, SEED));
    List<Reported> expected = new ArrayList<>();
    List<Reported> reported = new ArrayList<>();
    try (Accelerator accelerator = create(8);
        Trainee trainee = accelerator.trainee(SMALL, drawnSettings(), images);
        Trainee grey = accelerator.trainee(SMALL, settings(4), images)) {
      trainee.restore(initial);
      trainee.trainEpoch(order, new ConstantRule(1).start(), collect(expected));
      for (ImageSet other :
          List.of(
              images(14),
              drawn(images(13), 0),
              drawn(images(15), 0),
              drawn(RandomImages.of(14, 5, 6, 0.4, SEED), 0),
              drawn(RandomImages.of(35, 2, 7, 0.4, SEED), 0))) {
        assertThrows(IllegalArgumentException.class, () -> trainee.replaceImages(other));
      }
      assertThrows(IllegalArgumentException.class, () -> grey.replaceImages(drawn(images(14), 1)));
      trainee.restore(initial);
      trainee.trainEpoch(order, new ConstantRule(1).start(), collect(reported));
    }
    assertEquals(expected, reported);
  }

  /** Nobody trains, encodes or scores with grey pixels by oversight. */
  @Test
  void refusesGreyImagesWhereTargetsAreDrawn() {
    ImageSet grey = images(14);
    ImageSet drawn = Binarization.standard(grey);
    float[] two = new float[2];
    float[] loss = new float[1];
    try (Accelerator accelerator = create(8);
        VaeModel model = accelerator.model(SMALL, DRAWN, weights(SMALL, SEED));
        Trainee trainee = accelerator.trainee(SMALL, drawnSettings(), grey)) {
      trainee.restore(TrainingState.initial(weights(SMALL, SEED)));
      assertThrows(
          IllegalArgumentException.class,
          () -> oneStep(trainee, BatchOrder.shuffled(SEED, 0, 14, 4), 1));
      for (VaeModel each : List.of(model, trainee)) {
        assertThrows(
            IllegalArgumentException.class, () -> each.encode(grey, 0, 1, two, new float[2]));
        assertThrows(
            IllegalArgumentException.class,
            () -> each.reconstructionLoss(grey, 0, 1, 1, two, loss));
        each.encode(drawn, 0, 1, two, new float[2]);
        each.reconstructionLoss(drawn, 0, 1, 1, two, loss);
      }
      trainee.replaceImages(drawn);
      assertFalse(oneStep(trainee, BatchOrder.shuffled(SEED, 0, 14, 4), 1).isEmpty());
    }
  }

  // ---- what tests share ------------------------------------------------------------------------

  /** Trains until the first step is told, and gives what was told. */
  protected static List<Reported> oneStep(Trainee trainee, BatchOrder order, double beta) {
    List<Reported> reported = new ArrayList<>();
    trainee.trainEpoch(
        order,
        new ConstantRule(beta).start(),
        (step, rl, kl, b) -> {
          reported.add(new Reported(step, rl, kl, b));
          return false;
        });
    return reported;
  }

  /** Keeps what every step tells. */
  protected static StepSink collect(List<Reported> reported) {
    return (step, rl, kl, beta) -> reported.add(new Reported(step, rl, kl, beta));
  }
}
