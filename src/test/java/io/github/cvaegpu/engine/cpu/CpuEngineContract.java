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
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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

  /** Runs with a thread each, at the same time, of the same images and of others. */
  @Test
  void sideBySideEachHasTheBitsThatItHasAlone() throws Exception {
    ImageSet images = RandomImages.of(30, 5, 7, 0.4, SEED);
    ImageSet others = RandomImages.of(30, 5, 7, 0.4, SEED + 1);
    List<Callable<TrainingState>> work = new ArrayList<>();
    List<TrainingState> expected = new ArrayList<>();
    try (var accelerator = engine(1);
        ExecutorService threads = Executors.newFixedThreadPool(5)) {
      var all = new CyclicBarrier(5);
      for (int seed = 0; seed < 5; seed++) {
        int number = seed;
        ImageSet trained = seed == 3 ? others : images;
        var shape = new VaeShape(35, List.of(11 + seed), 2);
        try (var alone = engine(1)) {
          expected.add(epochs(alone, shape, trained, number, null));
        }
        work.add(() -> epochs(accelerator, shape, trained, number, all));
      }
      List<Future<TrainingState>> states = threads.invokeAll(work);
      for (int seed = 0; seed < 5; seed++) {
        assertSameBits(expected.get(seed), states.get(seed).get());
      }
    }
  }

  private static TrainingState epochs(
      CpuAccelerator accelerator, VaeShape shape, ImageSet images, long seed, CyclicBarrier all)
      throws Exception {
    var settings = new TrainingSettings(Objective.study(), seed, 4, 1e-3);
    try (var trainee = accelerator.trainee(shape, settings, images)) {
      trainee.restore(settings.initialState(shape));
      if (all != null) {
        all.await();
      }
      for (int epoch = 0; epoch < 20; epoch++) {
        trainee.trainEpoch(
            BatchOrder.shuffled(seed, epoch, images.size(), 4),
            new PiController(PiRule.defaults()),
            (step, rl, kl, beta) -> true);
      }
      return trainee.state();
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
