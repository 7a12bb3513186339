// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.cpu.RandomImages;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.KlTerm;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import io.github.cvaegpu.random.GaussianNoise;
import io.github.cvaegpu.random.RandomPurpose;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What every engine's accelerators are held to, with models of any kind on them. */
abstract class AcceleratorContract {
  protected static final double FLOAT_TOLERANCE = 1e-5;
  protected static final long SEED = 42;
  protected static final double LEARNING_RATE = 1e-4;

  static final VaeShape SMALL = new VaeShape(35, List.of(11, 6), 2);

  /**
   * An accelerator of the engine.
   *
   * @param stepsAhead most steps that a trainee may have under way when it is told of one's losses
   */
  protected abstract Accelerator create(int stepsAhead);

  static ImageSet images(int count) {
    return RandomImages.of(count, 5, 7, 0.4, SEED);
  }

  protected static float[] weights(VaeShape shape, long seed) {
    return InitialWeights.draw(new ParameterLayout(shape), seed);
  }

  /** Latent points for tests. */
  static float[] points(int count, int latent) {
    float[] z = new float[count * latent];
    for (int i = 0; i < count; i++) {
      GaussianNoise.row(SEED, RandomPurpose.EVALUATION_NOISE, 0, i, z, i * latent, latent);
    }
    return z;
  }

  // ---- several at a time -----------------------------------------------------------------------

  /** Two models and a trainee of several shapes, in turn: each as if it were alone. */
  @Test
  void modelsSideBySideDoNotKnowOfEachOther() {
    var other = new VaeShape(35, List.of(20), 3);
    ImageSet images = images(30);
    var settings = settings(4);
    BatchOrder order = BatchOrder.shuffled(SEED, 0, 30, 4);
    TrainingState initial = TrainingState.initial(weights(SMALL, 3));
    float[] first = decoded(SMALL, weights(SMALL, 1));
    float[] second = decoded(other, weights(other, 2));
    TrainingState trained;
    try (Accelerator accelerator = create(8);
        Trainee alone = accelerator.trainee(SMALL, settings, images)) {
      alone.restore(initial);
      alone.trainEpoch(order, new ConstantRule(1).start(), (step, rl, kl, beta) -> true);
      trained = alone.state();
    }
    try (Accelerator accelerator = create(8);
        VaeModel model = accelerator.model(SMALL, Objective.study(), weights(SMALL, 1));
        Trainee trainee = accelerator.trainee(SMALL, settings, images);
        Trainee sameImages = accelerator.trainee(other, settings, images);
        VaeModel another = accelerator.model(other, Objective.study(), weights(other, 2))) {
      trainee.restore(initial);
      sameImages.restore(TrainingState.initial(weights(other, 4)));
      for (int batch = 0; batch < order.batches(); ) {
        batch +=
            trainee.trainEpoch(
                order.from(batch), new ConstantRule(1).start(), (step, rl, kl, beta) -> false);
        sameImages.trainEpoch(order, new ConstantRule(1).start(), (step, rl, kl, beta) -> true);
        assertArrayEquals(first, decoded(model));
        assertArrayEquals(second, decoded(another));
      }
      assertSameBits(trained, trainee.state());
    }
  }

  private float[] decoded(VaeShape shape, float[] parameters) {
    try (Accelerator accelerator = create(8);
        VaeModel model = accelerator.model(shape, Objective.study(), parameters)) {
      return decoded(model);
    }
  }

  private static float[] decoded(VaeModel model) {
    float[] mean = new float[9 * 35];
    model.decode(points(9, model.shape().latent()), 9, mean);
    return mean;
  }

  /** A trainee decodes with what it has been trained to. */
  @Test
  void aTraineeIsAModelOfItsParameters() {
    ImageSet images = images(30);
    try (Accelerator accelerator = create(8);
        Trainee trainee =
            accelerator.trainee(
                SMALL, new TrainingSettings(Objective.study(), SEED, 4, 1e-2), images)) {
      trainee.restore(TrainingState.initial(weights(SMALL, 3)));
      float[] before = decoded(trainee);
      trainee.trainEpoch(
          BatchOrder.shuffled(SEED, 0, 30, 4),
          new ConstantRule(1).start(),
          (step, rl, kl, beta) -> true);
      float[] after = decoded(trainee);
      assertArrayEquals(decoded(SMALL, trainee.state().parameters()), after);
      assertTrue(!Arrays.equals(before, after));
    }
  }

  /** One thread decodes all the time, while two others make trainees, train and close them. */
  @Test
  void modelsMayBeUsedOnSeveralThreads() throws InterruptedException {
    int runs = 4;
    ImageSet images = images(30);
    float[] expected = decoded(SMALL, weights(SMALL, 1));
    List<TrainingState> states = Collections.synchronizedList(new ArrayList<>());
    List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    var trained = new CountDownLatch(2);
    try (Accelerator accelerator = create(8);
        VaeModel model = accelerator.model(SMALL, Objective.study(), weights(SMALL, 1))) {
      Runnable training =
          () -> {
            try {
              for (int run = 0; run < runs; run++) {
                states.add(trained(accelerator, images));
              }
            } finally {
              trained.countDown();
            }
          };
      Runnable decoding =
          () -> {
            do {
              assertArrayEquals(expected, decoded(model));
            } while (trained.getCount() > 0);
          };
      List<Thread> threads =
          List.of(new Thread(training), new Thread(training), new Thread(decoding));
      threads.forEach(thread -> thread.setUncaughtExceptionHandler((t, e) -> failures.add(e)));
      threads.forEach(Thread::start);
      for (Thread thread : threads) {
        thread.join();
      }
    }
    assertEquals(List.of(), failures);
    assertEquals(2 * runs, states.size());
    assertEquals(16, states.getFirst().step());
    states.forEach(state -> assertSameBits(states.getFirst(), state));
  }

  /** Two epochs of a new trainee. */
  private static TrainingState trained(Accelerator accelerator, ImageSet images) {
    try (Trainee trainee = accelerator.trainee(SMALL, settings(4), images)) {
      trainee.restore(TrainingState.initial(weights(SMALL, 3)));
      for (int epoch = 0; epoch < 2; epoch++) {
        trainee.trainEpoch(
            BatchOrder.shuffled(SEED, epoch, 30, 4),
            new ConstantRule(1).start(),
            (step, rl, kl, beta) -> true);
      }
      return trainee.state();
    }
  }

  // ---- the end ---------------------------------------------------------------------------------

  /** Closed in any order, twice, and the accelerator before what is left. */
  @Test
  void closesInAnyOrder() {
    ImageSet images = images(8);
    var settings = settings(4);
    for (int seed = 0; seed < 4; seed++) {
      Accelerator accelerator = create(8);
      List<VaeModel> models =
          new ArrayList<>(
              List.of(
                  accelerator.model(SMALL, Objective.study(), weights(SMALL, 1)),
                  accelerator.trainee(SMALL, settings, images),
                  accelerator.model(SMALL, Objective.study(), weights(SMALL, 2)),
                  accelerator.trainee(SMALL, settings, images)));
      Collections.shuffle(models, new Random(seed));
      VaeModel last = models.removeLast();
      VaeModel before = models.removeLast();
      for (VaeModel model : models) {
        model.close();
        model.close();
        assertThrows(IllegalStateException.class, () -> decoded(model));
        decoded(last);
      }
      decoded(before);
      accelerator.close();
      assertThrows(IllegalStateException.class, () -> decoded(last));
      last.close();
      before.close();
      accelerator.close();
      assertThrows(
          IllegalStateException.class,
          () -> accelerator.model(SMALL, Objective.study(), weights(SMALL, 1)));
    }
  }

  /** Whoever opened it need not be who closes it, with models and without. */
  @Test
  void closesOnAnotherThread() throws InterruptedException {
    for (int count = 0; count < 2; count++) {
      Accelerator accelerator = create(8);
      for (int i = 0; i < count; i++) {
        accelerator.trainee(SMALL, settings(4), images(8));
      }
      List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
      var thread = new Thread(accelerator::close);
      thread.setUncaughtExceptionHandler((t, e) -> failures.add(e));
      thread.start();
      thread.join();
      assertEquals(List.of(), failures);
      accelerator.close();
    }
  }

  @Test
  void aClosedTraineeTrainsNoMore() {
    ImageSet images = images(8);
    try (Accelerator accelerator = create(8)) {
      Trainee trainee = accelerator.trainee(SMALL, settings(4), images);
      trainee.close();
      assertThrows(IllegalStateException.class, trainee::state);
      assertThrows(IllegalStateException.class, () -> trainee.replaceImages(images));
      assertThrows(
          IllegalStateException.class,
          () -> trainee.restore(TrainingState.initial(weights(SMALL, 1))));
      assertThrows(
          IllegalStateException.class,
          () ->
              trainee.trainEpoch(
                  BatchOrder.shuffled(SEED, 0, 8, 4),
                  new ConstantRule(1).start(),
                  (step, rl, kl, beta) -> true));
    }
  }

  // ---- what tests share ------------------------------------------------------------------------

  protected static TrainingSettings settings(int batch) {
    return settings(batch, KlTerm.weighted());
  }

  protected static TrainingSettings settings(int batch, KlTerm term) {
    return new TrainingSettings(Objective.study(), term, SEED, batch, LEARNING_RATE);
  }

  /** Demands that all of a state be the same. */
  protected static void assertSameBits(TrainingState expected, TrainingState actual) {
    assertArrayEquals(expected.parameters(), actual.parameters());
    assertArrayEquals(expected.firstMoment(), actual.firstMoment());
    assertArrayEquals(expected.secondMoment(), actual.secondMoment());
    assertEquals(expected.last(), actual.last());
  }

  /** Of a loss: relative, but for one near 0. */
  protected static void assertRelative(String what, double expected, float actual) {
    assertEquals(expected, actual, FLOAT_TOLERANCE * Math.max(1e-2, Math.abs(expected)), what);
  }
}
