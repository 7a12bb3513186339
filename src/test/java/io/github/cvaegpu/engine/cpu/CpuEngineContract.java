// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.cvaegpu.control.PiController;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.LikelihoodContract;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the CPU engine's threads do, in whatever its step is: above what every engine does. */
abstract class CpuEngineContract extends LikelihoodContract {
  /** The engine with so many threads. */
  abstract CpuAccelerator engine(int threads);

  @Override
  protected final Accelerator create(int stepsAhead) {
    return engine(2);
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
      try (var trainee = engine(threads).trainee(shape, settings(128), images)) {
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

  @ParameterizedTest
  @MethodSource("varied")
  void anyNumberOfThreadsGivesIdenticalBitsWithATerm(Varied varied) {
    List<Reported> expectedSteps = new ArrayList<>();
    TrainingState expected;
    try (var accelerator = engine(1)) {
      expected = twoEpochs(accelerator, varied, expectedSteps);
    }
    for (int threads = 2; threads <= 9; threads++) {
      List<Reported> steps = new ArrayList<>();
      try (var accelerator = engine(threads)) {
        assertSameBits(expected, twoEpochs(accelerator, varied, steps));
      }
      assertEquals(expectedSteps, steps, threads + " threads");
    }
  }

  @Test
  void aLossThatIsNotFiniteEndsTheEpochOnAnyNumberOfThreads() {
    for (int threads : new int[] {1, 3}) {
      try (var accelerator = engine(threads)) {
        assertEndsWhereALossIsNotFinite(accelerator, 1);
      }
    }
  }

  @Test
  void aFailureOfTheSinkEndsAllThreads() {
    try (var accelerator = engine(4)) {
      assertSurvivesTheSink(accelerator);
    }
  }

  @Test
  void refusesThreadsThatShareNoStep() {
    for (int threads : new int[] {0, CpuAccelerator.MAX_THREADS + 1}) {
      assertThrows(IllegalArgumentException.class, () -> engine(threads));
    }
  }
}
