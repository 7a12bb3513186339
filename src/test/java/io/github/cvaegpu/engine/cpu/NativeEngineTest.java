// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.control.PiController;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.EngineContract;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.foreign.CpuLibraries;
import io.github.cvaegpu.foreign.CpuLibrary;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The CPU engine with the step of native/cpu: what every engine does, and what its threads do. */
class NativeEngineTest extends EngineContract {
  private static CpuLibrary library() {
    CpuLibraries.Found found = CpuLibraries.get();
    assumeTrue(found.library().isPresent(), found.problem());
    return found.library().get();
  }

  @Override
  protected Accelerator create(int stepsAhead) {
    return new CpuAccelerator(2, library());
  }

  @Override
  protected float[] gradients(Trainee trainee) {
    return ((NativeTrainee) trainee).gradients();
  }

  @Test
  void anyNumberOfThreadsGivesIdenticalBits() {
    VaeShape shape = VaeShape.study();
    // Two whole batches and one of 88.
    ImageSet images = RandomImages.of(344, 28, 28, 0.2, SEED);
    TrainingState expected = null;
    List<Reported> expectedSteps = null;
    float[] expectedMeans = null;
    for (int threads = 1; threads <= 9; threads++) {
      List<Reported> steps = new ArrayList<>();
      try (var trainee =
          new CpuAccelerator(threads, library()).trainee(shape, settings(128), images)) {
        trainee.restore(
            TrainingState.initial(InitialWeights.draw(new ParameterLayout(shape), SEED)));
        trainee.trainEpoch(
            BatchOrder.shuffled(SEED, 0, images.size(), 128),
            new PiController(PiRule.defaults()),
            collect(steps));
        TrainingState state = trainee.state();
        float[] means = new float[300 * 784];
        trainee.decode(new float[600], 300, means);
        if (expected == null) {
          expected = state;
          expectedSteps = steps;
          expectedMeans = means;
        }
        assertArrayEquals(expected.parameters(), state.parameters(), threads + " threads");
        assertArrayEquals(expected.firstMoment(), state.firstMoment());
        assertArrayEquals(expected.secondMoment(), state.secondMoment());
        assertEquals(expectedSteps, steps);
        assertArrayEquals(expectedMeans, means);
      }
    }
    assertEquals(3, expectedSteps.size());
  }

  @Test
  void aLossThatIsNotFiniteEndsTheEpochOnAnyNumberOfThreads() {
    for (int threads : new int[] {1, 3}) {
      try (var accelerator = new CpuAccelerator(threads, library())) {
        assertEndsWhereALossIsNotFinite(accelerator, 1);
      }
    }
  }

  @Test
  void aFailureOfTheSinkEndsAllThreads() {
    try (var accelerator = new CpuAccelerator(4, library())) {
      assertSurvivesTheSink(accelerator);
    }
  }

  /** A struct of likelihood.h for each, by the name that kernels have too. */
  @ParameterizedTest
  @EnumSource(Likelihood.class)
  void hasEveryLikelihood(Likelihood likelihood) {
    assertTrue(library().likelihood(likelihood.text()).isPresent());
    assertTrue(library().likelihood(likelihood.text() + "s").isEmpty());
  }

  @Test
  void tellsTheTimeOfEveryPhase() {
    ImageSet images = RandomImages.of(8, 5, 7, 0.2, SEED);
    try (var accelerator = new CpuAccelerator(1, library());
        var trainee =
            (NativeTrainee)
                accelerator.trainee(new VaeShape(35, List.of(11), 2), settings(8), images)) {
      assertEquals(StepPhase.values().length, trainee.phaseTimes().length);
    }
  }

  @Test
  void refusesThreadsThatShareNoStep() {
    for (int threads : new int[] {0, CpuAccelerator.MAX_THREADS + 1}) {
      assertThrows(IllegalArgumentException.class, () -> new CpuAccelerator(threads, library()));
    }
  }

  @Test
  void saysWhatItIs() {
    var shape = new VaeShape(35, List.of(11), 2);
    float[] parameters = InitialWeights.draw(new ParameterLayout(shape), SEED);
    try (Accelerator accelerator = new CpuAccelerator(3, library());
        VaeModel model = accelerator.model(shape, Objective.study(), parameters)) {
      EngineInfo info = model.info();
      assertEquals("cpu", info.engine());
      assertEquals(3, info.threads());
      assertEquals("native step", info.library());
      assertEquals(library().isa(), info.tuning());
    }
  }
}
