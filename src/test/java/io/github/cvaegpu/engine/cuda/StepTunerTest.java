// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.engine.cpu.RandomImages;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.KlTerm;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Which step is taken, how it is cut, and what is said of both. */
@ExtendWith(OnGpu.class)
class StepTunerTest {
  private static final long SEED = 5;

  private static CudaAccelerator accelerator(StepKind kind, Tune tune) {
    return new CudaAccelerator(Precision.FLOAT32, kind, tune);
  }

  private static TrainingSettings settings(int batch) {
    return new TrainingSettings(Objective.study(), SEED, batch, 1e-3);
  }

  /** What is timed runs on the trainee's own memory, and leaves nothing there. */
  @ParameterizedTest
  @EnumSource(
      value = StepKind.class,
      names = {"FUSED", "CUBLAS"})
  void timingChangesNoBits(StepKind kind) {
    var shape = new VaeShape(35, List.of(21, 9), 2);
    // So many that sixteen steps go into one launch, if that is chosen.
    ImageSet images = RandomImages.of(4 * 16 + 3, 5, 7, 0.4, SEED);
    TrainingState expected = trained(kind, Tune.OFF, "not timed", shape, images);
    assertSame(expected, trained(kind, Tune.FORCE, "timed now", shape, images));
    // An emulator's times are no reason; a GPU's are kept from the line before.
    String origin = OnGpu.isReal() ? "timed before" : "not timed";
    assertSame(expected, trained(kind, Tune.ON, origin, shape, images));
  }

  private static void assertSame(TrainingState expected, TrainingState actual) {
    assertArrayEquals(expected.parameters(), actual.parameters());
    assertArrayEquals(expected.firstMoment(), actual.firstMoment());
    assertArrayEquals(expected.secondMoment(), actual.secondMoment());
    assertEquals(expected.last(), actual.last());
  }

  private static TrainingState trained(
      StepKind kind, Tune tune, String origin, VaeShape shape, ImageSet images) {
    try (var accelerator = accelerator(kind, tune);
        var trainee = accelerator.trainee(shape, settings(4), images)) {
      String tuning = trainee.info().tuning();
      assertTrue(tuning.endsWith("a launch (" + origin + ")"), tuning);
      assertTrue(
          Pattern.matches(kind == StepKind.FUSED ? "first \\d+x.*" : "branches [13], .*", tuning),
          tuning);
      trainee.restore(TrainingState.initial(InitialWeights.draw(new ParameterLayout(shape), SEED)));
      BatchOrder order = BatchOrder.shuffled(SEED, 0, images.size(), 4);
      assertEquals(
          17, trainee.trainEpoch(order, new ConstantRule(1).start(), (s, rl, kl, beta) -> true));
      return trainee.state();
    }
  }

  /** A step that went on beyond the epoch's order would read what is not there. */
  @Test
  void nothingIsTimedThatHasNoBatches() {
    var shape = new VaeShape(35, List.of(9), 2);
    ImageSet images = RandomImages.of(7 * 4, 5, 7, 0.4, SEED);
    try (var accelerator = accelerator(StepKind.FUSED, Tune.FORCE);
        var trainee = accelerator.trainee(shape, settings(4), images)) {
      assertTrue(
          trainee.info().tuning().endsWith("(too few batches to time)"), trainee.info().tuning());
    }
  }

  @Test
  void theStudysStepHasSixNodes() {
    ImageSet images = RandomImages.of(128, 28, 28, 0.2, SEED);
    try (var accelerator = accelerator(StepKind.AUTO, Tune.OFF);
        var trainee = accelerator.trainee(VaeShape.study(), settings(128), images)) {
      assertEquals(6, trainee.nodes());
      assertEquals(1, trainee.graphBranches());
      assertTrue(trainee.info().library().startsWith("fused step, "), trainee.info().library());
    }
  }

  @ParameterizedTest(name = "{0} with batches of {2}: {3}")
  @CsvSource(
      delimiter = '|',
      value = {
        "20 | 2 | 1025 | batches of more than 1024 images",
        "2,2,2,2,2,2,2,2,2 | 2 | 4 | more than 8 hidden layers",
        "600,600 | 2 | 4 | more than 524288 weights between the first layer and the last",
        "30000 | 2 | 4 | layers too wide for this GPU's shared memory",
      })
  void whatDoesNotFitGoesToCublasOrIsRefused(
      String hidden, int latent, int batch, String obstacle) {
    var shape =
        new VaeShape(
            35, Pattern.compile(",").splitAsStream(hidden).map(Integer::valueOf).toList(), latent);
    ImageSet images = RandomImages.of(batch, 5, 7, 0.4, SEED);
    assertGoesToCublasOrIsRefused(shape, settings(batch), images, obstacle);
  }

  /** The fused step has its weights before it has the batch's KL divergence. */
  @Test
  void aKlTermOfTheBatchGoesToCublasOrIsRefused() {
    String obstacle = "a KL term that weighs KL by the batch at hand";
    var shape = new VaeShape(35, List.of(9), 2);
    ImageSet images = RandomImages.of(4, 5, 7, 0.4, SEED);
    for (KlTerm term : List.of(new KlTerm.Distance(1), new KlTerm.FreeBits(0.1))) {
      var settings = new TrainingSettings(Objective.study(), term, SEED, 4, 1e-3);
      assertGoesToCublasOrIsRefused(shape, settings, images, obstacle);
    }
  }

  @Test
  void tanhGoesToCublasOrIsRefused() {
    String obstacle = "hidden layers with tanh";
    var shape = new VaeShape(35, List.of(9), 2, Activation.TANH);
    ImageSet images = RandomImages.of(4, 5, 7, 0.4, SEED);
    assertGoesToCublasOrIsRefused(shape, settings(4), images, obstacle);
  }

  /** The fused step's kernels are of the Bernoulli alone, grey or drawn in black and white. */
  @Test
  void anotherLikelihoodGoesToCublasOrIsRefused() {
    var shape = new VaeShape(35, List.of(9), 2);
    ImageSet images = RandomImages.of(4, 5, 7, 0.4, SEED);
    List<Objective> all = new ArrayList<>(Objective.ALL);
    all.add(Objective.gaussian(Sigma.LEARNED));
    for (Objective objective : all) {
      var settings = new TrainingSettings(objective, SEED, 4, 1e-3);
      if (objective.likelihood() != Likelihood.BERNOULLI) {
        assertGoesToCublasOrIsRefused(
            shape, settings, images, "the likelihood " + objective.name());
        continue;
      }
      try (var accelerator = accelerator(StepKind.AUTO, Tune.OFF);
          var trainee = accelerator.trainee(shape, settings, images)) {
        assertTrue(
            trainee.info().library().startsWith("fused step, "),
            objective.title() + ": " + trainee.info().library());
      }
    }
  }

  private static void assertGoesToCublasOrIsRefused(
      VaeShape shape, TrainingSettings settings, ImageSet images, String obstacle) {
    try (var accelerator = accelerator(StepKind.AUTO, Tune.OFF);
        var trainee = accelerator.trainee(shape, settings, images)) {
      assertTrue(
          trainee.info().library().startsWith("cuBLAS step: " + obstacle + ", "),
          trainee.info().library());
    }
    try (var accelerator = accelerator(StepKind.FUSED, Tune.OFF)) {
      var refused =
          assertThrows(InputException.class, () -> accelerator.trainee(shape, settings, images));
      assertEquals(
          "The fused step is not for %s; take --step auto or cublas.".formatted(obstacle),
          refused.getMessage());
    }
  }

  @Test
  void tf32GoesToCublas() {
    ImageSet images = RandomImages.of(4, 5, 7, 0.4, SEED);
    try (var accelerator = new CudaAccelerator(Precision.TF32, StepKind.AUTO, Tune.OFF);
        var trainee = accelerator.trainee(new VaeShape(35, List.of(9), 2), settings(4), images)) {
      assertTrue(
          trainee.info().library().startsWith("cuBLAS step: products in tf32, "),
          trainee.info().library());
    }
  }
}
