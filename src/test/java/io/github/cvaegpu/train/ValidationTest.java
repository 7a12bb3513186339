// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.control.CapacityRule;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.CyclicalRule;
import io.github.cvaegpu.control.DynamicRule;
import io.github.cvaegpu.control.HoldRule;
import io.github.cvaegpu.control.SetPointChange;
import io.github.cvaegpu.control.WarmUpRule;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.eval.Evaluation;
import io.github.cvaegpu.eval.Evaluator;
import io.github.cvaegpu.random.Permutation;
import io.github.cvaegpu.random.RandomPurpose;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Images that a run is scored on and not trained on, and what stops early by them. */
class ValidationTest {
  private static final double FRACTION = 0.2;
  private static final int HELD_OUT = 60;

  /** 240 images in batches of 64. */
  private static final long STEPS_PER_EPOCH = 4;

  private static final int EPOCHS = 40;

  @TempDir static Path shared;
  private static TinyRun.Result uninterrupted;

  /** Epochs that the run did before it stopped early, and its best one. */
  private static int stopped;

  private static int best;

  @TempDir Path folder;
  private TinyRun run;

  private static TrainingPlan plan(BetaRule rule, Patience patience) {
    return Plans.of(rule, EPOCHS, 64, 1e-2, 2, List.of(20, 10), 5)
        .withValidation(new Validation(FRACTION, patience));
  }

  private static TrainingPlan plan() {
    return plan(new ConstantRule(1), new Patience(2, Patience.Measure.ELBO));
  }

  /** Runs with one seed and fraction train on the same object, which engines know again. */
  @Test
  void aPartIsPickedOnceForAllThatHaveIt() {
    ImageSet whole = TinyImages.draw(50, 1);
    var part = new Validation(FRACTION, null);
    ImageSet trained = part.trainedOn(whole, 3);
    ImageSet heldOut = part.heldOut(whole, 3);
    var patient = new Validation(FRACTION, new Patience(2, Patience.Measure.ELBO));
    assertSame(trained, patient.trainedOn(whole, 3));
    assertSame(heldOut, patient.heldOut(whole, 3));
    assertEquals(40, trained.size());
    assertEquals(10, heldOut.size());
    assertNotSame(trained, part.trainedOn(whole, 4));
    assertNotSame(trained, new Validation(0.3, null).trainedOn(whole, 3));
    assertNotSame(trained, part.trainedOn(TinyImages.draw(50, 1), 3));
    assertArrayEquals(trained.pixels(), part.trainedOn(TinyImages.draw(50, 1), 3).pixels());
  }

  @BeforeAll
  static void trainWithoutInterruption() throws IOException {
    var reference = new TinyRun(shared.resolve("uninterrupted"));
    reference.plan = plan();
    reference.toTheEnd();
    uninterrupted = reference.result();
    stopped = uninterrupted.validated().stoppedAfter();
    best = uninterrupted.validated().best().epoch();
  }

  @BeforeEach
  void newRun() {
    run = new TinyRun(folder);
    run.plan = plan();
  }

  private List<ValidationRow> rows() throws IOException {
    List<ValidationRow> rows = new ArrayList<>();
    assertFalse(ValidationLog.readWholeRows(run.validationFile(), rows::add));
    return rows;
  }

  // ---- which images ----------------------------------------------------------------------------

  @Test
  void theSplitIsDrawnByPhiloxUnderTheRunsSeed() {
    ImageSet all = TinyImages.draw(300, 1);
    int[] order = Permutation.of(300, 5, RandomPurpose.VALIDATION_IMAGES, 0);
    int[] heldOut = Arrays.copyOf(order, HELD_OUT);
    Arrays.sort(heldOut);
    var validation = new Validation(FRACTION, null);
    assertArrayEquals(all.picked(heldOut).pixels(), validation.heldOut(all, 5).pixels());
    int[] rest = IntStream.range(0, 300).filter(i -> Arrays.binarySearch(heldOut, i) < 0).toArray();
    assertArrayEquals(all.picked(rest).pixels(), validation.trainedOn(all, 5).pixels());
    assertEquals(300 - HELD_OUT, validation.trainedOn(all, 5).size());
    assertFalse(
        Arrays.equals(validation.heldOut(all, 5).pixels(), validation.heldOut(all, 6).pixels()));
  }

  @ParameterizedTest
  @CsvSource({"0.1, 60000, 6000", "0.5, 3, 2", "0.001, 500, 1", "0.999, 501, 500"})
  void aPartIsRoundedToTheNearestImage(double fraction, int images, int heldOut) {
    assertEquals(heldOut, new Validation(fraction, null).heldOut(images));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, -0.1, 1.5, Double.NaN, Double.POSITIVE_INFINITY})
  void aFractionIsBetweenZeroAndOne(double fraction) {
    assertEquals(
        "The fraction of the training images to validate on must be between 0 and 1, not "
            + fraction
            + ".",
        assertThrows(InputException.class, () -> new Validation(fraction, null)).getMessage());
  }

  @Test
  void neitherSideMayBeEmpty() {
    ImageSet train = TinyImages.draw(300, 1);
    assertEquals(
        "Validation on 0.001 of 300 training images leaves none to validate on: take a larger"
            + " fraction.",
        refusal(plan().withValidation(new Validation(0.001, null)), train));
    assertEquals(
        "Validation on 0.999 of 300 training images leaves none to train on: take a smaller"
            + " fraction.",
        refusal(plan().withValidation(new Validation(0.999, null)), train));
    assertEquals(
        "A batch of 64 does not fit the 60 training images that validation leaves: take a smaller"
            + " one.",
        refusal(plan().withValidation(new Validation(0.8, null)), train));
  }

  private static String refusal(TrainingPlan plan, ImageSet train) {
    return assertThrows(InputException.class, () -> plan.requireFits(train)).getMessage();
  }

  /** Of one that is trained on, all would. */
  @Test
  void whatAHeldOutImageHoldsMovesNoParameter() throws IOException {
    run.plan = plan(new ConstantRule(1), null).withEpochs(2);
    run.toTheEnd();
    TinyRun.Result before = run.result();
    int[] order = Permutation.of(300, 5, RandomPurpose.VALIDATION_IMAGES, 0);
    assertEquals(before.parametersSha256(), with(order[HELD_OUT - 1]).parametersSha256());
    assertNotEquals(before.validation(), with(order[HELD_OUT - 1]).validation());
    assertNotEquals(before.parametersSha256(), with(order[HELD_OUT]).parametersSha256());
  }

  /** The same run on images of which one is white. */
  private TinyRun.Result with(int white) throws IOException {
    Dataset data = TinyImages.dataset(1);
    byte[] pixels = data.train().pixels().clone();
    int size = data.train().imageSize();
    Arrays.fill(pixels, white * size, (white + 1) * size, (byte) 255);
    byte[] labels = new byte[data.train().size()];
    var other = new TinyRun(folder.resolve(white + "-" + System.nanoTime()));
    other.plan = run.plan;
    other.dataset =
        new Dataset(
            data.name(),
            new ImageSet(TinyImages.SIDE, TinyImages.SIDE, pixels, labels),
            data.test(),
            data.origin(),
            data.status(),
            data.sha256());
    other.toTheEnd();
    return other.result();
  }

  // ---- what is kept ----------------------------------------------------------------------------

  @Test
  void aRowHasTheScoresOfTheModelAfterItsEpoch() throws IOException {
    List<EpochReport> told = new ArrayList<>();
    run.listener =
        new RunObserver() {
          @Override
          public void epoch(EpochReport report) {
            told.add(report);
          }
        };
    run.plan = plan(new ConstantRule(0.5), null).withEpochs(3);
    run.toTheEnd();
    List<ValidationRow> rows = rows();
    assertEquals(List.of(1, 2, 3), rows.stream().map(ValidationRow::epoch).toList());
    assertEquals(List.of(4L, 8L, 12L), rows.stream().map(ValidationRow::step).toList());
    assertEquals(rows, told.stream().map(report -> report.validation().orElseThrow()).toList());
    ValidationRow last = rows.getLast();
    ImageSet heldOut = run.plan.validationImages(run.dataset.train()).orElseThrow();
    try (VaeModel model = Checkpoint.read(run.checkpointFile()).model(new CpuAccelerator(1))) {
      Evaluation scores = new Evaluator(model, 5).evaluate(heldOut, 1);
      assertEquals(
          new ValidationRow(
              3,
              12,
              0.5f,
              scores.reconstructionLoss().mean(),
              scores.klDivergence().mean(),
              scores.elbo().mean(),
              true),
          last);
    }
    RunRecord record = run.record();
    assertEquals(new RunRecord.Validated(last, null, null), record.validated());
    assertEquals(240, record.dataset().trainImages());
    assertEquals(HELD_OUT, record.dataset().validationImages());
    assertFalse(Files.exists(run.bestFile()));
  }

  /** Not even a name: an older program's run and today's are the same files. */
  @Test
  void aRunWithoutValidationHasNothingOfIt() throws IOException {
    run.plan = TinyRun.plan(1, 1e-2);
    run.toTheEnd();
    assertFalse(Files.readString(run.recordFile()).contains("validat"));
    assertFalse(Files.exists(run.validationFile()));
    try (var in =
        SafeTensorsReader.open(
            run.checkpointFile(),
            io.github.cvaegpu.RegularFile.Links.REFUSED,
            CheckpointFile.MAX_HEADER)) {
      assertFalse(in.header().metadata().toString().contains("validat"));
    }
  }

  @Test
  void aPlanIsReadBackAsItWas() {
    for (TrainingPlan plan : List.of(plan(), plan().withoutPatience(), TrainingPlan.defaults())) {
      assertEquals(plan, Json.COMPACT.fromJson(Json.COMPACT.toJson(plan), TrainingPlan.class));
    }
    assertEquals(
        List.of("validation {\"fraction\":0.2} against none"),
        plan().withoutPatience().differences(plan().withValidation(null)));
    assertEquals(
        List.of("fraction 0.2 against 0.3"),
        plan().withoutPatience().differences(plan().withValidation(new Validation(0.3, null))));
  }

  // ---- stopping early --------------------------------------------------------------------------

  @Test
  void stopsAfterEpochsThatWereNoBetterThanTheBest() throws IOException {
    run.toTheEnd();
    List<ValidationRow> rows = rows();
    RunRecord record = run.record();
    assertEquals(ExitReason.COMPLETED, record.exitReason());
    assertTrue(stopped < EPOCHS, "Did not stop early; another test's plan is needed.");
    assertTrue(best > 1, "The first epoch was the best; another test's plan is needed.");
    assertEquals(stopped, rows.size());
    assertEquals(best + 2, stopped);
    assertEquals(stopped * STEPS_PER_EPOCH, record.stepsDone());
    double most = rows.stream().mapToDouble(ValidationRow::elbo).max().orElseThrow();
    assertEquals(most, rows.get(best - 1).elbo());
    assertEquals(rows.get(best - 1), record.best().orElseThrow());
    assertEquals(stopped, record.stoppedAfter().orElseThrow());
    // The best one is a model like any other, and the last one is the run's.
    SavedModel kept = SavedModel.open(run.bestFile());
    assertEquals(record.parametersSha256().get(best - 1), kept.parametersSha256());
    assertEquals(best * STEPS_PER_EPOCH, kept.steps());
    assertEquals(record.parametersSha256().getLast(), SavedModel.open(folder).parametersSha256());
  }

  @Test
  void whatStoppedEarlyIsComplete() throws IOException {
    run.toTheEnd();
    List<byte[]> files = files();
    Trainer.Outcome again = run.toTheEnd();
    assertTrue(again.wasComplete());
    run.plan = run.plan.withEpochs(EPOCHS + 5);
    assertTrue(run.toTheEnd().wasComplete());
    List<byte[]> after = files();
    for (int i = 0; i < files.size(); i++) {
      assertArrayEquals(files.get(i), after.get(i));
    }
    // Where it was killed before it could say so it says so now.
    run.asIfKilled();
    run.plan = plan();
    assertFalse(run.toTheEnd().wasComplete());
    assertEquals(uninterrupted, run.result());
  }

  private List<byte[]> files() throws IOException {
    return List.of(
        Files.readAllBytes(run.recordFile()),
        Files.readAllBytes(run.metricsFile()),
        Files.readAllBytes(run.validationFile()),
        Files.readAllBytes(run.checkpointFile()),
        Files.readAllBytes(run.bestFile()));
  }

  @ParameterizedTest
  @CsvSource({
    // ELBO and RL of epochs, the best epoch, and the one after which a patience of 2 is over.
    "ELBO, -5 -4 -3 -2, 4, 0",
    "ELBO, -5 -4 -4 -4, 2, 4",
    "ELBO, -5 -4 -6 -3 -4 -3, 4, 6",
    "ELBO, NaN -4 NaN NaN, 2, 4",
    "ELBO, -Infinity NaN, 0, 2",
    "RL, 5 4 3 4 3, 3, 5",
    "RL, 5 4 Infinity 3.5 3, 5, 0"
  })
  void patienceGoesByTheBestSoFar(
      Patience.Measure measure, String values, int bestEpoch, int overAfter) {
    var stopping = new EarlyStopping(new Patience(2, measure));
    int epoch = 0;
    for (String value : values.split(" ", -1)) {
      epoch++;
      assertFalse(stopping.isOver());
      double figure = Double.parseDouble(value);
      stopping.accept(
          new ValidationRow(
              epoch,
              epoch,
              1,
              measure == Patience.Measure.RL ? figure : 1,
              1,
              measure == Patience.Measure.ELBO ? figure : 1,
              true));
    }
    assertEquals(bestEpoch, stopping.best().map(ValidationRow::epoch).orElse(0));
    assertEquals(overAfter, stopping.stoppedAfter().orElse(0));
  }

  /** An ELBO of another KL divergence may be better, and is no reason to take its model. */
  @Test
  void epochsCountOnceSettled() {
    var stopping = new EarlyStopping(new Patience(1, Patience.Measure.ELBO));
    assertFalse(stopping.accept(new ValidationRow(1, 1, 1, 1, 1, -1, false)));
    assertFalse(stopping.accept(new ValidationRow(2, 2, 1, 1, 1, -2, false)));
    assertFalse(stopping.isOver());
    assertTrue(stopping.best().isEmpty());
    assertTrue(stopping.accept(new ValidationRow(3, 3, 1, 1, 1, -3, true)));
    assertFalse(stopping.isOver());
    assertFalse(stopping.accept(new ValidationRow(4, 4, 1, 1, 1, -4, true)));
    assertTrue(stopping.isOver());
  }

  @Test
  void aRiseOfBetaHasToBeOver() throws IOException {
    run.plan = plan(new WarmUpRule(1, 8), null).withEpochs(4);
    run.toTheEnd();
    assertEquals(
        List.of(false, false, true, true), rows().stream().map(ValidationRow::settled).toList());
  }

  /** KL of these few steps is nowhere near. */
  @Test
  void aSetPointHasToBeHeld() throws IOException {
    run.plan = plan(new HoldRule(5, List.of()), new Patience(1, Patience.Measure.RL)).withEpochs(3);
    run.toTheEnd();
    assertEquals(
        List.of(false, false, false), rows().stream().map(ValidationRow::settled).toList());
    assertTrue(run.record().best().isEmpty());
    assertTrue(run.record().stoppedAfter().isEmpty());
    assertFalse(Files.exists(run.bestFile()));
  }

  @Test
  void rulesKnowFromWhereOnTheyAskForTheSame() {
    assertEquals(1, new ConstantRule(1).steadyFrom());
    assertEquals(1, HoldRule.defaults().steadyFrom());
    assertEquals(
        70,
        new HoldRule(5, List.of(new SetPointChange(30, 4), new SetPointChange(70, 3)))
            .steadyFrom());
    assertEquals(11, new WarmUpRule(1, 10).steadyFrom());
    assertEquals(11, new CapacityRule(5, 1000, 10).steadyFrom());
    assertEquals(10_001, DynamicRule.defaults().steadyFrom());
    var cyclical = new CyclicalRule(1, 3, 10, 0.25);
    assertEquals(24, cyclical.steadyFrom());
  }

  // ---- whatever happens to it ------------------------------------------------------------------

  @Test
  void aStopAfterEveryStepDoesNotMatter() throws IOException {
    for (int step = 1; step < stopped * STEPS_PER_EPOCH; step++) {
      assertEquals(step, run.until(step).stepsDone());
    }
    run.threads = 2;
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
  }

  @ParameterizedTest
  @ValueSource(strings = {"1step", "3steps", "1epoch", "3epochs"})
  void checkpointsDoNotMatter(String interval) throws IOException {
    run.interval = CheckpointInterval.parse(interval);
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
  }

  /** Rows after the checkpoint are written again, whole or not. */
  @Test
  void aKillAfterALaterRowDoesNotMatter() throws IOException {
    run.until(best * STEPS_PER_EPOCH + 1);
    byte[] checkpoint = Files.readAllBytes(run.checkpointFile());
    run.until((best + 1) * STEPS_PER_EPOCH + 2);
    Files.write(run.checkpointFile(), checkpoint);
    Files.writeString(run.validationFile(), "9,36,1.0,1", StandardOpenOption.APPEND);
    run.asIfKilled();
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
  }

  /** The checkpoint of the best epoch is there, and what was to be kept of it is an older one. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aKillBetweenTheCheckpointAndTheBestDoesNotMatter(boolean isOlderThere) throws IOException {
    run.until((best - 1) * STEPS_PER_EPOCH);
    byte[] older = Files.readAllBytes(run.bestFile());
    run.until(best * STEPS_PER_EPOCH);
    if (isOlderThere) {
      Files.write(run.bestFile(), older);
    } else {
      Files.delete(run.bestFile());
    }
    run.asIfKilled();
    run.until(best * STEPS_PER_EPOCH + 1);
    assertEquals(
        run.record().parametersSha256().get(best - 1),
        SavedModel.open(run.bestFile()).parametersSha256());
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theBestModelIsNotLostUnseen(boolean isAnotherThere) throws IOException {
    run.until(best * STEPS_PER_EPOCH + 2);
    if (isAnotherThere) {
      var other = new TinyRun(folder.resolve("other"));
      other.plan = plan().withSeed(6);
      other.until(best * STEPS_PER_EPOCH);
      Files.copy(
          other.checkpointFile(),
          run.bestFile(),
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    } else {
      Files.delete(run.bestFile());
    }
    assertEquals(
        run.bestFile()
            + " is not there, or is not the run's model after epoch "
            + best
            + ", which was its best so far: put it back, or start a new run with another --out.",
        assertThrows(InputException.class, run::toTheEnd).getMessage());
    assertEquals(best, run.record().best().orElseThrow().epoch());
  }

  @Test
  void aLogThatWasChangedOrIsMissingIsRefused() throws IOException {
    run.until(2 * STEPS_PER_EPOCH + 1);
    String whole = Files.readString(run.validationFile());
    Files.writeString(run.validationFile(), whole.replaceFirst("-(\\d)", "-1$1"));
    String changed = assertThrows(InputException.class, run::toTheEnd).getMessage();
    assertTrue(
        changed.startsWith(
            run.validationFile()
                + " is not what was written to it: its first 2 epochs do not have the checksum"),
        changed);
    Files.writeString(run.validationFile(), whole.lines().findFirst().orElseThrow() + "\n");
    String few = assertThrows(InputException.class, run::toTheEnd).getMessage();
    assertTrue(few.contains("does not have the 2 epochs that the checkpoint"), few);
    Files.delete(run.validationFile());
    assertEquals(few, assertThrows(InputException.class, run::toTheEnd).getMessage());
    Files.writeString(run.validationFile(), whole);
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2,8,1.0,1.0,1.0,-2.0",
        "2,8,1.0,1.0,1.0,-2.0,2",
        "2,8,1.0,1.0,1.0,-2.0,1,1",
        "3,8,1.0,1.0,1.0,-2.0,1",
        "2,1,1.0,1.0,1.0,-2.0,1",
        "2,8,NaN,1.0,1.0,-2.0,1",
        "2,8,1.0,x,1.0,-2.0,1",
        "2,8,1.0, 1.0,1.0,-2.0,1"
      })
  void aBadRowIsRefused(String bad) throws IOException {
    Path file = folder.resolve("validation.csv");
    Files.writeString(file, ValidationLog.HEADER + "\n1,4,1.0,Infinity,1.0,-2.0,0\n" + bad + "\n");
    String message =
        assertThrows(
                InputException.class,
                () -> ValidationLog.open(file, 2, java.util.Optional.empty(), () -> false))
            .getMessage();
    assertTrue(message.startsWith("Line 3 of " + file + " is not the row of epoch 2"), message);
  }

  @Test
  void anotherPartOrPatienceIsAnotherRun() {
    run.until(STEPS_PER_EPOCH + 1);
    run.plan = plan().withValidation(new Validation(0.3, plan().patience().orElseThrow()));
    assertThrows(InputException.class, run::toTheEnd);
    run.plan = plan(new ConstantRule(1), new Patience(3, Patience.Measure.ELBO));
    assertThrows(InputException.class, run::toTheEnd);
    run.plan = plan().withoutPatience();
    assertThrows(InputException.class, run::toTheEnd);
  }

  /** A run's first epochs are trained again, on as many images and without stopping. */
  @Test
  void aRunIsVerified() {
    run.toTheEnd();
    Verification again =
        Verification.of(
                folder,
                run.record(),
                stopped,
                run.dataset,
                new CpuAccelerator(1),
                RunObserver.NONE,
                () -> false)
            .orElseThrow();
    assertTrue(again.isSame());
    assertEquals(stopped, again.epochs().size());
  }
}
