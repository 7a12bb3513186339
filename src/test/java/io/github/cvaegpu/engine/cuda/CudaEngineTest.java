// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static io.github.cvaegpu.engine.EngineChecks.LEARNING_RATE;
import static io.github.cvaegpu.engine.EngineChecks.SEED;
import static io.github.cvaegpu.engine.EngineChecks.assertAgreesWithTheReference;
import static io.github.cvaegpu.engine.EngineChecks.assertEndsWhereALossIsNotFinite;
import static io.github.cvaegpu.engine.EngineChecks.assertRelative;
import static io.github.cvaegpu.engine.EngineChecks.assertRestores;
import static io.github.cvaegpu.engine.EngineChecks.assertSameBits;
import static io.github.cvaegpu.engine.EngineChecks.assertTellsOfNaN;
import static io.github.cvaegpu.engine.EngineChecks.oneStep;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.control.ConstantBeta;
import io.github.cvaegpu.control.ControllerMemory;
import io.github.cvaegpu.control.ForgetfulController;
import io.github.cvaegpu.control.PiController;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.control.StepFeedback;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.emulator.Emulator;
import io.github.cvaegpu.engine.Engine;
import io.github.cvaegpu.engine.EngineChecks.Reported;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.ReferenceVae;
import io.github.cvaegpu.engine.RelativeNorm;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.engine.cpu.CpuEngine;
import io.github.cvaegpu.engine.cpu.RandomImages;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import io.github.cvaegpu.random.GaussianNoise;
import io.github.cvaegpu.random.Stream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The CUDA engine against the double-precision reference, the CPU engine, and itself. */
@ExtendWith(OnGpu.class)
class CudaEngineTest {
  /** Everything as in use, but a step begins only when the one before has been told of. */
  static CudaEngine.Options oneAtATime() {
    return with(1, true, Products.LARGE);
  }

  private static CudaEngine.Options with(int stepsAhead, boolean isCaptured, long large) {
    return new CudaEngine.Options(stepsAhead, isCaptured, large, Duration.ofSeconds(60));
  }

  @ParameterizedTest(name = "{0}x{1} -> {2} -> z {3}, batch {4}, beta {5}, cuBLAS from {6}")
  @CsvSource({
    // Sizes that no tile or warp divides, and those of the study.
    "28, 28, 400;50, 2, 128, 1, 8388608",
    "28, 28, 400;50, 2, 96, 0.01, 8388608",
    "5, 7, 19, 1, 1, 1, 8388608",
    "5, 7, 19, 10, 7, 10, 0",
    "9, 11, 33;17, 2, 7, 0.5, 0",
    "9, 11, 130;47, 1, 96, 2, 100000",
    "6, 6, 24;20;13, 10, 37, 0.17, 8388608",
    "6, 6, 24;20;13, 16, 37, 0.17, 0",
    "6, 6, 24;20;13, 17, 37, 0.17, 8388608",
    "9, 7, 50;31, 64, 37, 0.7, 0",
    "9, 7, 50;31, 64, 37, 0.7, 8388608",
    "3, 3, 5;4;3, 3, 96, 1, 8388608",
    "5, 7, 19;9, 2, 4096, 0.5, 300000",
    "28, 28, 170;64;31, 10, 1, 0.3, 8388608",
  })
  void agreesWithTheReference(
      int height, int width, String widths, int latent, int batch, double beta, long large) {
    List<Integer> hidden = Arrays.stream(widths.split(";")).map(Integer::valueOf).toList();
    var shape = new VaeShape(height * width, hidden, latent);
    ImageSet images = RandomImages.of(3 * batch, height, width, 0.3, SEED);
    try (var engine = engine(shape, images, batch, with(1, true, large))) {
      assertAgreesWithTheReference(engine, engine::gradients, shape, images, batch, beta);
    }
  }

  /**
   * A factor of TF32 has an error of up to 2^-11. Losses show no more of it; in a gradient a unit
   * whose input is within that error of 0 is on here and off there, and few of those are hundredths
   * of it.
   */
  @Test
  void tf32KeepsToItsOwnTolerance() {
    VaeShape shape = VaeShape.study();
    ImageSet images = RandomImages.of(128, 28, 28, 0.2, SEED);
    var layout = new ParameterLayout(shape);
    float[] initial = InitialWeights.draw(layout, SEED);
    BatchOrder order = BatchOrder.shuffled(SEED, 0, 128, 128);
    var settings = new TrainingSettings(SEED, 128, LEARNING_RATE);
    try (var engine =
        new CudaEngine(shape, settings, images, Precision.TF32, with(1, true, Products.LARGE))) {
      assertEquals("tf32", engine.info().precision());
      engine.restore(TrainingState.initial(initial));
      List<Reported> reported = oneStep(engine, order, 0.5);
      ReferenceVae.Step expected =
          new ReferenceVae(shape)
              .step(
                  ReferenceVae.toDouble(initial),
                  ReferenceVae.pixels(images, order, 0),
                  ReferenceVae.noise(SEED, 0, 128, 2),
                  0.5);
      double rl = expected.reconstructionLoss();
      assertEquals(rl, reported.getFirst().rl(), 1e-3 * rl);
      RelativeNorm.assertNear("gradient", layout, expected.gradients(), engine.gradients(), 0.1);
    }
  }

  /** Two epochs of nine whole batches and a smaller one, with the controller at work. */
  @Test
  void twentyStepsFollowTheReferenceAndTheCpuEngine() {
    var shape = new VaeShape(99, List.of(40, 17), 2);
    ImageSet images = RandomImages.of(9 * 12 + 5, 9, 11, 0.3, SEED);
    var layout = new ParameterLayout(shape);
    float[] initial = InitialWeights.draw(layout, SEED);
    List<Reported> onGpu = new ArrayList<>();
    List<Reported> onCpu = new ArrayList<>();
    TrainingState gpuState;
    TrainingState cpuState;
    var settings = new TrainingSettings(SEED, 12, LEARNING_RATE);
    try (var engine = engine(shape, images, 12, CudaEngine.Options.standard())) {
      gpuState = twoEpochs(engine, initial, images, onGpu);
    }
    try (var engine = new CpuEngine(shape, settings, images, 1)) {
      cpuState = twoEpochs(engine, initial, images, onCpu);
    }

    var reference = new ReferenceVae(shape);
    var adam = new ReferenceVae.Adam(LEARNING_RATE, layout.size());
    double[] parameters = ReferenceVae.toDouble(initial);
    var controller = new PiController(PiRule.defaults());
    double rl = 0;
    double kl = 0;
    assertEquals(20, onGpu.size());
    assertEquals(20, onCpu.size());
    for (int step = 0; step < 20; step++) {
      BatchOrder order = BatchOrder.shuffled(SEED, step / 10, images.size(), 12);
      double beta = controller.next(new StepFeedback(step, rl, kl));
      ReferenceVae.Step expected =
          reference.step(
              parameters,
              ReferenceVae.pixels(images, order, step % 10),
              ReferenceVae.noise(SEED, step, order.size(step % 10), 2),
              beta);
      adam.update(parameters, expected.gradients());
      rl = expected.reconstructionLoss();
      kl = expected.klDivergence();
      Reported gpu = onGpu.get(step);
      Reported cpu = onCpu.get(step);
      assertEquals(step, gpu.step());
      for (Reported actual : List.of(gpu, cpu)) {
        assertEquals(
            expected.reconstructionLoss(), actual.rl(), 1e-4 * expected.reconstructionLoss());
        assertEquals(kl, actual.kl(), 1e-4 * Math.max(1e-2, kl));
        assertEquals(beta, actual.beta(), 1e-5 * beta);
      }
    }
    RelativeNorm.assertNear("parameters", layout, parameters, gpuState.parameters(), 1e-4);
    RelativeNorm.assertNear(
        "parameters of the CPU",
        layout,
        ReferenceVae.toDouble(cpuState.parameters()),
        gpuState.parameters(),
        1e-4);
    // The controller's answers are what it says to the KL that was told, bit for bit.
    var again = new PiController(PiRule.defaults());
    StepFeedback before = StepFeedback.NONE;
    for (Reported step : onGpu) {
      assertEquals((float) again.next(before), step.beta());
      before = new StepFeedback(step.step() + 1, step.rl(), step.kl());
    }
  }

  private static TrainingState twoEpochs(
      Engine engine, float[] initial, ImageSet images, List<Reported> reported) {
    var controller = new PiController(PiRule.defaults());
    engine.restore(TrainingState.initial(initial));
    for (int epoch = 0; epoch < 2; epoch++) {
      engine.trainEpoch(
          BatchOrder.shuffled(SEED, epoch, images.size(), 12),
          controller,
          (step, rl, kl, beta) -> reported.add(new Reported(step, rl, kl, beta)));
    }
    return engine.state();
  }

  /** Captured or not, one step at a time or many: the same launches, the same bits. */
  @Test
  void everyWayOfLaunchingGivesIdenticalBits() {
    VaeShape shape = VaeShape.study();
    ImageSet images = RandomImages.of(3 * 128 + 88, 28, 28, 0.2, SEED);
    float[] initial = InitialWeights.draw(new ParameterLayout(shape), SEED);
    TrainingState expected = null;
    List<Reported> expectedSteps = null;
    for (CudaEngine.Options options :
        List.of(
            with(8, true, Products.LARGE),
            with(8, true, Products.LARGE),
            with(1, true, Products.LARGE),
            with(3, false, Products.LARGE))) {
      List<Reported> steps = new ArrayList<>();
      try (var engine = engine(shape, images, 128, options)) {
        engine.restore(TrainingState.initial(initial));
        engine.trainEpoch(
            BatchOrder.shuffled(SEED, 0, images.size(), 128),
            new PiController(PiRule.defaults()),
            (step, rl, kl, beta) -> steps.add(new Reported(step, rl, kl, beta)));
        TrainingState state = engine.state();
        if (expected == null) {
          expected = state;
          expectedSteps = steps;
        }
        assertEquals(4, steps.size());
        assertEquals(expectedSteps, steps);
        assertSameBits(expected, state);
      }
    }
  }

  /**
   * A missing join between branches, or a sum that depends on which block comes first, would show.
   */
  @Test
  void theOrderOfBlocksAndTheSpeedOfBranchesDoNotMatter() {
    assumeFalse(OnGpu.isReal(), "a real GPU's order cannot be chosen");
    VaeShape shape = VaeShape.study();
    ImageSet images = RandomImages.of(128 + 88, 28, 28, 0.2, SEED);
    TrainingState expected = twoSteps(shape, images);
    Emulator.configure("ORDER", "shuffled");
    Emulator.configure("DELAY_US", "500");
    try {
      assertSameBits(expected, twoSteps(shape, images));
    } finally {
      Emulator.configure("ORDER", "ascending");
      Emulator.configure("DELAY_US", "0");
    }
  }

  private static TrainingState twoSteps(VaeShape shape, ImageSet images) {
    try (var engine = engine(shape, images, 128, CudaEngine.Options.standard())) {
      engine.restore(TrainingState.initial(InitialWeights.draw(new ParameterLayout(shape), SEED)));
      engine.trainEpoch(
          BatchOrder.shuffled(SEED, 0, images.size(), 128),
          new ConstantBeta(1),
          (step, rl, kl, beta) -> true);
      return engine.state();
    }
  }

  @Test
  void anEpochInPartsIsTheEpoch() {
    var shape = new VaeShape(63, List.of(20, 9), 3);
    ImageSet images = RandomImages.of(50, 7, 9, 0.3, SEED);
    float[] initial = InitialWeights.draw(new ParameterLayout(shape), SEED);
    BatchOrder order = BatchOrder.shuffled(SEED, 0, 50, 8);
    TrainingState whole;
    ControllerMemory wholeController;
    try (var engine = engine(shape, images, 8, CudaEngine.Options.standard())) {
      engine.restore(TrainingState.initial(initial));
      var controller = new PiController(PiRule.defaults());
      assertEquals(7, engine.trainEpoch(order, controller, (step, rl, kl, beta) -> true));
      whole = engine.state();
      wholeController = controller.memory();
    }
    TrainingState state = TrainingState.initial(initial);
    var controller = new PiController(PiRule.defaults());
    int next = 0;
    while (next < 7) {
      // A new engine each time: all that matters is in the state and the controller.
      try (var engine = engine(shape, images, 8, with(2, true, Products.LARGE))) {
        engine.restore(state);
        next += engine.trainEpoch(order.from(next), controller, (step, rl, kl, beta) -> false);
        state = engine.state();
        assertEquals(next, state.step());
      }
    }
    assertSameBits(whole, state);
    assertEquals(wholeController, controller.memory());
  }

  @Test
  void aRunGoesOnFromTheCpusCheckpointAndBack() {
    var shape = new VaeShape(63, List.of(20, 9), 3);
    ImageSet images = RandomImages.of(50, 7, 9, 0.3, SEED);
    var layout = new ParameterLayout(shape);
    var settings = new TrainingSettings(SEED, 8, LEARNING_RATE);
    BatchOrder order = BatchOrder.shuffled(SEED, 0, 50, 8);
    try (var gpu = engine(shape, images, 8, oneAtATime());
        var cpu = new CpuEngine(shape, settings, images, 1);
        var onlyCpu = new CpuEngine(shape, settings, images, 1)) {
      TrainingState state = TrainingState.initial(InitialWeights.draw(layout, SEED));
      onlyCpu.restore(state);
      onlyCpu.trainEpoch(order, new ConstantBeta(1), (step, rl, kl, beta) -> true);
      int next = 0;
      while (next < order.batches()) {
        Engine engine = next % 2 == 0 ? gpu : cpu;
        engine.restore(state);
        assertEquals(
            1,
            engine.trainEpoch(
                order.from(next), new ConstantBeta(1), (step, rl, kl, beta) -> false));
        state = engine.state();
        next++;
      }
      TrainingState expected = onlyCpu.state();
      assertEquals(expected.step(), state.step());
      assertRelative("KL", expected.last().kl(), (float) state.last().kl());
      double[] parameters = ReferenceVae.toDouble(expected.parameters());
      RelativeNorm.assertNear("parameters", layout, parameters, state.parameters(), 1e-4);
      double[] moment = ReferenceVae.toDouble(expected.firstMoment());
      RelativeNorm.assertNear("first moment", layout, moment, state.firstMoment(), 1e-4);
    }
  }

  /** What a launch costs is most of what a small step costs. */
  @Test
  void theStudysStepHasFewNodes() {
    ImageSet images = RandomImages.of(128, 28, 28, 0.2, SEED);
    try (var engine = engine(VaeShape.study(), images, 128, CudaEngine.Options.standard())) {
      // Five products by cuBLAS: two forward, one of dlogits by d, two by weights. Ours: gather,
      // bias of the first layer, two small layers, latent forward, loss; ReLU mask, two small
      // layers, latent backward; all other parameters' gradients, Adam; the host's two.
      int products = 5;
      int ours = 14;
      // NVIDIA's cuBLAS may split a sum: a clearing, the product, the sum of its parts.
      int most = ours + (OnGpu.isReal() ? 3 : 1) * products;
      assertTrue(engine.nodes() >= ours + products, engine.nodes() + " nodes");
      assertTrue(engine.nodes() <= most, engine.nodes() + " nodes");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 100, 700})
  void encodesAndScoresLikeTheReference(int samples) {
    var shape = new VaeShape(99, List.of(40, 17), 3);
    int count = samples < 100 ? 1100 : 5;
    ImageSet images = RandomImages.of(count + 4, 9, 11, 0.3, SEED);
    var layout = new ParameterLayout(shape);
    float[] parameters = InitialWeights.draw(layout, SEED);
    try (var engine = engine(shape, images, 8, CudaEngine.Options.standard());
        var cpu = new CpuEngine(shape, new TrainingSettings(SEED, 8, LEARNING_RATE), images, 1)) {
      engine.restore(TrainingState.initial(parameters));
      cpu.restore(TrainingState.initial(parameters));
      float[] mean = new float[count * 3];
      float[] logVariance = new float[count * 3];
      float[] cpuMean = new float[count * 3];
      float[] cpuLogVariance = new float[count * 3];
      engine.encode(images, 2, count, mean, logVariance);
      cpu.encode(images, 2, count, cpuMean, cpuLogVariance);
      assertArrayEquals(cpuMean, mean, 1e-5f);
      assertArrayEquals(cpuLogVariance, logVariance, 1e-5f);
      float[] z = new float[count * samples * 3];
      for (int i = 0; i < count * samples; i++) {
        GaussianNoise.row(SEED, Stream.EVALUATION_NOISE, 0, i, z, i * 3, 3);
      }
      float[] loss = new float[count * samples];
      float[] cpuLoss = new float[count * samples];
      engine.reconstructionLoss(images, 2, count, samples, z, loss);
      cpu.reconstructionLoss(images, 2, count, samples, z, cpuLoss);
      for (int i = 0; i < loss.length; i++) {
        assertRelative("loss", cpuLoss[i], loss[i]);
      }
    }
  }

  @Test
  void restoringGivesBackTheSameBits() {
    var shape = new VaeShape(35, List.of(11), 2);
    ImageSet images = RandomImages.of(8, 5, 7, 0.4, SEED);
    try (var engine = engine(shape, images, 4, oneAtATime())) {
      assertRestores(engine, new ParameterLayout(shape));
    }
  }

  @Test
  void aFailureOfTheSinkReachesTheCallerAndTheEngineStaysUsable() {
    var shape = new VaeShape(35, List.of(11), 2);
    ImageSet images = RandomImages.of(40, 5, 7, 0.4, SEED);
    try (var engine = engine(shape, images, 4, CudaEngine.Options.standard())) {
      engine.restore(TrainingState.initial(InitialWeights.draw(new ParameterLayout(shape), SEED)));
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
      assertEquals(10, engine.trainEpoch(order, new ConstantBeta(1), (s, rl, kl, beta) -> true));
    }
  }

  @Test
  void aDivergedStepEndsTheEpochWithoutAskingTheController() {
    var shape = new VaeShape(35, List.of(11), 2);
    ImageSet images = RandomImages.of(80, 5, 7, 0.4, SEED);
    float[] broken = InitialWeights.draw(new ParameterLayout(shape), SEED);
    Arrays.fill(broken, Float.NaN);
    List<Reported> reported = new ArrayList<>();
    try (var engine = engine(shape, images, 4, CudaEngine.Options.standard())) {
      engine.restore(TrainingState.initial(broken));
      int done =
          engine.trainEpoch(
              BatchOrder.shuffled(SEED, 0, 80, 4),
              // Refuses NaN.
              new PiController(PiRule.defaults()),
              (step, rl, kl, beta) -> reported.add(new Reported(step, rl, kl, beta)));
      assertTrue(done < 20, done + " steps");
      assertEquals(done, reported.size());
      assertTrue(Float.isNaN(reported.getFirst().kl()));
    }
  }

  @Test
  void aLossThatIsNotFiniteEndsTheEpoch() {
    var shape = new VaeShape(35, List.of(11, 6), 2);
    ImageSet images = RandomImages.of(40, 5, 7, 0.4, SEED);
    for (int ahead : new int[] {1, 8}) {
      var options = new CudaEngine.Options(ahead, true, 0, Duration.ofSeconds(60));
      try (var engine = engine(shape, images, 4, options)) {
        assertEndsWhereALossIsNotFinite(
            engine, BatchOrder.shuffled(SEED, 0, 40, 4), new ParameterLayout(shape), ahead);
      }
    }
  }

  @Test
  void aParameterThatIsNoNumberShowsInTheLoss() {
    for (long large : new long[] {0, Long.MAX_VALUE}) {
      for (int latent : new int[] {2, 20}) {
        var shape = new VaeShape(35, List.of(11, 6), latent);
        ImageSet images = RandomImages.of(40, 5, 7, 0.4, SEED);
        var options = new CudaEngine.Options(1, true, large, Duration.ofSeconds(60));
        try (var engine = engine(shape, images, 4, options)) {
          assertTellsOfNaN(engine, BatchOrder.shuffled(SEED, 0, 40, 4), new ParameterLayout(shape));
        }
      }
    }
  }

  @Test
  void aHostThatDoesNotAnswerIsAnErrorAndNoHang() {
    var failure = failureOf(Duration.ofMillis(200), new SleepyController());
    assertTrue(failure.getMessage().contains("got no beta"), failure.getMessage());
  }

  /** A launch that fails is found while the host waits for words that will never come. */
  @Test
  void aDeviceThatIsLostIsAnErrorAndNoHang() {
    assumeFalse(OnGpu.isReal(), "a real GPU does not fail when a test would like it to");
    Emulator.configure("TIMEOUT_S", "1");
    try {
      var failure = failureOf(Duration.ofSeconds(60), new SleepyController());
      assertTrue(failure.getMessage().startsWith("cu"), failure.getMessage());
      assertTrue(failure.getMessage().contains(") failed: "), failure.getMessage());
    } finally {
      Emulator.configure("TIMEOUT_S", "30");
    }
    // Another engine starts anew.
    var shape = new VaeShape(35, List.of(11), 2);
    ImageSet images = RandomImages.of(40, 5, 7, 0.4, SEED);
    try (var engine = engine(shape, images, 4, oneAtATime())) {
      assertEquals(1, oneStep(engine, BatchOrder.shuffled(SEED, 0, 40, 4), 1).size());
    }
  }

  /** What four steps under way come to when the controller falls asleep before the third. */
  private static EngineException failureOf(Duration patience, BetaController controller) {
    var shape = new VaeShape(35, List.of(11), 2);
    ImageSet images = RandomImages.of(40, 5, 7, 0.4, SEED);
    var options = new CudaEngine.Options(4, true, Products.LARGE, patience);
    CudaEngine engine = engine(shape, images, 4, options);
    engine.restore(TrainingState.initial(InitialWeights.draw(new ParameterLayout(shape), SEED)));
    BatchOrder order = BatchOrder.shuffled(SEED, 0, 40, 4);
    var failure =
        assertThrows(
            EngineException.class,
            () -> engine.trainEpoch(order, controller, (step, rl, kl, beta) -> true));
    // What it would give now has seen a wrong beta, or none.
    assertThrows(EngineException.class, engine::state);
    try {
      engine.close();
    } catch (EngineException e) {
      // A lost device cannot be given back either.
      assertTrue(e.getMessage().startsWith("cu"), e.getMessage());
    }
    return failure;
  }

  /** Lets the GPU wait for two and a half seconds. */
  private static final class SleepyController extends ForgetfulController {
    private int asked;

    @Override
    public double next(StepFeedback last) {
      if (++asked == 3) {
        sleep(2500);
      }
      return 1;
    }
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void refusesABatchThatNoGridHolds() {
    ImageSet images = RandomImages.of(CudaEngine.MAX_BATCH + 1, 1, 1, 0.4, SEED);
    assertThrows(
        InputException.class,
        () -> engine(new VaeShape(1, List.of(1), 1), images, images.size(), oneAtATime()));
  }

  @Test
  void saysWhatItIs() {
    var shape = new VaeShape(35, List.of(11), 2);
    try (var engine = engine(shape, RandomImages.of(8, 5, 7, 0.4, SEED), 4, oneAtATime())) {
      assertEquals("cuda", engine.info().engine());
      assertEquals("float32", engine.info().precision());
      assertTrue(engine.info().library().contains("cuBLAS "), engine.info().library());
    }
  }

  private static CudaEngine engine(
      VaeShape shape, ImageSet images, int batch, CudaEngine.Options options) {
    return new CudaEngine(
        shape,
        new TrainingSettings(SEED, batch, LEARNING_RATE),
        images,
        Precision.FLOAT32,
        options);
  }
}
