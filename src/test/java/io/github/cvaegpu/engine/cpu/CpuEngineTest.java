// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static io.github.cvaegpu.engine.EngineChecks.LEARNING_RATE;
import static io.github.cvaegpu.engine.EngineChecks.SEED;
import static io.github.cvaegpu.engine.EngineChecks.assertAgreesWithTheReference;
import static io.github.cvaegpu.engine.EngineChecks.assertEndsWhereALossIsNotFinite;
import static io.github.cvaegpu.engine.EngineChecks.assertRelative;
import static io.github.cvaegpu.engine.EngineChecks.assertRestores;
import static io.github.cvaegpu.engine.EngineChecks.assertTellsOfNaN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.control.ConstantBeta;
import io.github.cvaegpu.control.PiController;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.EngineChecks.Reported;
import io.github.cvaegpu.engine.ReferenceVae;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import io.github.cvaegpu.random.GaussianNoise;
import io.github.cvaegpu.random.Stream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The CPU engine against the double-precision reference, and against itself. */
class CpuEngineTest {
  @ParameterizedTest(name = "{0}x{1} -> {2} -> z {3}, batch {4}, beta {5}, density {6}")
  @CsvSource({
    // Sizes that no vector length, lane count or block divides, and those of the study.
    "28, 28, 400;50, 2, 128, 1, 0.2",
    "28, 28, 400;50, 2, 96, 0.01, 0.2",
    "5, 7, 19, 1, 1, 1, 0.3",
    "5, 7, 19, 10, 7, 10, 1",
    "9, 11, 33;17, 2, 7, 0.5, 0.1",
    "9, 11, 130;47, 1, 96, 2, 0.5",
    "6, 6, 24;20;13, 10, 7, 0.17, 0.2",
    "13, 11, 83;41;29, 2, 128, 1, 0",
    "3, 3, 5;4;3, 1, 96, 1, 0.7",
    "28, 28, 170;64;31, 10, 1, 0.3, 0.2",
  })
  void agreesWithTheReference(
      int height, int width, String widths, int latent, int batch, double beta, double density) {
    List<Integer> hidden = Arrays.stream(widths.split(";")).map(Integer::valueOf).toList();
    var shape = new VaeShape(height * width, hidden, latent);
    ImageSet images = RandomImages.of(3 * batch, height, width, density, SEED);
    try (var engine = engine(shape, images, batch, 2)) {
      assertAgreesWithTheReference(engine, engine::gradients, shape, images, batch, beta);
    }
  }

  @Test
  void trainsOnTheSmallerLastBatchAndDividesByItsSize() {
    var shape = new VaeShape(35, List.of(11), 2);
    ImageSet images = RandomImages.of(23, 5, 7, 0.4, SEED);
    float[] initial = InitialWeights.draw(new ParameterLayout(shape), SEED);
    BatchOrder order = BatchOrder.shuffled(SEED, 0, 23, 10);
    try (var engine = engine(shape, images, 10, 2)) {
      engine.restore(TrainingState.initial(initial));
      List<Reported> reported = new ArrayList<>();
      assertEquals(
          1,
          engine.trainEpoch(
              order.from(2),
              new ConstantBeta(1),
              (step, rl, kl, beta) -> reported.add(new Reported(step, rl, kl, beta))));
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

  @Test
  void oneToEightThreadsGiveIdenticalBits() {
    VaeShape shape = VaeShape.study();
    // Two whole batches and one of 88.
    ImageSet images = RandomImages.of(344, 28, 28, 0.2, SEED);
    TrainingState expected = null;
    List<Reported> expectedSteps = null;
    for (int threads = 1; threads <= CpuEngine.MAX_THREADS; threads++) {
      List<Reported> steps = new ArrayList<>();
      try (var engine = engine(shape, images, 128, threads)) {
        engine.restore(
            TrainingState.initial(InitialWeights.draw(new ParameterLayout(shape), SEED)));
        engine.trainEpoch(
            BatchOrder.shuffled(SEED, 0, images.size(), 128),
            new PiController(PiRule.defaults()),
            (step, rl, kl, beta) -> steps.add(new Reported(step, rl, kl, beta)));
        TrainingState state = engine.state();
        if (expected == null) {
          expected = state;
          expectedSteps = steps;
        }
        assertArrayEquals(expected.parameters(), state.parameters(), threads + " threads");
        assertArrayEquals(expected.firstMoment(), state.firstMoment());
        assertArrayEquals(expected.secondMoment(), state.secondMoment());
        assertEquals(expectedSteps, steps);
      }
    }
    assertEquals(3, expectedSteps.size());
  }

  @Test
  void anEpochInPartsIsTheEpoch() {
    var shape = new VaeShape(63, List.of(20, 9), 3);
    ImageSet images = RandomImages.of(50, 7, 9, 0.3, SEED);
    float[] initial = InitialWeights.draw(new ParameterLayout(shape), SEED);
    BatchOrder order = BatchOrder.shuffled(SEED, 0, 50, 8);
    TrainingState whole;
    try (var engine = engine(shape, images, 8, 2)) {
      engine.restore(TrainingState.initial(initial));
      var controller = new PiController(PiRule.defaults());
      assertEquals(7, engine.trainEpoch(order, controller, (step, rl, kl, beta) -> true));
      whole = engine.state();
    }
    TrainingState state = TrainingState.initial(initial);
    var controller = new PiController(PiRule.defaults());
    int next = 0;
    for (int stopAfter : new int[] {1, 3, 99}) {
      // A new engine each time: all that matters is in the state.
      try (var engine = engine(shape, images, 8, 3)) {
        engine.restore(state);
        int[] left = {stopAfter};
        next += engine.trainEpoch(order.from(next), controller, (s, rl, kl, beta) -> --left[0] > 0);
        state = engine.state();
      }
    }
    assertEquals(7, next);
    assertArrayEquals(whole.parameters(), state.parameters());
    assertArrayEquals(whole.firstMoment(), state.firstMoment());
    assertArrayEquals(whole.secondMoment(), state.secondMoment());
    assertEquals(whole.step(), state.step());
    assertEquals(whole.last(), state.last());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 100, 700})
  void encodesAndScoresLikeTheReference(int samples) {
    var shape = new VaeShape(99, List.of(40, 17), 3);
    int count = samples < 100 ? 300 : 5;
    ImageSet images = RandomImages.of(count + 4, 9, 11, 0.3, SEED);
    var layout = new ParameterLayout(shape);
    float[] parameters = InitialWeights.draw(layout, SEED);
    try (var engine = engine(shape, images, 8, 2)) {
      engine.restore(TrainingState.initial(parameters));
      float[] mean = new float[count * 3];
      float[] logVariance = new float[count * 3];
      engine.encode(images, 2, count, mean, logVariance);
      float[] z = new float[count * samples * 3];
      for (int i = 0; i < count * samples; i++) {
        GaussianNoise.row(SEED, Stream.EVALUATION_NOISE, 0, i, z, i * 3, 3);
      }
      float[] loss = new float[count * samples];
      engine.reconstructionLoss(images, 2, count, samples, z, loss);

      var reference = new ReferenceVae(shape);
      for (int i = 0; i < count; i++) {
        for (int k = 0; k < samples; k += 50) {
          int row = i * samples + k;
          double[][] x = {pixels(images, 2 + i)};
          // The reference samples z = mean + deviation * noise: choose the noise that gives our z.
          double[][] zero = {new double[3]};
          ReferenceVae.Step posterior =
              reference.step(ReferenceVae.toDouble(parameters), x, zero, 1);
          double[][] noise = {new double[3]};
          for (int j = 0; j < 3; j++) {
            double deviation = Math.exp(posterior.logVariance()[0][j] / 2);
            noise[0][j] = (z[row * 3 + j] - posterior.mean()[0][j]) / deviation;
            assertEquals(posterior.mean()[0][j], mean[i * 3 + j], 1e-5);
            assertEquals(posterior.logVariance()[0][j], logVariance[i * 3 + j], 1e-5);
          }
          ReferenceVae.Step scored = reference.step(ReferenceVae.toDouble(parameters), x, noise, 1);
          assertRelative("loss", scored.reconstructionLoss(), loss[row]);
        }
      }
    }
  }

  @Test
  void restoringGivesBackTheSameBits() {
    var shape = new VaeShape(35, List.of(11), 2);
    ImageSet images = RandomImages.of(8, 5, 7, 0.4, SEED);
    try (var engine = engine(shape, images, 4, 1)) {
      assertRestores(engine, new ParameterLayout(shape));
    }
  }

  @Test
  void aParameterThatIsNoNumberShowsInTheLoss() {
    var shape = new VaeShape(35, List.of(11, 6), 2);
    ImageSet images = RandomImages.of(40, 5, 7, 0.4, SEED);
    try (var engine = engine(shape, images, 4, 1)) {
      assertTellsOfNaN(engine, BatchOrder.shuffled(SEED, 0, 40, 4), new ParameterLayout(shape));
    }
  }

  @Test
  void aLossThatIsNotFiniteEndsTheEpoch() {
    var shape = new VaeShape(35, List.of(11, 6), 2);
    ImageSet images = RandomImages.of(40, 5, 7, 0.4, SEED);
    for (int threads : new int[] {1, 3}) {
      try (var engine = engine(shape, images, 4, threads)) {
        assertEndsWhereALossIsNotFinite(
            engine, BatchOrder.shuffled(SEED, 0, 40, 4), new ParameterLayout(shape), 1);
      }
    }
  }

  @Test
  void aFailureOfTheSinkEndsAllThreadsAndReachesTheCaller() {
    var shape = new VaeShape(35, List.of(11), 2);
    ImageSet images = RandomImages.of(40, 5, 7, 0.4, SEED);
    float[] initial = InitialWeights.draw(new ParameterLayout(shape), SEED);
    try (var engine = engine(shape, images, 4, 4)) {
      engine.restore(TrainingState.initial(initial));
      BatchOrder order = BatchOrder.shuffled(SEED, 0, 40, 4);
      var failure =
          assertThrows(
              IllegalStateException.class,
              () ->
                  engine.trainEpoch(
                      order,
                      new ConstantBeta(1),
                      (step, rl, kl, beta) -> {
                        throw new IllegalStateException("disk full");
                      }));
      assertEquals("disk full", failure.getMessage());
      // The team is usable again.
      assertEquals(10, engine.trainEpoch(order, new ConstantBeta(1), (s, rl, kl, beta) -> true));
    }
  }

  @Test
  void saysWhatItIs() {
    var shape = new VaeShape(35, List.of(11), 2);
    try (var engine = engine(shape, RandomImages.of(8, 5, 7, 0.4, SEED), 4, 3)) {
      assertEquals("cpu", engine.info().engine());
      assertEquals(3, engine.info().threads());
      assertTrue(engine.info().library().startsWith("OpenBLAS "), engine.info().library());
    }
  }

  private static CpuEngine engine(VaeShape shape, ImageSet images, int batch, int threads) {
    return new CpuEngine(shape, new TrainingSettings(SEED, batch, LEARNING_RATE), images, threads);
  }

  private static double[] pixels(ImageSet images, int image) {
    double[] pixels = new double[images.imageSize()];
    for (int p = 0; p < pixels.length; p++) {
      pixels[p] = (images.pixels()[image * pixels.length + p] & 0xFF) / 255.0;
    }
    return pixels;
  }
}
