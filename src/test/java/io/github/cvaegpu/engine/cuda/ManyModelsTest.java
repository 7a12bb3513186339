// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.HoldRule;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.Binarization;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.emulator.Emulator;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.DeviceLostException;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.engine.cpu.RandomImages;
import io.github.cvaegpu.foreign.NativeHeap;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.Targets;
import io.github.cvaegpu.model.VaeShape;
import io.github.cvaegpu.train.CheckpointInterval;
import io.github.cvaegpu.train.EpochReport;
import io.github.cvaegpu.train.NamedPlan;
import io.github.cvaegpu.train.Plans;
import io.github.cvaegpu.train.Provenance;
import io.github.cvaegpu.train.QueueListener;
import io.github.cvaegpu.train.QueueListener.Position;
import io.github.cvaegpu.train.RunQueue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models that are trained at the same time on one accelerator: each as if it were alone. */
@ExtendWith(OnGpu.class)
@Timeout(600)
class ManyModelsTest {
  private static final long SEED = 11;
  private static final ImageSet IMAGES = RandomImages.of(9 * 8 + 5, 5, 7, 0.4, SEED);
  private static final ImageSet BLACK_AND_WHITE = Binarization.standard(IMAGES);
  private static final int INPUTS = 35;
  private static final int EPOCHS = 3;

  /** Threads that are told of a step at this moment, and how many there have been. */
  private final AtomicInteger told = new AtomicInteger();

  private final Set<Integer> seen = Collections.synchronizedSet(new HashSet<>());

  /** What a model is trained to, and by which kind of step. */
  private record Model(
      VaeShape shape, TrainingSettings settings, BetaRule rule, ImageSet images, String step) {}

  /** What came of it: of the log as a run's, a row for each step. */
  private record Trained(TrainingState state, List<String> rows) {}

  @AfterEach
  void plantNothing() {
    if (!OnGpu.isReal()) {
      Map.of("LOSE", "", "TAKEN_MB", "0", "DELAY_US", "0").forEach(Emulator::configure);
    }
  }

  private static Model model(
      List<Integer> hidden, int latent, int batch, long seed, BetaRule rule, String step) {
    return new Model(
        new VaeShape(INPUTS, hidden, latent),
        new TrainingSettings(Objective.study(), rule.klTerm(), seed, batch, 1e-3),
        rule,
        IMAGES,
        step);
  }

  /** Seeds, rules, sizes and steps of several kinds. */
  private static List<Model> models() {
    var drawn = new Objective(Likelihood.BERNOULLI, Targets.BINARIZED);
    return List.of(
        model(List.of(11), 2, 4, 1, new ConstantRule(1), "fused"),
        model(List.of(11), 2, 4, 2, new ConstantRule(0.1), "fused"),
        model(List.of(21, 9), 3, 8, 3, PiRule.defaults(), "fused"),
        model(List.of(21, 9), 20, 16, 4, new HoldRule(1.5, List.of()), "fused"),
        new Model(
            new VaeShape(INPUTS, List.of(13), 2, Activation.TANH),
            new TrainingSettings(Objective.study(), 5, 8, 1e-3),
            new HoldRule(0.5, List.of()),
            IMAGES,
            "cuBLAS"),
        new Model(
            new VaeShape(INPUTS, List.of(40), 17, Activation.TANH),
            new TrainingSettings(Objective.study(), 6, 4, 1e-3),
            PiRule.defaults(),
            IMAGES,
            "cuBLAS"),
        new Model(
            new VaeShape(INPUTS, List.of(7), 2),
            new TrainingSettings(drawn, 7, 4, 1e-3),
            new ConstantRule(1),
            BLACK_AND_WHITE,
            "fused"));
  }

  private static CudaAccelerator accelerator(int pollers) {
    return new CudaAccelerator(
        Precision.FLOAT32, CudaAccelerator.Options.standard(Map.of()).polledBy(pollers));
  }

  /**
   * Trains a model to its end.
   *
   * @param begun run when the model is made and before it is trained
   */
  private Trained train(Accelerator accelerator, Model model, Runnable begun) {
    List<String> rows = new ArrayList<>();
    try (Trainee trainee = accelerator.trainee(model.shape(), model.settings(), model.images())) {
      String library = trainee.info().library();
      assertEquals(model.step().equals("fused"), library.startsWith("fused step"), library);
      trainee.restore(model.settings().initialState(model.shape()));
      var controller = model.rule().start();
      begun.run();
      for (int epoch = 0; epoch < EPOCHS; epoch++) {
        trainee.trainEpoch(
            BatchOrder.shuffled(
                model.settings().seed(),
                epoch,
                model.images().size(),
                model.settings().batchSize()),
            controller,
            (step, rl, kl, beta) -> {
              seen.add(told.incrementAndGet());
              rows.add(step + "," + rl + "," + kl + "," + beta);
              told.decrementAndGet();
              return true;
            });
      }
      return new Trained(trainee.state(), rows);
    }
  }

  private Trained alone(Model model) {
    try (var accelerator = accelerator(1)) {
      return train(accelerator, model, () -> {});
    }
  }

  private static void assertSame(Trained expected, Trained actual) {
    assertEquals(expected.rows(), actual.rows());
    assertArrayEquals(expected.state().parameters(), actual.state().parameters());
    assertArrayEquals(expected.state().firstMoment(), actual.state().firstMoment());
    assertArrayEquals(expected.state().secondMoment(), actual.state().secondMoment());
    assertEquals(expected.state().last(), actual.state().last());
  }

  private static <T> List<Future<T>> atOnce(List<Callable<T>> work) throws InterruptedException {
    try (ExecutorService threads = Executors.newFixedThreadPool(work.size())) {
      return threads.invokeAll(work);
    }
  }

  private static void meet(CyclicBarrier all) {
    try {
      all.await(300, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException("they were not there at the same time", e);
    }
  }

  /** With one thread that answers all of them, and with several. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void eachHasTheBitsThatItHasAlone(int pollers) throws Exception {
    List<Model> models = models();
    List<Trained> expected = models.stream().map(this::alone).toList();
    seen.clear();
    try (var accelerator = accelerator(pollers)) {
      var all = new CyclicBarrier(models.size());
      List<Callable<Trained>> work = new ArrayList<>();
      for (Model model : models) {
        work.add(
            () ->
                train(
                    accelerator,
                    model,
                    () -> {
                      meet(all);
                      // All of the same images share them; those that are drawn have their own.
                      assertEquals(1, accelerator.pixels().count());
                    }));
      }
      List<Future<Trained>> trained = atOnce(work);
      for (int i = 0; i < models.size(); i++) {
        assertSame(expected.get(i), trained.get(i).get());
      }
      assertEquals(0, accelerator.pixels().count());
    }
    assertTrue(Collections.max(seen) <= pollers, seen + " threads at a time");
  }

  /** One diverges, one is too large for the memory that is left, and one is sent away. */
  @Test
  void whatBecomesOfOneIsNoneOfTheOthersBusiness() throws Exception {
    assumeFalse(OnGpu.isReal(), "a real GPU has more memory than a test would like it to");
    List<Model> models = models();
    List<Trained> expected = models.stream().map(this::alone).toList();
    Model sound = models.get(2);
    var wild =
        new Model(
            sound.shape(),
            new TrainingSettings(Objective.study(), 8, 8, 1e30),
            new ConstantRule(1),
            IMAGES,
            "fused");
    Trained wildAlone = alone(wild);
    assertTrue(wildAlone.rows().getLast().contains("NaN"), wildAlone.rows().toString());
    var huge = new VaeShape(INPUTS, List.of(9000, 9000), 2);
    try (var accelerator = accelerator(1)) {
      var all = new CyclicBarrier(models.size() + 3);
      List<Callable<Trained>> work = new ArrayList<>();
      for (Model model : models) {
        work.add(() -> train(accelerator, model, () -> meet(all)));
      }
      work.add(() -> train(accelerator, wild, () -> meet(all)));
      work.add(
          () -> {
            meet(all);
            String message =
                assertThrows(
                        EngineException.class,
                        () -> accelerator.trainee(huge, sound.settings(), IMAGES))
                    .getMessage();
            assertTrue(message.contains("the GPU has too little free memory"), message);
            return null;
          });
      work.add(
          () -> {
            try (Trainee trainee = accelerator.trainee(sound.shape(), sound.settings(), IMAGES)) {
              trainee.restore(sound.settings().initialState(sound.shape()));
              meet(all);
              BatchOrder order = BatchOrder.shuffled(1, 0, IMAGES.size(), 8);
              assertThrows(
                  IllegalStateException.class,
                  () ->
                      trainee.trainEpoch(
                          order,
                          new ConstantRule(1).start(),
                          (step, rl, kl, beta) -> {
                            throw new IllegalStateException("disk full");
                          }));
            }
            return null;
          });
      // Three gigabytes and more for the large one's parameters, moments and gradients.
      Emulator.configure("TAKEN_MB", "2048");
      List<Future<Trained>> trained = atOnce(work);
      for (int i = 0; i < models.size(); i++) {
        assertSame(expected.get(i), trained.get(i).get());
      }
      assertSame(wildAlone, trained.get(models.size()).get());
      trained.get(models.size() + 1).get();
      trained.get(models.size() + 2).get();
    }
  }

  /** A GPU that is lost is lost to all, and nobody waits for ever. */
  @Test
  void aGpuThatIsLostIsEveryones() throws Exception {
    assumeFalse(OnGpu.isReal(), "a real GPU does not fail when a test would like it to");
    List<Model> models = models();
    var accelerator = accelerator(1);
    var all = new CyclicBarrier(models.size(), () -> Emulator.configure("LOSE", "20:719"));
    List<Callable<Trained>> work = new ArrayList<>();
    for (Model model : models) {
      work.add(() -> train(accelerator, model, () -> meet(all)));
    }
    for (Future<Trained> trained : atOnce(work)) {
      var failure = assertThrows(ExecutionException.class, trained::get);
      assertTrue(failure.getCause() instanceof DeviceLostException, failure.toString());
    }
    assertThrows(EngineException.class, accelerator::close);
  }

  /** Models that come and go leave nothing: neither on the GPU nor in this process. */
  @Test
  void nothingIsLeftOfModelsThatCameAndWent() throws Throwable {
    assumeFalse(OnGpu.isReal(), "a real GPU does not tell what is held");
    // Two megabytes that each would leave.
    ImageSet images = RandomImages.of(8, 5, 7, 0.4, SEED);
    var shape = new VaeShape(INPUTS, List.of(1500), 2);
    var settings = new TrainingSettings(Objective.study(), 1, 4, 1e-3);
    Callable<TrainingState> one =
        () -> {
          try (Trainee trainee = shared.trainee(shape, settings, images)) {
            trainee.restore(settings.initialState(shape));
            trainee.trainEpoch(
                BatchOrder.shuffled(1, 0, images.size(), 4),
                new ConstantRule(1).start(),
                (step, rl, kl, beta) -> true);
            return trainee.state();
          }
        };
    try (var accelerator = accelerator(1)) {
      shared = accelerator;
      long held = held(accelerator);
      long before = 0;
      for (int i = 0; i < 8; i++) {
        one.call();
        assertEquals(held, held(accelerator), "after " + (i + 1) + " models");
        before = i == 1 ? inUse() : before;
      }
      assertNothingIsLeft(before, "6 models");
      for (int i = 0; i < 2; i++) {
        atOnce(Collections.nCopies(6, one)).forEach(Future::resultNow);
        assertEquals(held, held(accelerator), "after 6 at a time");
        before = i == 0 ? inUse() : before;
      }
      assertNothingIsLeft(before, "6 models at a time");
    }
  }

  private static void assertNothingIsLeft(long before, String of) throws Throwable {
    long left = (inUse() - before) >> 20;
    assertTrue(left < 6, left + " MB are left of " + of);
  }

  /** The least of a while: Java's own compilers take megabytes and give them back. */
  private static long inUse() throws Throwable {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 50; i++) {
      least = Math.min(least, NativeHeap.inUse());
      Thread.sleep(20);
    }
    return least;
  }

  private Accelerator shared;

  private static long held(CudaAccelerator accelerator) {
    accelerator.device().makeCurrent();
    return Emulator.held();
  }

  /** What is timed has the GPU to itself, and is timed once for all models of a kind. */
  @Test
  void theCutOfAStepIsTimedOnceAndAlone() throws Exception {
    // Steps with cuBLAS have few cuts, which takes the emulator less time.
    Model first = models().get(5);
    Model second = models().get(4);
    List<Trained> expected = List.of(alone(first), alone(second));
    var launches = new AtomicInteger();
    var alone = new AtomicInteger();
    var holder = new CudaAccelerator[1];
    var observer =
        new LaunchObserver() {
          @Override
          public void launched(Supplier<Launch> launch, CudaStream stream) {
            launches.incrementAndGet();
            alone.addAndGet(holder[0].isTiming() ? 1 : 0);
          }
        };
    var options = CudaAccelerator.Options.standard(Map.of()).with(StepKind.AUTO, Tune.FORCE);
    try (var accelerator = new CudaAccelerator(Precision.FLOAT32, options, observer)) {
      holder[0] = accelerator;
      var training = new CyclicBarrier(2);
      Callable<Trained> trains = () -> train(accelerator, first, () -> meet(training));
      Callable<Trained> timesMeanwhile =
          () -> {
            meet(training);
            alone.set(0);
            Trained trained = train(accelerator, second, () -> {});
            assertTrue(alone.get() > 0, "nothing was timed alone");
            return trained;
          };
      List<Future<Trained>> trained = atOnce(List.of(trains, timesMeanwhile));
      assertSame(expected.get(0), trained.get(0).get());
      assertSame(expected.get(1), trained.get(1).get());
      alone.set(0);
      launches.set(0);
      assertSame(expected.get(1), train(accelerator, second, () -> {}));
      assertEquals(0, alone.get(), "it was timed again");
      assertTrue(launches.get() > 0);
    }
  }

  @TempDir Path folder;

  /** Whole runs of a queue, with their logs and checkpoints. */
  @Test
  void runsOfAQueueHaveTheSameFilesHoweverManyAreTrainedAtOnce() throws IOException {
    List<NamedPlan> runs =
        List.of(
            new NamedPlan("a", Plans.of(new ConstantRule(1), 2, 64, 1e-2, 2, List.of(20, 10), 1)),
            new NamedPlan("wild", Plans.of(new ConstantRule(1), 2, 64, 1e30, 2, List.of(20), 2)),
            new NamedPlan("b", Plans.of(PiRule.defaults(), 2, 32, 1e-2, 3, List.of(12), 3)),
            new NamedPlan(
                "c", Plans.of(new HoldRule(0.5, List.of()), 2, 50, 1e-2, 2, List.of(20, 10), 1)));
    for (int atOnce : new int[] {1, 4}) {
      try (var accelerator = accelerator(1)) {
        assertEquals(
            List.of("wild"),
            queue(runs, folder.resolve("" + atOnce), atOnce, accelerator).train().diverged());
      }
    }
    for (NamedPlan run : runs) {
      for (String name : List.of("metrics.csv", "checkpoint.safetensors")) {
        Path one = folder.resolve("1").resolve(run.name()).resolve(name);
        Path other = folder.resolve("4").resolve(run.name()).resolve(name);
        assertEquals(Files.exists(one), Files.exists(other));
        if (Files.exists(one)) {
          assertArrayEquals(Files.readAllBytes(one), Files.readAllBytes(other), run.name());
        }
      }
      assertTrue(Files.exists(folder.resolve("4").resolve(run.name()).resolve("metrics.csv")));
    }
  }

  private static RunQueue queue(
      List<NamedPlan> runs, Path where, int atOnce, Accelerator accelerator) {
    Dataset dataset = TinyImages.dataset(1);
    var settings =
        RunQueue.Settings.oneByOne(
                where,
                Provenance.of(new DataChoice.Named("tiny"), Optional.empty()),
                CheckpointInterval.parse("1epochs"))
            .atOnce(atOnce);
    return new RunQueue(runs, dataset, accelerator, settings, new Silent(), () -> false);
  }

  private static final class Silent implements QueueListener {
    @Override
    public void begins(NamedPlan run, Position position) {}

    @Override
    public void isThere(NamedPlan run, Position position) {}

    @Override
    public void epoch(NamedPlan run, EpochReport report, Position position) {}

    @Override
    public void warns(NamedPlan run, String warning) {}

    @Override
    public void failed(NamedPlan run, String why) {}
  }
}
