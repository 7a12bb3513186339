// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.ForgetfulController;
import io.github.cvaegpu.control.PiController;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.control.StepFeedback;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.emulator.Emulator;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.LikelihoodContract;
import io.github.cvaegpu.engine.ReferenceVae;
import io.github.cvaegpu.engine.RelativeNorm;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.engine.cpu.RandomImages;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.KlTerm;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import io.github.cvaegpu.random.GaussianNoise;
import io.github.cvaegpu.random.RandomPurpose;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The CUDA engine: what every engine does, in its own ways, and beside the CPU engine. */
@ExtendWith(OnGpu.class)
class CudaEngineTest extends LikelihoodContract {
  @Override
  protected Accelerator create(int stepsAhead) {
    return with(stepsAhead, true, Products.LARGE);
  }

  @Override
  protected float[] gradients(Trainee trainee) {
    return ((CudaTrainee) trainee).gradients();
  }

  private static CudaAccelerator with(int stepsAhead, boolean isCaptured, long large) {
    return with(Precision.FLOAT32, stepsAhead, isCaptured, large);
  }

  private static CudaAccelerator with(
      Precision precision, int stepsAhead, boolean isCaptured, long large) {
    return new CudaAccelerator(
        precision,
        new CudaAccelerator.Options(
            stepsAhead,
            Math.ceilDiv(stepsAhead, 2),
            isCaptured,
            large,
            Duration.ofSeconds(60),
            StepKind.CUBLAS,
            Tune.OFF,
            true));
  }

  private static CudaAccelerator standard() {
    return new CudaAccelerator(Precision.FLOAT32, StepKind.CUBLAS, Tune.OFF);
  }

  /** Sizes that the contract has with products as in use, and others. */
  @ParameterizedTest(name = "{0}x{1} -> {2} -> z {3}, batch {4}, beta {5}, cuBLAS from {6}")
  @CsvSource({
    "5, 7, 19, 10, 7, 10, 0",
    "9, 11, 33;17, 2, 7, 0.5, 0",
    "9, 11, 130;47, 1, 96, 2, 100000",
    "6, 6, 24;20;13, 10, 37, 0.17, 8388608",
    "6, 6, 24;20;13, 16, 37, 0.17, 0",
    "9, 7, 50;31, 64, 37, 0.7, 0",
    "3, 3, 5;4;3, 3, 96, 1, 8388608",
    "5, 7, 19;9, 2, 4096, 0.5, 300000",
  })
  void agreesWithTheReferenceWhateverIsMultipliedByCublas(
      int height, int width, String widths, int latent, int batch, double beta, long large) {
    ImageSet images = RandomImages.of(3 * batch, height, width, 0.3, SEED);
    try (var accelerator = with(1, true, large)) {
      assertAgreesWithTheReference(
          accelerator, shape(height, width, widths, latent), images, batch, beta);
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
    try (var accelerator = with(Precision.TF32, 1, true, Products.LARGE);
        var engine = accelerator.trainee(shape, settings(128), images)) {
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
    try (var accelerator = standard();
        var engine = accelerator.trainee(shape, settings(12), images)) {
      gpuState = twoEpochs(engine, initial, images, onGpu);
    }
    try (var engine = new CpuAccelerator(1).trainee(shape, settings(12), images)) {
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
      Trainee engine, float[] initial, ImageSet images, List<Reported> reported) {
    var controller = new PiController(PiRule.defaults());
    engine.restore(TrainingState.initial(initial));
    for (int epoch = 0; epoch < 2; epoch++) {
      engine.trainEpoch(
          BatchOrder.shuffled(SEED, epoch, images.size(), 12), controller, collect(reported));
    }
    return engine.state();
  }

  /** Captured or not, one step at a time or many: the same launches, the same bits. */
  @Test
  void everyWayOfLaunchingGivesIdenticalBits() {
    VaeShape shape = VaeShape.study();
    ImageSet images = RandomImages.of(3 * 64 + 44, 28, 28, 0.2, SEED);
    float[] initial = InitialWeights.draw(new ParameterLayout(shape), SEED);
    TrainingState expected = null;
    List<Reported> expectedSteps = null;
    for (CudaAccelerator.Options options :
        List.of(
            options(8, 1, true),
            options(8, 1, true),
            options(1, 1, true),
            options(4, 3, true),
            options(4, 2, true),
            options(3, 1, false),
            options(3, 3, false))) {
      List<Reported> steps = new ArrayList<>();
      try (var accelerator = new CudaAccelerator(Precision.FLOAT32, options);
          var engine = accelerator.trainee(shape, settings(64), images)) {
        engine.restore(TrainingState.initial(initial));
        engine.trainEpoch(
            BatchOrder.shuffled(SEED, 0, images.size(), 64),
            new PiController(PiRule.defaults()),
            collect(steps));
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

  private static CudaAccelerator.Options options(
      int stepsAhead, int stepsALaunch, boolean isCaptured) {
    return new CudaAccelerator.Options(
        stepsAhead,
        stepsALaunch,
        isCaptured,
        Products.LARGE,
        Duration.ofSeconds(60),
        StepKind.CUBLAS,
        Tune.OFF,
        false);
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
    try (var accelerator = standard();
        var engine = accelerator.trainee(shape, settings(128), images)) {
      engine.restore(TrainingState.initial(InitialWeights.draw(new ParameterLayout(shape), SEED)));
      engine.trainEpoch(
          BatchOrder.shuffled(SEED, 0, images.size(), 128),
          new ConstantRule(1).start(),
          (step, rl, kl, beta) -> true);
      return engine.state();
    }
  }

  @Test
  void aRunGoesOnFromTheCpusCheckpointAndBack() {
    var shape = new VaeShape(63, List.of(20, 9), 3);
    ImageSet images = RandomImages.of(50, 7, 9, 0.3, SEED);
    var layout = new ParameterLayout(shape);
    BatchOrder order = BatchOrder.shuffled(SEED, 0, 50, 8);
    try (var onGpu = create(1);
        var onCpu = new CpuAccelerator(1);
        var gpu = onGpu.trainee(shape, settings(8), images);
        var cpu = onCpu.trainee(shape, settings(8), images);
        var onlyCpu = onCpu.trainee(shape, settings(8), images)) {
      TrainingState state = TrainingState.initial(InitialWeights.draw(layout, SEED));
      onlyCpu.restore(state);
      onlyCpu.trainEpoch(order, new ConstantRule(1).start(), (step, rl, kl, beta) -> true);
      int next = 0;
      while (next < order.batches()) {
        Trainee engine = next % 2 == 0 ? gpu : cpu;
        engine.restore(state);
        assertEquals(
            1,
            engine.trainEpoch(
                order.from(next), new ConstantRule(1).start(), (step, rl, kl, beta) -> false));
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

  static Stream<KlTerm> terms() {
    return Stream.of(KlTerm.weighted(), new KlTerm.Distance(1), new KlTerm.FreeBits(0.1));
  }

  /** What a launch costs is most of what a small step costs. */
  @ParameterizedTest
  @MethodSource("terms")
  void theStudysStepHasFewNodes(KlTerm term) {
    ImageSet images = RandomImages.of(128, 28, 28, 0.2, SEED);
    List<Launch> launches = new ArrayList<>();
    List<CudaStream> streams = new ArrayList<>();
    var observer =
        new LaunchObserver() {
          @Override
          public void step(CudaStream stream) {
            launches.clear();
            streams.clear();
          }

          @Override
          public void launched(Supplier<Launch> launch, CudaStream stream) {
            launches.add(launch.get());
            streams.add(stream);
          }
        };
    var options = CudaAccelerator.Options.standard().with(StepKind.CUBLAS, Tune.OFF);
    try (var accelerator = new CudaAccelerator(Precision.FLOAT32, options, observer);
        var engine = accelerator.trainee(VaeShape.study(), settings(128, term), images)) {
      // Five products by cuBLAS: two forward, one of dlogits by d, two by weights. Ours: gather,
      // bias of the first layer, two small layers, latent forward, loss; ReLU mask, two small
      // layers, latent backward; all other parameters' gradients, Adam; the host's two. Weights of
      // KL that the batch decides are one more.
      int products = 5;
      int weights = term.isOfBatch() ? 1 : 0;
      int ours = 14 + weights;
      // NVIDIA's cuBLAS may split a sum: a clearing, the product, the sum of its parts.
      int most = ours + (OnGpu.isReal() ? 3 : 1) * products;
      assertTrue(engine.nodes() >= ours + products, engine.nodes() + " nodes");
      assertTrue(engine.nodes() <= most, engine.nodes() + " nodes");
      assertEquals(
          products, launches.stream().filter(launch -> launch.name().equals(Blas.SGEMM)).count());
      assertEquals(products + ours, launches.size());
      // The main branch is the longest path: the others have two launches each beside it, and the
      // host's has the weights too.
      Map<CudaStream, Long> branches =
          streams.stream()
              .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
      assertEquals(List.of(2L, 2L + weights, 15L), branches.values().stream().sorted().toList());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, Products.LARGE, Long.MAX_VALUE})
  void encodesDecodesAndScoresLikeTheCpuEngine(long large) {
    var shape = new VaeShape(99, List.of(140, 17), 3);
    int count = 1100;
    ImageSet images = RandomImages.of(count + 4, 9, 11, 0.3, SEED);
    float[] parameters = InitialWeights.draw(new ParameterLayout(shape), SEED);
    try (var onGpu = with(8, true, large);
        var onCpu = new CpuAccelerator(1);
        VaeModel gpu = onGpu.model(shape, Objective.study(), parameters);
        VaeModel cpu = onCpu.model(shape, Objective.study(), parameters)) {
      float[] mean = new float[count * 3];
      float[] logVariance = new float[count * 3];
      float[] cpuMean = new float[count * 3];
      float[] cpuLogVariance = new float[count * 3];
      gpu.encode(images, 2, count, mean, logVariance);
      cpu.encode(images, 2, count, cpuMean, cpuLogVariance);
      assertArrayEquals(cpuMean, mean, 1e-5f);
      assertArrayEquals(cpuLogVariance, logVariance, 1e-5f);

      int samples = 3;
      float[] z = new float[count * samples * 3];
      for (int i = 0; i < count * samples; i++) {
        GaussianNoise.row(SEED, RandomPurpose.EVALUATION_NOISE, 0, i, z, i * 3, 3);
      }
      float[] pixels = new float[count * samples * 99];
      float[] cpuPixels = new float[pixels.length];
      gpu.decode(z, count * samples, pixels);
      cpu.decode(z, count * samples, cpuPixels);
      assertArrayEquals(cpuPixels, pixels, 1e-5f);

      float[] loss = new float[count * samples];
      float[] cpuLoss = new float[count * samples];
      gpu.reconstructionLoss(images, 2, count, samples, z, loss);
      cpu.reconstructionLoss(images, 2, count, samples, z, cpuLoss);
      for (int i = 0; i < loss.length; i++) {
        assertRelative("loss", cpuLoss[i], loss[i]);
      }
    }
  }

  /** Products by cuBLAS and by our kernels alone, beside what the contract has. */
  @Test
  void aLossThatIsNotFiniteEndsTheEpochWithCublasToo() {
    for (int ahead : new int[] {1, 8}) {
      try (var accelerator = with(ahead, true, 0)) {
        assertEndsWhereALossIsNotFinite(accelerator, ahead);
      }
    }
  }

  @Test
  void aParameterThatIsNoNumberShowsInTheLossWithCublasToo() {
    for (int latent : new int[] {2, 20}) {
      try (var accelerator = with(1, true, 0)) {
        assertTellsOfNaN(accelerator, new VaeShape(35, List.of(11, 6), latent));
      }
    }
  }

  /** The bytes of the images are on the GPU once, and no longer than somebody trains on them. */
  @Test
  void traineesShareTheirImages() {
    var shape = new VaeShape(35, List.of(11), 2);
    ImageSet images = RandomImages.of(8, 5, 7, 0.4, SEED);
    ImageSet others = RandomImages.of(8, 5, 7, 0.4, SEED);
    float[] parameters = InitialWeights.draw(new ParameterLayout(shape), SEED);
    try (var accelerator = standard()) {
      accelerator.model(shape, Objective.study(), parameters);
      assertEquals(0, accelerator.pixels().count());
      Trainee one = accelerator.trainee(shape, settings(4), images);
      Trainee two = accelerator.trainee(shape, settings(8), images);
      assertEquals(1, accelerator.pixels().count());
      Trainee three = accelerator.trainee(shape, settings(4), others);
      assertEquals(2, accelerator.pixels().count());
      one.close();
      one.close();
      three.close();
      assertEquals(1, accelerator.pixels().count());
      BatchOrder order = BatchOrder.shuffled(SEED, 0, 8, 8);
      assertEquals(
          1, two.trainEpoch(order, new ConstantRule(1).start(), (s, rl, kl, beta) -> true));
      two.close();
      assertEquals(0, accelerator.pixels().count());
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
    // Another accelerator starts anew.
    var shape = new VaeShape(35, List.of(11), 2);
    ImageSet images = RandomImages.of(40, 5, 7, 0.4, SEED);
    try (var accelerator = create(1);
        var engine = accelerator.trainee(shape, settings(4), images)) {
      assertEquals(1, oneStep(engine, BatchOrder.shuffled(SEED, 0, 40, 4), 1).size());
    }
  }

  /** What four steps under way come to when the controller falls asleep before the third. */
  private static EngineException failureOf(Duration patience, BetaController controller) {
    var shape = new VaeShape(35, List.of(11), 2);
    ImageSet images = RandomImages.of(40, 5, 7, 0.4, SEED);
    var options =
        new CudaAccelerator.Options(
            4, 2, true, Products.LARGE, patience, StepKind.CUBLAS, Tune.OFF, false);
    var accelerator = new CudaAccelerator(Precision.FLOAT32, options);
    Trainee engine = accelerator.trainee(shape, settings(4), images);
    engine.restore(TrainingState.initial(InitialWeights.draw(new ParameterLayout(shape), SEED)));
    BatchOrder order = BatchOrder.shuffled(SEED, 0, 40, 4);
    var failure =
        assertThrows(
            EngineException.class,
            () -> engine.trainEpoch(order, controller, (step, rl, kl, beta) -> true));
    // What it would give now has seen a wrong beta, or none.
    assertThrows(EngineException.class, engine::state);
    try {
      accelerator.close();
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
    ImageSet images = RandomImages.of(CudaAccelerator.MAX_BATCH + 1, 1, 1, 0.4, SEED);
    var shape = new VaeShape(1, List.of(1), 1);
    try (var accelerator = standard()) {
      assertThrows(
          InputException.class, () -> accelerator.trainee(shape, settings(images.size()), images));
    }
  }

  @Test
  void saysWhatItIs() {
    try (var accelerator = standard()) {
      assertEquals("cuda", accelerator.info().engine());
      assertEquals("float32", accelerator.info().precision());
      assertTrue(accelerator.info().library().contains("cuBLAS "), accelerator.info().library());
    }
  }
}
