// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.api.CvaeGpuException.Reason;
import io.github.cvaegpu.control.HoldRule;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.NetworkSettings;
import io.github.cvaegpu.train.CheckpointInterval;
import io.github.cvaegpu.train.Provenance;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunObserver;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.Schedule;
import io.github.cvaegpu.train.Trainer;
import io.github.cvaegpu.train.TrainingPlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingTest {
  private static final int STEPS = 24;

  private static DataSplit data;
  private static Device device;

  @TempDir private Path temp;

  @BeforeAll
  static void open() {
    data = SmallDigits.split();
    device = Device.cpu(1);
  }

  @AfterAll
  static void close() {
    device.close();
  }

  private Training.Outcome run(Plan plan, String name) {
    return Training.begin(plan, data, temp.resolve(name)).run(device, Listener.NONE);
  }

  @Test
  void trainsWhatTheProgramTrains() {
    Training.Outcome outcome = run(SmallDigits.holding(), "run");
    var plan =
        new TrainingPlan(
            new HoldRule(5),
            TrainingPlan.defaults().objective(),
            new NetworkSettings(List.of(24, 8), 2),
            new Schedule(3, 32, 1e-3),
            7);
    try (var accelerator = new CpuAccelerator(1);
        Trainee trainee = plan.trainee(accelerator, data.dataset().train());
        RunDirectory directory = RunDirectory.create(temp.resolve("own"))) {
      RunRecord record =
          new Trainer(
                  plan,
                  data.dataset(),
                  trainee,
                  directory,
                  Provenance.of(data.choice(), Optional.empty()),
                  CheckpointInterval.parse("1epochs"),
                  RunObserver.NONE,
                  () -> false)
              .run()
              .record();
      assertTrue(outcome.isComplete());
      assertEquals(STEPS, outcome.steps());
      assertEquals(record.parametersSha256().getLast(), outcome.parametersSha256().orElseThrow());
      assertEquals(
          record.metrics().test().klDivergence().mean(), outcome.klDivergence().orElseThrow());
      assertEquals(
          record.metrics().test().reconstructionLoss().mean(),
          outcome.reconstructionLoss().orElseThrow());
    }
  }

  @Test
  void aNetworkMayHaveTanh() {
    Plan plan = SmallDigits.holding().withTanh();
    Training.Outcome tanh = run(plan, "tanh");
    Training.Outcome relu = run(SmallDigits.holding(), "relu");
    assertNotEquals(relu.parametersSha256(), tanh.parametersSha256());
    // What is changed afterwards leaves it, and so does a run's plan.
    assertEquals(Activation.TANH, plan.withLatent(3).plan().network().activation());
    assertEquals(Activation.TANH, plan.withHidden(5).plan().network().activation());
    assertEquals(Activation.TANH, Plan.like(temp.resolve("tanh")).plan().network().activation());
  }

  /**
   * The controller's scale is of the likelihood too: its first beta after a step is the program's.
   */
  @Test
  void pixelsMayHaveAnotherLikelihood() {
    Plan plan = SmallDigits.holding().withLikelihood("continuous-bernoulli");
    List<Double> betas = new ArrayList<>();
    Training.begin(plan, data, temp.resolve("continuous"))
        .run(
            device,
            new Listener() {
              @Override
              public void step(Step step) {
                betas.add(step.beta());
              }
            });
    assertTrue(betas.get(1) > 0.05, "beta " + betas.get(1) + ", of a scale of next to nothing");
    assertEquals(
        "continuous-bernoulli", Plan.like(temp.resolve("continuous")).plan().objective().name());
    assertEquals("gaussian, sigma 0.2", plan.withGaussian(0.2).plan().objective().title());
    Training.Outcome learned = run(plan.withLearnedGaussian().withLatent(3), "learned");
    assertTrue(learned.isComplete());
    try (Model model = Model.open(temp.resolve("learned"), device)) {
      assertEquals(data.test().size(), model.score(data.test(), 1).size());
    }
    assertEquals(
        "A likelihood must be bernoulli or bernoulli-binarized or continuous-bernoulli or gaussian,"
            + " not 'poisson'.",
        assertThrows(CvaeGpuException.class, () -> plan.withLikelihood("poisson")).getMessage());
    assertThrows(CvaeGpuException.class, () -> plan.withGaussian(0));
  }

  @Test
  void aListenerHearsOfEveryStepAndEpoch() {
    List<Listener.Step> steps = new ArrayList<>();
    List<Listener.Epoch> epochs = new ArrayList<>();
    Training.begin(SmallDigits.holding(), data, temp.resolve("run"))
        .run(
            device,
            new Listener() {
              @Override
              public void step(Step step) {
                steps.add(step);
              }

              @Override
              public void epoch(Epoch epoch) {
                epochs.add(epoch);
              }
            });
    assertEquals(STEPS, steps.size());
    assertEquals(1, steps.getFirst().step());
    assertEquals(STEPS, steps.getLast().step());
    assertEquals(3, steps.getLast().epoch());
    assertEquals(3, epochs.size());
    assertEquals(3, epochs.getLast().epoch());
    assertEquals(3, epochs.getLast().epochs());
    assertEquals(
        steps.stream()
            .filter(step -> step.epoch() == 2)
            .mapToDouble(Listener.Step::klDivergence)
            .average()
            .orElseThrow(),
        epochs.get(1).klDivergence(),
        1e-6);
  }

  @Test
  void validationImagesAreScoredAndStopARunEarly() {
    List<Listener.Epoch> epochs = new ArrayList<>();
    Plan plan =
        SmallDigits.small(Plan.betaVae(1))
            .withValidation(0.25)
            .withPatience(1)
            .withEpochs(40)
            .withCosine(10, 1e-5)
            .withLearningRate(0.1);
    Training.Outcome outcome =
        Training.begin(plan, data, temp.resolve("run"))
            .run(
                device,
                new Listener() {
                  @Override
                  public void epoch(Epoch epoch) {
                    epochs.add(epoch);
                  }
                });
    assertTrue(outcome.isComplete());
    assertTrue(epochs.size() < 40, epochs.size() + " epochs");
    // 192 images in batches of 32.
    assertEquals(6L * epochs.size(), outcome.steps());
    Listener.Validation last = epochs.getLast().validation().orElseThrow();
    Listener.Validation best = epochs.get(epochs.size() - 2).validation().orElseThrow();
    assertTrue(best.elbo() >= last.elbo(), best + " and " + last);
    assertEquals(-last.elbo(), last.reconstructionLoss() + last.klDivergence(), 1e-9);
    try (Model model = Model.open(temp.resolve("run/best.safetensors"), device)) {
      assertEquals(6L * (epochs.size() - 1), model.steps());
    }
    assertThrows(IllegalStateException.class, () -> Plan.betaVae(1).withPatience(1));
  }

  @Test
  void aControllerOfOnesOwnChoosesBeta() {
    List<Controller.Feedback> feedback = new ArrayList<>();
    List<Listener.Step> steps = new ArrayList<>();
    Controller controller =
        last -> {
          feedback.add(last);
          return 0.25 * last.step();
        };
    Plan plan =
        SmallDigits.small(Plan.controlledBy("quarters", OptionalDouble.empty(), () -> controller));
    Training.begin(plan, data, temp.resolve("run"))
        .run(
            device,
            new Listener() {
              @Override
              public void step(Step step) {
                steps.add(step);
              }
            });
    assertEquals(new Controller.Feedback(0, 0, 0), feedback.getFirst());
    for (int i = 0; i < STEPS; i++) {
      assertEquals(0.25 * i, steps.get(i).beta());
      if (i > 0) {
        Listener.Step before = steps.get(i - 1);
        assertEquals(
            new Controller.Feedback(i, before.reconstructionLoss(), before.klDivergence()),
            feedback.get(i));
      }
    }
  }

  @Test
  void whatIsCancelledGoesOnToTheSameBits() {
    String whole = run(SmallDigits.holding(), "whole").parametersSha256().orElseThrow();
    Training.Outcome part = cancelledAt(4, SmallDigits.holding(), "part");
    assertFalse(part.isComplete());
    assertEquals(4, part.steps());
    assertEquals(Optional.empty(), part.parametersSha256());
    assertEquals(OptionalDouble.empty(), part.klDivergence());
    Training.Outcome rest = Training.resume(temp.resolve("part"), data).run(device, Listener.NONE);
    assertTrue(rest.isComplete());
    assertEquals(whole, rest.parametersSha256().orElseThrow());
  }

  private Training.Outcome cancelledAt(int last, Plan plan, String name) {
    Training training = Training.begin(plan, data, temp.resolve(name));
    return training.run(
        device,
        new Listener() {
          @Override
          public void step(Step step) {
            if (step.step() == last) {
              training.cancel();
            }
          }
        });
  }

  private String cancelledAndResumed(Plan plan, String name, Controller goingOn) {
    cancelledAt(13, plan, name);
    return Training.resume(temp.resolve(name), data, () -> goingOn)
        .run(device, Listener.NONE)
        .parametersSha256()
        .orElseThrow();
  }

  @Test
  void aControllerGoesOnWithWhatItRemembers() {
    Plan plan = SmallDigits.ramp();
    String whole = run(plan, "whole").parametersSha256().orElseThrow();
    assertEquals(whole, cancelledAndResumed(plan, "ramp", new SmallDigits.Ramp()));
    // One that does not take up what it was told would be noticed.
    var ramp = new SmallDigits.Ramp();
    Controller forgetful = last -> ramp.next(last);
    assertNotEquals(whole, cancelledAndResumed(plan, "forgetful", forgetful));
  }

  @Test
  void anInterruptCancels() {
    Thread caller = Thread.currentThread();
    Training training = Training.begin(SmallDigits.holding(), data, temp.resolve("run"));
    Training.Outcome outcome =
        training.run(
            device,
            new Listener() {
              @Override
              public void step(Step step) {
                if (step.step() == 2) {
                  caller.interrupt();
                }
                if (step.step() < 20) {
                  pause();
                }
              }
            });
    assertTrue(Thread.interrupted());
    assertFalse(outcome.isComplete());
    Training.Outcome rest = Training.resume(temp.resolve("run"), data).run(device, Listener.NONE);
    assertTrue(rest.isComplete());
  }

  private static void pause() {
    try {
      Thread.sleep(10);
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts this thread", e);
    }
  }

  @Test
  void imagesNeedAName() {
    for (String name : new String[] {null, "", "a/b", "a\nb", "x".repeat(61)}) {
      var e =
          assertThrows(CvaeGpuException.class, () -> DataSplit.of(name, data.train(), data.test()));
      assertTrue(e.getMessage().startsWith("A name of images has 1 to 60 letters"), name);
    }
    assertRefused(
        Reason.INPUT,
        "\"auto\" may turn out to be digits that the program draws: name a dataset.",
        () -> DataSplit.load("auto"));
    assertEquals(List.of(), data.warnings());
  }

  @Test
  void aCompleteRunGoesOnWithMoreEpochs() {
    String five = run(SmallDigits.holding().withEpochs(5), "five").parametersSha256().orElseThrow();
    run(SmallDigits.holding(), "three");
    Training.Outcome more =
        Training.resume(temp.resolve("three"), data).withEpochs(5).run(device, Listener.NONE);
    assertEquals(five, more.parametersSha256().orElseThrow());
    assertEquals(40, more.steps());
  }

  @Test
  void aPlanLikeARunsTrainsTheSame() {
    Training.Outcome first = run(SmallDigits.holding(), "first");
    Training.Outcome second = run(Plan.like(temp.resolve("first")), "second");
    assertEquals(first.parametersSha256(), second.parametersSha256());
    assertNotEquals(
        first.parametersSha256(),
        run(Plan.like(temp.resolve("first")).withSeed(8), "other").parametersSha256());
  }

  @Test
  void whatAListenerThrowsEndsTheRunAndIsPassedOn() throws IOException {
    var thrown = new IllegalStateException("enough");
    var e =
        assertThrows(
            IllegalStateException.class,
            () ->
                Training.begin(SmallDigits.holding(), data, temp.resolve("run"))
                    .run(
                        device,
                        new Listener() {
                          @Override
                          public void epoch(Epoch epoch) {
                            throw thrown;
                          }
                        }));
    assertSame(thrown, e);
    // Nothing of the run's.
    var full = new UncheckedIOException(new IOException("my own file is full"));
    assertSame(
        full,
        assertThrows(
            UncheckedIOException.class,
            () ->
                Training.begin(SmallDigits.holding(), data, temp.resolve("other"))
                    .run(
                        device,
                        new Listener() {
                          @Override
                          public void step(Step step) {
                            throw full;
                          }
                        })));
    Controller controller =
        last -> {
          throw full;
        };
    Plan plan =
        SmallDigits.small(Plan.controlledBy("full", OptionalDouble.empty(), () -> controller));
    assertSame(full, assertThrows(UncheckedIOException.class, () -> run(plan, "controlled")));
    assertTrue(Files.readString(temp.resolve("run/run.json")).contains("\"failed\""));
  }

  @Test
  void aBetaThatNoStepCanUseEndsTheRun() {
    for (double beta : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY, 1e-300}) {
      Controller controller = last -> last.step() == 2 ? beta : 1;
      Plan plan =
          SmallDigits.small(Plan.controlledBy("bad", OptionalDouble.empty(), () -> controller));
      var e = assertThrows(IllegalStateException.class, () -> run(plan, "bad " + beta));
      assertEquals(
          "The controller gave a beta of "
              + beta
              + " before step 3: it has to be 0, or positive and finite as a 32-bit float.",
          e.getMessage());
    }
  }

  private void assertRefused(Reason reason, String message, Runnable call) {
    var e = assertThrows(CvaeGpuException.class, call::run);
    assertEquals(reason, e.reason());
    assertEquals(message.replace("TEMP", temp.toString()), e.getMessage());
  }

  @Test
  void refusesWhatCannotBeTrained() {
    run(SmallDigits.holding(), "run");
    assertRefused(
        Reason.INPUT,
        "TEMP/run already holds files of a run, which only Training.resume goes on with.",
        () -> run(SmallDigits.holding(), "run"));
    assertRefused(
        Reason.INPUT,
        "TEMP/none holds no run: there is no run.json.",
        () -> Training.resume(temp.resolve("none"), data));
    assertRefused(
        Reason.INPUT,
        "A batch of 512 does not fit the 256 training images: take a smaller one.",
        () -> run(SmallDigits.holding().withBatchSize(512), "large"));
    assertRefused(
        Reason.INPUT,
        "The KL set point must be a finite number of nats above 0, not -1.0.",
        () -> Plan.holdingKl(-1));
    assertRefused(
        Reason.INPUT,
        "A controller's name has 1 to 60 letters, digits, spaces and signs of ._+-, which"
            + " \"a\\b\" is not.",
        () -> Plan.controlledBy("a\\b", OptionalDouble.empty(), SmallDigits.Ramp::new));
    assertRefused(
        Reason.INPUT,
        "TEMP/run has a rule of this program, hold: no other controller can go on with it.",
        () -> Training.resume(temp.resolve("run"), data, SmallDigits.Ramp::new));
  }

  @Test
  void onlyTheProgramThatHasItsControllerGoesOnWithARun() {
    run(SmallDigits.ramp(), "ramp");
    String message =
        "What decides beta in the run is \"ramp\", a controller of the Java program that began it:"
            + " only that program can train by it.";
    assertRefused(Reason.INPUT, message, () -> Training.resume(temp.resolve("ramp"), data));
    assertRefused(Reason.INPUT, message, () -> Plan.like(temp.resolve("ramp")));
  }

  @Test
  void refusesToGoOnWithOtherImages() {
    Plan plan = SmallDigits.holding();
    run(plan, "run");
    DataSplit other = DataSplit.of("others", data.train().first(255), data.test());
    Training training = Training.resume(temp.resolve("run"), other).withEpochs(4);
    var e = assertThrows(CvaeGpuException.class, () -> training.run(device, Listener.NONE));
    assertEquals(Reason.INPUT, e.reason());
    assertEquals(
        "The run was started on other images than those of others (memory): their checksums"
            + " differ.",
        e.getMessage());
  }

  @Test
  void divergenceHasItsReason() {
    Plan plan = SmallDigits.small(Plan.betaVae(1)).withLearningRate(1e30);
    var e = assertThrows(CvaeGpuException.class, () -> run(plan, "run"));
    assertEquals(Reason.DIVERGED, e.reason());
  }

  @Test
  void memoryThatIsNoNumberEndsTheRunWithASentence() {
    Controller controller =
        new Controller() {
          @Override
          public double next(Feedback last) {
            return 1;
          }

          @Override
          public Map<String, Double> memory() {
            return Map.of("level", Double.NaN);
          }
        };
    Plan plan =
        SmallDigits.small(Plan.controlledBy("nan", OptionalDouble.empty(), () -> controller));
    assertRefused(
        Reason.INPUT,
        "A controller's memory holds finite numbers, but its level is NaN.",
        () -> run(plan, "run"));
  }
}
