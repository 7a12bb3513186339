// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.ReferenceVae;
import io.github.cvaegpu.engine.RelativeNorm;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.foreign.CpuLibraries;
import io.github.cvaegpu.foreign.CpuLibrary;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The step of native/cpu, and the one in Java, against double precision, at random odd sizes.
 *
 * <p>native/cpu/test has each phase alone, from the same inputs. Here the step is checked from its
 * parameters to its update, with the numbers that Java hands over.
 */
class NativeStepTest {
  private static final int STEPS = 3;

  /** As EngineContract's: of a step from the same parameters, and of those after it. */
  private static final double TOLERANCE = 1e-5;

  private static final double LATER = 20 * TOLERANCE;

  /** Of model.h. */
  private static final int X = 0;

  private static final int HEADS = 2;
  private static final int NOISE = 3;
  private static final int Z = 4;
  private static final int OUTPUT = 6;

  private static CpuLibrary library;

  @BeforeAll
  static void load() {
    CpuLibraries.Found found = CpuLibraries.get();
    assumeTrue(found.library().isPresent(), found.problem());
    library = found.library().get();
  }

  static IntStream seeds() {
    return IntStream.range(0, Integer.getInteger("cvaegpu.fuzz.count", 40));
  }

  /** A random network, its images, and how it is trained. */
  private record Drawn(
      VaeShape shape, ImageSet images, int batch, int threads, double beta, TrainingSettings how) {
    static Drawn of(int seed) {
      var random = new SplittableRandom(seed);
      int height = random.nextInt(1, 15);
      int width = random.nextInt(1, 15);
      List<Integer> hidden = new ArrayList<>();
      for (int i = random.nextInt(1, 4); i > 0; i--) {
        hidden.add(random.nextInt(1, 71));
      }
      var shape = new VaeShape(height * width, hidden, random.nextInt(1, 21));
      int batch = random.nextInt(1, 131);
      double density = random.nextBoolean() ? 0.2 : 0.9;
      // The last batch is a smaller one.
      int images = (STEPS - 1) * batch + random.nextInt(1, batch + 1);
      return new Drawn(
          shape,
          RandomImages.of(images, height, width, density, seed),
          batch,
          random.nextInt(1, 5),
          random.nextDouble(2),
          new TrainingSettings(Objective.study(), random.nextLong(), batch, 1e-4));
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void itAndTheStepInJavaAgreeWithDoublePrecision(int seed) {
    Drawn drawn = Drawn.of(seed);
    var layout = new ParameterLayout(drawn.shape);
    BatchOrder order = BatchOrder.shuffled(drawn.how.seed(), 0, drawn.images.size(), drawn.batch);
    float[] initial = InitialWeights.draw(layout, seed);
    double[] parameters = ReferenceVae.toDouble(initial);
    var reference = new ReferenceVae(drawn.shape);
    var adam = new ReferenceVae.Adam(drawn.how.learningRate().at(0), layout.size());
    try (var engine = new CpuAccelerator(drawn.threads, library);
        var javaEngine = CpuAccelerator.inJava(2);
        Trainee trainee = engine.trainee(drawn.shape, drawn.how, drawn.images);
        Trainee inJava = javaEngine.trainee(drawn.shape, drawn.how, drawn.images)) {
      var tested = (NativeTrainee) trainee;
      trainee.restore(TrainingState.initial(initial));
      inJava.restore(TrainingState.initial(initial));
      for (int step = 0; step < order.batches(); step++) {
        int rows = order.size(step);
        double[][] noise = ReferenceVae.noise(drawn.how.seed(), step, rows, drawn.shape.latent());
        ReferenceVae.Step expected =
            reference.step(
                parameters,
                ReferenceVae.pixels(drawn.images, order, step),
                noise,
                (float) drawn.beta);
        adam.update(parameters, expected.gradients());
        float[] losses = oneStep(trainee, order.from(step), drawn.beta);
        float[] javasLosses = oneStep(inJava, order.from(step), drawn.beta);

        double tolerance = step == 0 ? TOLERANCE : LATER;
        String after = " of step " + step;
        double[] both = {expected.reconstructionLoss(), expected.klDivergence()};
        assertNear("losses" + after, both, losses, tolerance);
        assertNear("losses of Java" + after, both, javasLosses, tolerance);
        assertActivations(tested, drawn, order, step, noise, expected, tolerance);
        RelativeNorm.assertNear(
            "gradient" + after, layout, expected.gradients(), tested.gradients(), tolerance);
        assertStates(layout, adam, parameters, trainee.state(), after, tolerance);
        assertStates(layout, adam, parameters, inJava.state(), after + " in Java", tolerance);
      }
      assertTrue(library.isIntact(tested.model()));
    }
  }

  private static void assertStates(
      ParameterLayout layout,
      ReferenceVae.Adam adam,
      double[] parameters,
      TrainingState state,
      String after,
      double tolerance) {
    RelativeNorm.assertNear(
        "parameters" + after, layout, parameters, state.parameters(), tolerance);
    RelativeNorm.assertNear(
        "first moment" + after, layout, adam.firstMoment(), state.firstMoment(), tolerance);
    RelativeNorm.assertNear(
        "second moment" + after, layout, adam.secondMoment(), state.secondMoment(), tolerance);
  }

  private static void assertActivations(
      NativeTrainee tested,
      Drawn drawn,
      BatchOrder order,
      int step,
      double[][] noise,
      ReferenceVae.Step expected,
      double tolerance) {
    int rows = order.size(step);
    int inputs = drawn.shape.inputs();
    int latent = drawn.shape.latent();
    String after = " of step " + step;
    double[][] x = ReferenceVae.pixels(drawn.images, order, step);
    assertNear("x" + after, flat(x), matrix(tested, X, rows, inputs), 1e-7);
    assertNear("noise" + after, flat(noise), matrix(tested, NOISE, rows, latent), 1e-6);
    assertNear("z" + after, flat(expected.z()), matrix(tested, Z, rows, latent), tolerance);
    double[][] heads = new double[rows][];
    double[][] output = new double[rows][inputs];
    for (int r = 0; r < rows; r++) {
      heads[r] = Arrays.copyOf(expected.mean()[r], 2 * latent);
      System.arraycopy(expected.logVariance()[r], 0, heads[r], latent, latent);
      for (int p = 0; p < inputs; p++) {
        output[r][p] = 1 / (1 + Math.exp(-expected.logits()[r][p])) - x[r][p];
      }
    }
    assertNear("heads" + after, flat(heads), matrix(tested, HEADS, rows, 2 * latent), tolerance);
    assertNear("output" + after, flat(output), matrix(tested, OUTPUT, rows, inputs), tolerance);
  }

  private static float[] matrix(NativeTrainee tested, int which, int rows, int features) {
    return library.matrix(tested.model(), which, 0, rows, features);
  }

  private static double[] flat(double[][] rows) {
    return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
  }

  private static void assertNear(String what, double[] expected, float[] actual, double tolerance) {
    RelativeNorm.assertNear(what, expected, ReferenceVae.toDouble(actual), tolerance);
  }

  /** Reconstruction loss and KL divergence. */
  private static float[] oneStep(Trainee trainee, BatchOrder order, double beta) {
    float[] losses = new float[2];
    int steps =
        trainee.trainEpoch(
            order,
            new ConstantRule(beta).start(),
            (step, rl, kl, b) -> {
              losses[0] = rl;
              losses[1] = kl;
              return false;
            });
    assertEquals(1, steps);
    return losses;
  }
}
