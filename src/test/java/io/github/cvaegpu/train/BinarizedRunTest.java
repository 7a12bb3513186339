// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.Binarization;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.Split;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.eval.Evaluation;
import io.github.cvaegpu.eval.Evaluator;
import io.github.cvaegpu.eval.LossFloor;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.Targets;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs whose images are drawn in black and white, anew for each epoch. */
class BinarizedRunTest {
  private static final Objective DRAWN = new Objective(Likelihood.BERNOULLI, Targets.BINARIZED);

  @TempDir static Path shared;
  private static TinyRun.Result uninterrupted;

  @TempDir Path folder;
  private TinyRun run;

  private static TrainingPlan plan() {
    TrainingPlan grey = TinyRun.plan(3, 1e-2);
    return new TrainingPlan(grey.rule(), DRAWN, grey.network(), grey.schedule(), grey.seed());
  }

  @BeforeAll
  static void trainWithoutInterruption() throws IOException {
    var reference = new TinyRun(shared.resolve("uninterrupted"));
    reference.plan = plan();
    reference.toTheEnd();
    uninterrupted = reference.result();
    assertEquals(ExitReason.COMPLETED, uninterrupted.exitReason());
  }

  @BeforeEach
  void newRun() {
    run = new TinyRun(folder);
    run.plan = plan();
  }

  /** With a trainee that is made anew for each epoch, of images that are drawn here. */
  @Test
  void eachEpochTrainsOnItsOwnDraw() {
    ImageSet train = run.dataset.train();
    var layout = new ParameterLayout(run.plan.shape(train.imageSize()));
    var controller = run.plan.rule().start();
    TrainingState state = TrainingState.initial(InitialWeights.draw(layout, run.plan.seed()));
    List<String> sha256 = new ArrayList<>();
    try (Accelerator accelerator = new CpuAccelerator(1)) {
      for (int epoch = 0; epoch < 3; epoch++) {
        ImageSet drawn = Binarization.ofEpoch(train, run.plan.seed(), epoch);
        try (Trainee trainee =
            accelerator.trainee(layout.shape(), run.plan.settings(train.size()), drawn)) {
          trainee.restore(state);
          trainee.trainEpoch(
              BatchOrder.shuffled(run.plan.seed(), epoch, train.size(), 64),
              controller,
              (step, rl, kl, beta) -> true);
          state = trainee.state();
        }
        sha256.add(CheckpointFile.sha256(state.parameters(), layout));
      }
    }
    assertEquals(sha256, uninterrupted.parametersSha256());
  }

  @Test
  void greyImagesTrainOtherwise() throws IOException {
    run.plan = TinyRun.plan(3, 1e-2);
    run.toTheEnd();
    assertNotEquals(
        uninterrupted.parametersSha256().getFirst(), run.result().parametersSha256().getFirst());
  }

  // ---- interruptions ---------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(longs = {1, 4, 5, 7, 14})
  void stoppingChangesNoBit(long step) throws IOException {
    assertEquals(ExitReason.INTERRUPTED, run.until(step).exitReason());
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
  }

  /** A checkpoint after step 8, in the second epoch, and rows of the log after it. */
  @Test
  void aKillInTheMiddleOfAnEpochChangesNoBit() throws IOException {
    run.interval = CheckpointInterval.parse("4steps");
    byte[][] checkpoint = new byte[1][];
    run.listener =
        new RunObserver() {
          @Override
          public void checkpoint(Path file, long step) {
            if (step == 8) {
              checkpoint[0] = read(file);
            }
          }
        };
    run.until(10);
    Files.write(run.checkpointFile(), checkpoint[0]);
    run.asIfKilled();
    run.listener = RunObserver.NONE;
    run.interval = TinyRun.NEVER;
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"1step", "3steps"})
  void checkpointsAndThreadsChangeNoBit(String interval) throws IOException {
    run.interval = CheckpointInterval.parse(interval);
    run.threads = 3;
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
  }

  @Test
  void theRunIsVerifiedToTheBit() {
    run.toTheEnd();
    try (Accelerator accelerator = new CpuAccelerator(2)) {
      Verification verification =
          Verification.of(
                  folder, run.record(), 3, run.dataset, accelerator, RunObserver.NONE, () -> false)
              .orElseThrow();
      assertTrue(verification.isSame());
      assertEquals(3, verification.epochs().size());
    }
  }

  // ---- what it is measured by ------------------------------------------------------------------

  @Test
  void theTestImagesAreOfTheStandardDraw() {
    run.toTheEnd();
    assertEquals(
        evaluated(Binarization.standard(run.dataset.test())), run.record().metrics().test());
    assertEquals(uninterrupted.test(), run.record().metrics().test());
  }

  private Evaluation evaluated(ImageSet images) {
    Checkpoint checkpoint = Checkpoint.read(run.checkpointFile());
    try (Accelerator accelerator = new CpuAccelerator(1);
        VaeModel model = checkpoint.model(accelerator)) {
      return new Evaluator(model, run.plan.seed()).evaluate(images, 1);
    }
  }

  /** They are drawn with all training images, and are the same for runs that hold out others. */
  @Test
  void theValidationImagesAreOfTheStandardDraw() throws IOException {
    run.plan = plan().withValidation(new Validation(0.2, null));
    run.toTheEnd();
    ImageSet drawn = Binarization.standard(run.dataset.train());
    Evaluation expected = evaluated(run.plan.validation().heldOut(drawn, run.plan.seed()));
    List<ValidationRow> rows = new ArrayList<>();
    ValidationLog.readWholeRows(run.validationFile(), rows::add);
    assertEquals(expected.reconstructionLoss().mean(), rows.getLast().rl());
    assertEquals(expected.klDivergence().mean(), rows.getLast().kl());
    TinyRun.Result whole = run.result();

    var resumed = new TinyRun(folder.resolve("resumed"));
    resumed.plan = run.plan;
    resumed.until(6);
    resumed.toTheEnd();
    assertEquals(whole, resumed.result());
  }

  @Test
  void checksumsAreThoseOfTheGreyImages() {
    run.toTheEnd();
    assertEquals(run.dataset.sha256(), run.record().dataset().sha256());
    assertEquals(run.dataset.sha256(), Checkpoint.read(run.checkpointFile()).datasetSha256());
    assertEquals(run.dataset.sha256(), run.plan.given(run.dataset).sha256());
  }

  @Test
  void aPlanOfGreyImagesGivesThemAsTheyAre() {
    Dataset dataset = run.dataset;
    assertSame(dataset, TinyRun.plan(3, 1e-2).given(dataset));
    assertSame(dataset.test(), TinyRun.plan(3, 1e-2).given(dataset.test()));
    assertTrue(!run.plan.given(dataset).train().hasGrey());
    assertTrue(!run.plan.given(dataset).test().hasGrey());
    assertTrue(!run.plan.images(run.plan.given(dataset), Split.TRAIN).hasGrey());
    assertTrue(dataset.train().hasGrey());
  }

  @Test
  void theLossOfDrawnImagesHasAFloorOfZero() {
    assertEquals(0, new LossFloor(DRAWN).mean(Binarization.standard(TinyImages.draw(30, 2))));
  }
}
