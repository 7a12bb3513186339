// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.control.ForgetfulController;
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
import java.util.function.LongToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every engine is held to that has all terms of the KL divergence in its loss. */
public abstract class KlTermContract extends EngineContract {
  /** Floats exactly. */
  private static final double GAMMA = 0.75;

  private static final double BETA = 0.5;

  /** Gives a number for each step. */
  private static final class Given extends ForgetfulController {
    private final LongToDoubleFunction ofStep;

    private Given(LongToDoubleFunction ofStep) {
      this.ofStep = ofStep;
    }

    @Override
    public double next(StepFeedback last) {
      return ofStep.applyAsDouble(last.step());
    }
  }

  // ---- against the reference -------------------------------------------------------------------

  @ParameterizedTest(name = "{0}x{1} -> {2} -> z {3}, batch {4}")
  @CsvSource({
    "5, 7, 19, 10, 5",
    "9, 11, 33;17, 2, 7",
    "6, 6, 24;20;13, 17, 37",
    "3, 3, 5;4, 3, 300",
  })
  void everyTermAgreesWithTheReference(
      int height, int width, String widths, int latent, int batch) {
    VaeShape shape = shape(height, width, widths, latent);
    ImageSet images = RandomImages.of(3 * batch, height, width, 0.4, SEED);
    double[] kl = klOfTheFirstStep(shape, images, batch);
    double sum = Arrays.stream(kl).sum();
    double lambda = inTheWidestGap(kl);
    long above = Arrays.stream(kl).filter(own -> own > lambda).count();
    assertTrue(above > 0 && above < latent, above + " of " + latent + " dimensions");
    try (Accelerator accelerator = create(1)) {
      // Above C by less than the images are many, and below it: a sum of KL is neither.
      for (double c : new double[] {(float) (sum / 1.5), (float) (sum * 1.5), 0}) {
        var term = new KlTerm.Distance(GAMMA);
        assertAgreesWithTheReference(accelerator, shape, images, batch, term, c);
      }
      for (double nats : new double[] {lambda, 0, 2 * sum}) {
        var term = new KlTerm.FreeBits(nats);
        assertAgreesWithTheReference(accelerator, shape, images, batch, term, BETA);
      }
    }
  }

  /** KL of each dimension in double. */
  private static double[] klOfTheFirstStep(VaeShape shape, ImageSet images, int batch) {
    BatchOrder order = BatchOrder.shuffled(SEED, 0, images.size(), batch);
    return new ReferenceVae(shape)
        .step(
            ReferenceVae.toDouble(InitialWeights.draw(new ParameterLayout(shape), SEED)),
            ReferenceVae.pixels(images, order, 0),
            ReferenceVae.noise(SEED, 0, batch, shape.latent()),
            1)
        .klDimensions();
  }

  /** A float with some numbers above it and some below, as far away as possible. */
  private static double inTheWidestGap(double[] numbers) {
    double[] sorted = numbers.clone();
    Arrays.sort(sorted);
    int widest = 1;
    for (int i = 2; i < sorted.length; i++) {
      if (sorted[i] / sorted[i - 1] > sorted[widest] / sorted[widest - 1]) {
        widest = i;
      }
    }
    return (float) Math.sqrt(sorted[widest] * sorted[widest - 1]);
  }

  // ---- at the kinks ----------------------------------------------------------------------------

  /** All that a step leaves. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record Left(TrainingState state, float[] gradients, Reported told) {}

  /** A first step, on the last batch, which is smaller than the others. */
  private Left oneStep(int latent, KlTerm term, double number) {
    var shape = new VaeShape(35, List.of(11), latent);
    ImageSet images = RandomImages.of(23, 5, 7, 0.4, SEED);
    BatchOrder order = BatchOrder.shuffled(SEED, 0, 23, 10).from(2);
    List<Reported> told = new ArrayList<>();
    try (Accelerator accelerator = create(1);
        Trainee trainee = accelerator.trainee(shape, settings(10, term), images)) {
      trainee.restore(TrainingState.initial(InitialWeights.draw(new ParameterLayout(shape), SEED)));
      assertEquals(1, trainee.trainEpoch(order, new Given(step -> number), collect(told)));
      return new Left(trainee.state(), gradients(trainee), told.getFirst());
    }
  }

  private static void assertSame(Left expected, Left actual) {
    assertSameBits(expected.state, actual.state);
    assertArrayEquals(expected.gradients, actual.gradients);
  }

  /** By the very float that the sink is told, of this step: the weights are those of a beta. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 20})
  void aDistanceTurnsAtTheKlThatIsTold(int latent) {
    var term = new KlTerm.Distance(GAMMA);
    float kl = oneStep(latent, term, 0).told.kl();
    for (float c : new float[] {0, Math.nextDown(kl), kl, Math.nextUp(kl), 2 * kl}) {
      Left left = oneStep(latent, term, c);
      float weight = c < kl ? (float) GAMMA : c > kl ? (float) -GAMMA : 0;
      assertEquals(kl, left.told.kl());
      assertEquals(weight, left.told.beta());
      assertSame(oneStep(latent, KlTerm.weighted(), weight), left);
    }
  }

  /** Where there is one dimension, its KL is the one that the sink is told. */
  @Test
  void aDimensionIsFreeUpToItsBits() {
    Left weighted = oneStep(1, KlTerm.weighted(), BETA);
    Left without = oneStep(1, KlTerm.weighted(), 0);
    float kl = weighted.told.kl();
    for (float nats : new float[] {0, Math.nextDown(kl), kl, Math.nextUp(kl)}) {
      Left left = oneStep(1, new KlTerm.FreeBits(nats), BETA);
      assertSame(nats < kl ? weighted : without, left);
      assertEquals(BETA, left.told.beta());
      assertEquals(kl, left.told.kl());
    }
    // It still has the gradient of RL.
    assertTrue(Math.abs(without.gradients[headOf(1)]) > 1e-4);
    assertTrue(Math.abs(without.gradients[headOf(1)] - weighted.gradients[headOf(1)]) > 1e-4);
  }

  /** Place of the bias of the first posterior mean. */
  private static int headOf(int latent) {
    var layout = new ParameterLayout(new VaeShape(35, List.of(11), latent));
    return layout.encoder().getLast().bias();
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 20})
  void allDimensionsOrNoneAreFree(int latent) {
    assertSame(
        oneStep(latent, KlTerm.weighted(), BETA), oneStep(latent, new KlTerm.FreeBits(0), BETA));
    assertSame(
        oneStep(latent, KlTerm.weighted(), 0), oneStep(latent, new KlTerm.FreeBits(1e6), BETA));
  }

  // ---- the same bits ---------------------------------------------------------------------------

  /** A term, with numbers that change its weights from step to step. */
  protected record Varied(KlTerm term, LongToDoubleFunction ofStep) {
    /** The weight that the sink is told. */
    private float weightOf(long step) {
      return term.weight((float) ofStep.applyAsDouble(step), 10);
    }
  }

  protected static Stream<Varied> varied() {
    return Stream.of(
        new Varied(new KlTerm.Distance(GAMMA), step -> step % 2 == 0 ? 0 : 1000),
        new Varied(new KlTerm.FreeBits(0.05), step -> 0.25 * step));
  }

  /** What two epochs leave, with a smaller last batch. */
  protected static TrainingState twoEpochs(
      Accelerator accelerator, Varied varied, List<Reported> told) {
    var shape = new VaeShape(63, List.of(40, 9), 5);
    ImageSet images = RandomImages.of(50, 7, 9, 0.3, SEED);
    try (Trainee trainee = accelerator.trainee(shape, settings(8, varied.term), images)) {
      trainee.restore(TrainingState.initial(InitialWeights.draw(new ParameterLayout(shape), SEED)));
      for (int epoch = 0; epoch < 2; epoch++) {
        trainee.trainEpoch(
            BatchOrder.shuffled(SEED, epoch, 50, 8), new Given(varied.ofStep), collect(told));
      }
      return trainee.state();
    }
  }

  /** However many steps are under way, each has the number of its own and the KL of its own. */
  @ParameterizedTest
  @MethodSource("varied")
  void theSameRunWithATermHasTheSameBits(Varied varied) {
    List<TrainingState> states = new ArrayList<>();
    List<List<Reported>> steps = new ArrayList<>();
    for (int stepsAhead : new int[] {1, 8, 8}) {
      List<Reported> told = new ArrayList<>();
      try (Accelerator accelerator = create(stepsAhead)) {
        states.add(twoEpochs(accelerator, varied, told));
      }
      steps.add(told);
      assertEquals(14, told.size());
      assertEquals(steps.getFirst(), told);
      assertSameBits(states.getFirst(), states.getLast());
    }
    for (Reported step : steps.getFirst()) {
      assertEquals(varied.weightOf(step.step()), step.beta(), "step " + step.step());
    }
  }
}
