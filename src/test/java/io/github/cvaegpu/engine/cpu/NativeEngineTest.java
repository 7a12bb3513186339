// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.Binarization;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.foreign.CpuLibraries;
import io.github.cvaegpu.foreign.CpuLibrary;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.Targets;
import io.github.cvaegpu.model.VaeShape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The CPU engine with the step of native/cpu. */
class NativeEngineTest extends CpuEngineContract {
  private static CpuLibrary library() {
    CpuLibraries.Found found = CpuLibraries.get();
    assumeTrue(found.library().isPresent(), found.problem());
    return found.library().get();
  }

  @Override
  CpuAccelerator engine(int threads) {
    return new CpuAccelerator(threads, library());
  }

  @Override
  protected float[] gradients(Trainee trainee) {
    return ((NativeTrainee) trainee).gradients();
  }

  /** A struct of likelihood.h for each, by the name that kernels have too. */
  @ParameterizedTest
  @EnumSource(Likelihood.class)
  void hasEveryLikelihood(Likelihood likelihood) {
    assertTrue(library().likelihood(likelihood.text()).isPresent());
    assertTrue(library().likelihood(likelihood.text() + "s").isEmpty());
  }

  /** The bytes of the images are there once more, and no longer than somebody trains on them. */
  @Test
  void traineesShareTheirImages() {
    var shape = new VaeShape(35, List.of(11), 2);
    ImageSet images = RandomImages.of(8, 5, 7, 0.2, SEED);
    ImageSet others = RandomImages.of(8, 5, 7, 0.2, SEED);
    var drawn = new Objective(Likelihood.BERNOULLI, Targets.BINARIZED);
    try (var accelerator = engine(1)) {
      Trainee one = accelerator.trainee(shape, settings(4), images);
      Trainee two = accelerator.trainee(shape, settings(8), images);
      assertEquals(1, accelerator.pixels().count());
      Trainee three = accelerator.trainee(shape, settings(4), others);
      assertEquals(2, accelerator.pixels().count());
      accelerator
          .trainee(
              shape,
              new TrainingSettings(drawn, SEED, 4, LEARNING_RATE),
              Binarization.standard(images))
          .close();
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
  void tellsTheTimeOfEveryPhase() {
    ImageSet images = RandomImages.of(8, 5, 7, 0.2, SEED);
    try (var accelerator = engine(1);
        var trainee =
            (NativeTrainee)
                accelerator.trainee(new VaeShape(35, List.of(11), 2), settings(8), images)) {
      assertEquals(StepPhase.values().length, trainee.phaseTimes().length);
    }
  }

  @Test
  void saysWhatItIs() {
    var shape = new VaeShape(35, List.of(11), 2);
    float[] parameters = InitialWeights.draw(new ParameterLayout(shape), SEED);
    try (Accelerator accelerator = engine(3);
        VaeModel model = accelerator.model(shape, Objective.study(), parameters)) {
      EngineInfo info = model.info();
      assertEquals("cpu", info.engine());
      assertEquals(3, info.threads());
      assertEquals("native step", info.library());
      assertEquals(library().isa(), info.tuning());
    }
  }
}
