// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.BitsVersion;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever happens to a run, its numbers are those of one that nothing happened to. */
class TrainerTest {
  private static final Path FORMAT_1 = Path.of("test-data", "format-1");
  private static final Path FORMAT_2 = Path.of("test-data", "format-2");
  private static final int STEPS = 3 * TinyRun.STEPS_PER_EPOCH;

  @TempDir static Path shared;
  private static TinyRun.Result uninterrupted;

  @TempDir Path folder;
  private TinyRun run;

  @BeforeAll
  static void trainWithoutInterruption() throws IOException {
    var reference = new TinyRun(shared.resolve("uninterrupted"));
    reference.toTheEnd();
    uninterrupted = reference.result();
  }

  @BeforeEach
  void newRun() {
    run = new TinyRun(folder);
  }

  /** Warnings and epochs, as an observer hears them. */
  private static class Told implements RunObserver {
    final List<String> notes = new ArrayList<>();
    final List<EpochReport> epochs = new ArrayList<>();

    @Override
    public void warns(String sentence) {
      notes.add(sentence);
    }

    @Override
    public void epoch(EpochReport report) {
      epochs.add(report);
    }
  }

  /** In this order, and a run that is complete has nothing to tell. */
  @Test
  void observersAreToldOfEverything() {
    run.interval = CheckpointInterval.parse("4steps");
    List<String> events = new ArrayList<>();
    run.listener =
        new RunObserver() {
          @Override
          public void begins(Path where, RunRecord record) {
            events.add("begins " + record.exitReason() + " " + record.stepsDone());
            assertEquals(folder, where);
            assertEquals(record, run.record());
          }

          @Override
          public void step(StepReport report) {
            events.add(report.epoch() + "/" + report.step());
          }

          @Override
          public void epoch(EpochReport report) {
            events.add("epoch " + report.epoch());
            // Whoever hears of an epoch finds its steps in the log.
            assertEquals(report.epoch() * 5 + 1, rows());
          }

          @Override
          public void checkpoint(Path file, long step) {
            events.add("checkpoint " + step);
            assertEquals(step, Checkpoint.read(file).state().step());
          }

          @Override
          public void ends(Path where, RunRecord record) {
            events.add("ends " + record.exitReason() + " " + record.stepsDone());
            assertEquals(record, run.record());
          }

          private int rows() {
            try {
              return Files.readAllLines(run.metricsFile()).size();
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        };
    run.until(6);
    assertEquals(
        List.of(
            "begins RUNNING 0",
            "1/1",
            "1/2",
            "1/3",
            "1/4",
            "checkpoint 4",
            "1/5",
            "epoch 1",
            "2/6",
            "checkpoint 6",
            "ends INTERRUPTED 6"),
        events);
    events.clear();
    run.toTheEnd();
    assertEquals("begins RUNNING 6", events.getFirst());
    assertEquals("2/7", events.get(1));
    assertEquals(
        List.of("checkpoint 15", "ends COMPLETED 15"),
        events.subList(events.size() - 2, events.size()));
    events.clear();
    run.toTheEnd();
    assertEquals(List.of(), events);
    run.plan = TinyRun.plan(3, 1e30);
    assertThrows(InputException.class, run::toTheEnd);
    assertEquals(List.of(), events);
  }

  /** Writes down how a run begins and ends, and then fails. */
  private static final class BreaksAtTheEnd implements RunObserver {
    final List<String> events = new ArrayList<>();

    @Override
    public void begins(Path folder, RunRecord record) {
      events.add("begins");
    }

    @Override
    public void ends(Path folder, RunRecord record) {
      events.add("ends " + record.exitReason());
      throw new IllegalStateException("no dashboard");
    }
  }

  @Test
  void whatAnObserverThrowsAtTheEndChangesNoRecord() {
    var breaks = new BreaksAtTheEnd();
    run.listener = breaks;
    assertEquals(
        "no dashboard", assertThrows(IllegalStateException.class, run::toTheEnd).getMessage());
    assertEquals(List.of("begins", "ends COMPLETED"), breaks.events);
    assertEquals(ExitReason.COMPLETED, run.record().exitReason());
    assertTrue(run.record().metrics() != null);
  }

  @Test
  void whatAnObserverThrowsAtABadEndIsAddedToIt() {
    var breaks = new BreaksAtTheEnd();
    run.listener = breaks;
    run.plan = TinyRun.plan(3, 1e30);
    var diverged = assertThrows(DivergedException.class, run::toTheEnd);
    assertEquals("no dashboard", diverged.getSuppressed()[0].getMessage());
    assertEquals(List.of("begins", "ends DIVERGED"), breaks.events);
    assertEquals(ExitReason.DIVERGED, run.record().exitReason());
  }

  /** Whoever heard of no beginning hears of no end, and whoever did hears of one. */
  @Test
  void beginningsHaveEnds() throws IOException {
    run.until(4);
    Files.writeString(run.metricsFile(), "name,price\n");
    var breaks = new BreaksAtTheEnd();
    run.listener = breaks;
    assertThrows(InputException.class, run::toTheEnd);
    assertEquals(List.of(), breaks.events);
  }

  @Test
  void aRunWhoseLockIsTakenAwayEndsToo() {
    List<String> events = new ArrayList<>();
    run.interval = CheckpointInterval.parse("4steps");
    run.listener =
        RunObservers.of(
            atStep(2, () -> Files.delete(folder.resolve(".lock"))),
            new RunObserver() {
              @Override
              public void begins(Path where, RunRecord record) {
                events.add("begins");
              }

              @Override
              public void ends(Path where, RunRecord record) {
                events.add("ends " + record.exitReason() + ": " + record.message());
              }
            });
    String message = assertThrows(UnwritableException.class, run::toTheEnd).getMessage();
    assertEquals(List.of("begins", "ends FAILED: " + message), events);
    assertEquals(ExitReason.RUNNING, run.record().exitReason());
  }

  @Test
  void recordsWhatItDid() {
    assertEquals(ExitReason.COMPLETED, uninterrupted.exitReason());
    assertEquals(STEPS, uninterrupted.stepsDone());
    assertEquals(3, uninterrupted.parametersSha256().stream().distinct().count());
    List<String> rows = uninterrupted.metrics().lines().toList();
    assertEquals(STEPS + 1, rows.size());
    for (int step = 1; step <= STEPS; step++) {
      String start =
          String.format(Locale.ROOT, "%d,%d,", step, (step - 1) / TinyRun.STEPS_PER_EPOCH + 1);
      assertTrue(rows.get(step).startsWith(start), rows.get(step));
    }
    // Every beta is new, or a controller that forgets could not be told from one that does not.
    assertEquals(
        STEPS,
        rows.stream().skip(1).map(row -> row.substring(row.lastIndexOf(','))).distinct().count());
  }

  @Test
  void theFiguresAreThoseOfTheLog() throws IOException {
    run.toTheEnd();
    double[] sums = new double[3];
    MetricsLog.read(
        run.metricsFile(),
        row -> {
          sums[0] += row.rl();
          sums[1] += row.kl();
          sums[2] += row.beta();
        });
    RunRecord.LastSteps last = run.record().metrics().lastSteps();
    assertEquals(STEPS, last.steps());
    assertEquals(sums[0] / STEPS, last.rl(), 1e-9);
    assertEquals(sums[1] / STEPS, last.kl(), 1e-9);
    assertEquals(sums[2] / STEPS, last.beta(), 1e-9);
    assertEquals(-(last.rl() + last.kl()), last.elbo(), 1e-9);
    assertEquals(TinyImages.TEST, run.record().metrics().test().images());
    assertEquals(1, run.record().metrics().test().samples());
  }

  @Test
  void theLastFiguresAreOfTheLastHundredSteps() throws IOException {
    run.plan = TinyRun.plan(21, 1e-3);
    run.toTheEnd();
    double[] sum = new double[1];
    MetricsLog.read(run.metricsFile(), row -> sum[0] += row.step() > 5 ? row.rl() : 0);
    assertEquals(100, run.record().metrics().lastSteps().steps());
    assertEquals(sum[0] / 100, run.record().metrics().lastSteps().rl(), 1e-9);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 8})
  void threadsDoNotMatter(int threads) throws IOException {
    run.threads = threads;
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
  }

  @ParameterizedTest
  @ValueSource(strings = {"1step", "2steps", "7steps", "1epoch", "2epochs", "1s"})
  void checkpointsDoNotMatter(String interval) throws IOException {
    run.interval = CheckpointInterval.parse(interval);
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 5, 6, 9, 10, 13, 14})
  void aStopDoesNotMatter(int step) throws IOException {
    Trainer.Outcome outcome = run.until(step);
    assertEquals(ExitReason.INTERRUPTED, outcome.exitReason());
    assertEquals(step, outcome.stepsDone());
    assertEquals(ExitReason.INTERRUPTED, run.record().exitReason());
    assertEquals(step + 1, Files.readAllLines(run.metricsFile()).size());
    run.threads = 2;
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
    List<Long> firstSteps =
        run.record().sessions().stream().map(RunRecord.Session::firstStep).toList();
    assertEquals(List.of(0L, (long) step), firstSteps);
  }

  @Test
  void aStopAfterEveryStepDoesNotMatter() throws IOException {
    for (int step = 1; step < STEPS; step++) {
      assertEquals(step, run.until(step).stepsDone());
    }
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
    assertEquals(STEPS, run.record().sessions().size());
  }

  @Test
  void aStopAtTheLastStepIsTheEnd() throws IOException {
    assertEquals(ExitReason.COMPLETED, run.until(STEPS).exitReason());
    assertEquals(uninterrupted, run.result());
  }

  /** The files as a kill leaves them: the checkpoint of one moment, the log of a later one. */
  @ParameterizedTest
  @ValueSource(ints = {3, 5, 8, 12})
  void aKillAfterLaterRowsDoesNotMatter(int checkpointStep) throws IOException {
    run.until(checkpointStep);
    byte[] checkpoint = Files.readAllBytes(run.checkpointFile());
    run.until(checkpointStep + 2);
    Files.write(run.checkpointFile(), checkpoint);
    Files.writeString(
        run.metricsFile(),
        Files.readString(run.metricsFile()) + "16,4,1.2",
        StandardCharsets.US_ASCII);
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 7})
  void aKillBeforeTheFirstCheckpointDoesNotMatter(int step) throws IOException {
    run.until(step);
    run.asIfKilled();
    Files.delete(run.checkpointFile());
    var told = new Told();
    run.listener = told;
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
    assertEquals(List.of(ResumeWarnings.STARTING_OVER), told.notes);
  }

  @Test
  void aKillBeforeTheLogIsThereDoesNotMatter() throws IOException {
    run.until(4);
    run.asIfKilled();
    Files.delete(run.checkpointFile());
    Files.delete(run.metricsFile());
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
  }

  @Test
  void neitherANewRunNorOneThatGoesOnStartsOver() {
    var told = new Told();
    run.listener = told;
    run.until(4);
    run.toTheEnd();
    assertEquals(List.of(), told.notes);
  }

  @Test
  void theRecordIsThereBeforeTheLog() throws IOException {
    try (var directory = RunDirectory.create(folder);
        var engine = run.plan.trainee(new CpuAccelerator(1), run.dataset.train())) {
      // What makes the log impossible without a failing device, which would be recorded.
      Files.writeString(directory.metricsFile(), "name,price\n");
      var trainer =
          new Trainer(
              run.plan,
              run.dataset,
              engine,
              directory,
              Provenance.of(new DataChoice.Named("tiny"), Optional.empty()),
              TinyRun.NEVER,
              RunObserver.NONE,
              () -> true);
      assertThrows(InputException.class, trainer::run);
      assertTrue(Files.exists(directory.recordFile()));
    }
  }

  @Test
  void aKillBetweenTheLastCheckpointAndTheRecordDoesNotMatter() throws IOException {
    run.until(STEPS - 1);
    byte[] before = Files.readAllBytes(run.metricsFile().resolveSibling("run.json"));
    run.toTheEnd();
    Files.write(run.metricsFile().resolveSibling("run.json"), before);
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
  }

  @Test
  void moreEpochsGoOnAsIfTheyHadBeenAskedForAtFirst() throws IOException {
    run.plan = TinyRun.plan(1, 1e-2);
    run.toTheEnd();
    assertEquals(ExitReason.COMPLETED, run.record().exitReason());
    run.plan = TinyRun.plan(3, 1e-2);
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
  }

  @Test
  void fewerEpochsThanAreDoneAreRefused() throws IOException {
    run.until(6);
    byte[] checkpoint = Files.readAllBytes(run.checkpointFile());
    run.plan = TinyRun.plan(1, 1e-2);
    var refusal = assertThrows(InputException.class, run::toTheEnd);
    assertEquals(
        "The run has already done more than the 1 epochs asked for.", refusal.getMessage());
    assertArrayEquals(checkpoint, Files.readAllBytes(run.checkpointFile()));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void otherImagesAreRefused(boolean withCheckpoint) throws IOException {
    run.until(4);
    if (!withCheckpoint) {
      Files.delete(run.checkpointFile());
    }
    String metrics = Files.readString(run.metricsFile());
    String record = Files.readString(folder.resolve("run.json"));
    run.dataset = TinyImages.dataset(2);
    var refusal = assertThrows(InputException.class, run::toTheEnd);
    assertEquals(
        "The run was started on other images than those of tiny (memory): their checksums differ.",
        refusal.getMessage());
    assertEquals(metrics, Files.readString(run.metricsFile()));
    assertEquals(record, Files.readString(folder.resolve("run.json")));
  }

  @Test
  void anotherPlanIsRefused() throws IOException {
    run.until(4);
    run.plan = TinyRun.plan(3, 2e-2);
    String rate = assertThrows(InputException.class, run::toTheEnd).getMessage();
    assertEquals(
        "The checkpoint's settings are not those of run.json: learning_rate 0.01 against 0.02.",
        rate);
    run.plan = Plans.of(run.plan.rule(), 3, 64, 1e-2, 3, List.of(20, 10), 5);
    String network = assertThrows(InputException.class, run::toTheEnd).getMessage();
    assertEquals(
        "The checkpoint's network has 81 inputs, hidden [20, 10] and latent 2; the run's has 81,"
            + " [20, 10] and 3.",
        network);
  }

  @Test
  void aLogThatLacksRowsIsRefused() throws IOException {
    run.until(7);
    List<String> rows = Files.readAllLines(run.metricsFile());
    Files.write(run.metricsFile(), rows.subList(0, 6));
    var refusal = assertThrows(InputException.class, run::toTheEnd);
    String message = refusal.getMessage();
    assertTrue(
        message.startsWith(
            run.metricsFile()
                + " does not have the 7 steps that the checkpoint beside it has done;"),
        message);
    assertEquals(ExitReason.FAILED, run.record().exitReason());
    assertEquals(message, run.record().message());
    assertTrue(run.record().sessions().getLast().ended() != null);
  }

  @Test
  void aLogWhoseRowsAreOutOfOrderIsRefused() throws IOException {
    run.until(7);
    List<String> rows = new ArrayList<>(Files.readAllLines(run.metricsFile()));
    rows.set(3, rows.get(2));
    Files.write(run.metricsFile(), rows);
    byte[] checkpoint = Files.readAllBytes(run.checkpointFile());
    String message = assertThrows(InputException.class, run::toTheEnd).getMessage();
    assertTrue(
        message.startsWith("Line 4 of " + run.metricsFile() + " is not the row of step 3;"),
        message);
    // Before a step was trained.
    assertArrayEquals(checkpoint, Files.readAllBytes(run.checkpointFile()));
  }

  // ---- files that are gone or damaged ----------------------------------------------------------

  @ParameterizedTest
  @ValueSource(strings = {"completed", "interrupted", "diverged", "failed"})
  void aCheckpointThatIsGoneIsNoReasonToStartOver(String exitReason) throws IOException {
    run.until(4);
    run.editRecord(json -> json.replace("\"interrupted\"", "\"" + exitReason + "\""));
    refusesToStartOver(4);
  }

  @Test
  void norIsItAfterAKillOfAProcessThatWentOnFromIt() throws IOException {
    run.until(4);
    run.until(7);
    run.asIfKilled();
    refusesToStartOver(7);
  }

  private void refusesToStartOver(int steps) throws IOException {
    Files.delete(run.checkpointFile());
    String metrics = Files.readString(run.metricsFile());
    String record = Files.readString(run.recordFile());
    var refusal = assertThrows(InputException.class, run::toTheEnd);
    assertEquals(
        String.format(
            Locale.ROOT,
            ("run.json of %s says that %d steps are done, but its checkpoint.safetensors is"
                + " missing; put it back, or start a new run with another --out."),
            folder,
            steps),
        refusal.getMessage());
    assertEquals(metrics, Files.readString(run.metricsFile()));
    assertEquals(record, Files.readString(run.recordFile()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "missing"})
  void aLostRecordIsWrittenAnew(String content) throws IOException {
    run.until(7);
    RunRecord.DatasetRecord images = run.record().dataset();
    if (content.equals("missing")) {
      Files.delete(run.recordFile());
    } else {
      Files.writeString(run.recordFile(), content);
    }
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
    assertEquals(images, run.record().dataset());
    assertEquals(
        List.of(7L), run.record().sessions().stream().map(RunRecord.Session::firstStep).toList());
  }

  @Test
  void aDamagedRecordWithoutACheckpointIsRefused() throws IOException {
    run.until(4);
    Files.delete(run.checkpointFile());
    Files.writeString(run.recordFile(), "{");
    String metrics = Files.readString(run.metricsFile());
    var refusal = assertThrows(InputException.class, run::toTheEnd);
    assertEquals(
        run.recordFile() + " is damaged: it is not the JSON of a run.", refusal.getMessage());
    assertEquals(metrics, Files.readString(run.metricsFile()));
    assertEquals("{", Files.readString(run.recordFile()));
  }

  @Test
  void realDataThatCouldNotBeHadStaysOnRecord() throws IOException {
    Dataset asked = run.dataset;
    run.dataset = withStatus(asked, "tiny", Dataset.Status.SYNTHETIC_FALLBACK);
    run.until(4);
    // Later processes ask for what it was by its name, or find it elsewhere.
    run.dataset = withStatus(asked, "moved", Dataset.Status.SYNTHETIC);
    run.until(7);
    assertEquals(Dataset.Status.SYNTHETIC_FALLBACK, run.record().dataset().status());
    assertEquals("tiny", run.record().dataset().name());
    Files.delete(run.recordFile());
    run.toTheEnd();
    assertEquals(Dataset.Status.SYNTHETIC_FALLBACK, run.record().dataset().status());
    assertEquals("tiny", run.record().dataset().name());
  }

  private static Dataset withStatus(Dataset images, String name, Dataset.Status status) {
    return new Dataset(
        name, images.train(), images.test(), images.origin(), status, images.sha256());
  }

  // ---- what is told and recorded ---------------------------------------------------------------

  @Test
  void aCompleteRunStaysAsItIs() throws IOException {
    RunRecord record = run.toTheEnd().record();
    byte[] before = Files.readAllBytes(run.recordFile());
    Trainer.Outcome again = run.toTheEnd();
    assertEquals(ExitReason.COMPLETED, again.exitReason());
    assertEquals(STEPS, again.stepsDone());
    assertEquals(record, again.record());
    assertArrayEquals(before, Files.readAllBytes(run.recordFile()));
  }

  @Test
  void anotherMachineIsNoted() throws IOException {
    run.until(4);
    String device = run.record().sessions().getLast().engine().device();
    String library = run.record().sessions().getLast().engine().library();
    String computes = run.record().sessions().getLast().engine().what();
    run.editRecord(json -> json.replace(library, "Abacus"));
    var told = new Told();
    run.listener = told;
    run.threads = 2;
    run.until(7);
    assertEquals(
        List.of(
            ("The run's last process computed with cpu on %s with Abacus in float32 and this one"
                    + " computes with %s: from here on its bits may differ from those of a run that"
                    + " was never interrupted.")
                .formatted(device, computes)),
        told.notes);
    run.toTheEnd();
    assertEquals(1, told.notes.size());
    assertEquals(uninterrupted, run.result());
  }

  @Test
  void anEpochsSpeedIsItsOwn() {
    var told =
        new Told() {
          @Override
          public void step(StepReport report) {
            long step = report.step();
            if (step <= TinyRun.STEPS_PER_EPOCH) {
              long end = System.nanoTime() + 100_000_000;
              while (System.nanoTime() < end) {
                LockSupport.parkNanos(1_000_000);
              }
            }
          }
        };
    run.listener = told;
    Trainer.Outcome outcome = run.toTheEnd();
    // Half a second for the first 300 images, and next to nothing for the others.
    assertTrue(told.epochs.getFirst().imagesPerSecond() <= 610, told.epochs.toString());
    assertTrue(told.epochs.getLast().imagesPerSecond() > 2000, told.epochs.toString());
    assertTrue(outcome.record().metrics().imagesPerSecond() <= 1830, told.epochs.toString());
  }

  @Test
  void aListenerThatFailsIsRecorded() {
    var failure = new IllegalStateException("the bar is broken");
    run.listener =
        new RunObserver() {
          @Override
          public void step(StepReport report) {
            if (report.step() == 3) {
              throw failure;
            }
          }
        };
    assertSame(failure, assertThrows(IllegalStateException.class, run::toTheEnd));
    assertEquals(ExitReason.FAILED, run.record().exitReason());
    assertEquals("the bar is broken", run.record().message());
    assertTrue(run.record().sessions().getLast().ended() != null);
  }

  @Test
  void aFailureThatCannotBeRecordedIsStillTheFailure() throws IOException {
    Path aside = folder.resolve("aside");
    var failure = new AssertionError();
    run.listener =
        atStep(
            1,
            () -> {
              Files.move(run.recordFile(), aside);
              Files.createDirectories(run.recordFile().resolve("in the way"));
              throw failure;
            });
    assertSame(failure, assertThrows(AssertionError.class, run::toTheEnd));
    assertEquals(1, failure.getSuppressed().length);
    Files.delete(run.recordFile().resolve("in the way"));
    Files.move(aside, run.recordFile(), StandardCopyOption.REPLACE_EXISTING);
    assertEquals(ExitReason.RUNNING, run.record().exitReason());
  }

  private interface Action {
    void run() throws IOException;
  }

  /** Does something at a step. */
  private static RunObserver atStep(long when, Action action) {
    return new RunObserver() {
      @Override
      public void step(StepReport report) {
        if (report.step() == when) {
          try {
            action.run();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      }
    };
  }

  // ---- files that others touch while a run is training -----------------------------------------

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aLogThatIsTakenAwayEndsTheRun(boolean replaced) throws IOException {
    run.interval = CheckpointInterval.parse("4steps");
    run.listener =
        atStep(
            6,
            () -> {
              Files.delete(run.metricsFile());
              if (replaced) {
                Files.writeString(run.metricsFile(), MetricsLog.HEADER + "\n");
              }
            });
    String message = assertThrows(UnwritableException.class, run::toTheEnd).getMessage();
    assertTrue(
        message.startsWith(
            run.metricsFile() + " was removed or replaced while the run was writing to it,"),
        message);
    assertEquals(4, Checkpoint.read(run.checkpointFile()).state().step());
    assertEquals(ExitReason.FAILED, run.record().exitReason());
    assertEquals(message, run.record().message());
    assertEquals(4L, run.record().checkpointStep());
  }

  @Test
  void aLogThatIsChangedGivesNoFigures() throws IOException {
    run.listener =
        new RunObserver() {
          @Override
          public void epoch(EpochReport report) {
            if (report.epoch() == 2) {
              try {
                String rows = Files.readString(run.metricsFile());
                int digit = rows.length() - 2;
                char other = rows.charAt(digit) == '1' ? '2' : '1';
                try (var file = new RandomAccessFile(run.metricsFile().toFile(), "rw")) {
                  file.seek(digit);
                  file.write(other);
                }
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }
          }
        };
    String message = assertThrows(UnwritableException.class, run::toTheEnd).getMessage();
    assertTrue(
        message.startsWith(run.metricsFile() + " was changed while the run was writing to it;"),
        message);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aLockThatIsTakenAwayEndsTheRunAndLetsNobodyIn(boolean replaced) throws IOException {
    run.interval = CheckpointInterval.parse("4steps");
    List<String> others = new ArrayList<>();
    run.listener =
        atStep(
            6,
            () -> {
              Files.delete(folder.resolve(".lock"));
              if (replaced) {
                Files.createFile(folder.resolve(".lock"));
              }
              others.add(
                  assertThrows(InputException.class, () -> RunDirectory.resume(folder))
                      .getMessage());
            });
    String message = assertThrows(UnwritableException.class, run::toTheEnd).getMessage();
    assertTrue(
        message.startsWith(
            folder.resolve(".lock")
                + " was removed or replaced while the run was training, so another process may have"
                + " begun there;"),
        message);
    assertEquals(List.of("Another process is training in " + folder + "."), others);
    assertEquals(4, Checkpoint.read(run.checkpointFile()).state().step());
    // Nothing is written where another process may be at work.
    assertEquals(ExitReason.RUNNING, run.record().exitReason());
    run.listener = RunObserver.NONE;
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
  }

  // ---- a log that is not the checkpoint's ------------------------------------------------------

  @Test
  void aDigitOfTheLogThatWasChangedIsRefused() throws IOException {
    run.until(7);
    String rows = Files.readString(run.metricsFile());
    int digit = rows.indexOf('.', rows.indexOf("\n3,")) + 1;
    char other = rows.charAt(digit) == '1' ? '2' : '1';
    Files.writeString(
        run.metricsFile(), rows.substring(0, digit) + other + rows.substring(digit + 1));
    refusesTheLog();
  }

  @Test
  void theLogOfAnotherRunIsRefused() throws IOException {
    var another = new TinyRun(folder.resolve("another"));
    another.plan = TinyRun.plan(3, 2e-2);
    another.until(7);
    run.until(7);
    Files.copy(another.metricsFile(), run.metricsFile(), StandardCopyOption.REPLACE_EXISTING);
    refusesTheLog();
  }

  private void refusesTheLog() throws IOException {
    byte[] checkpoint = Files.readAllBytes(run.checkpointFile());
    byte[] rows = Files.readAllBytes(run.metricsFile());
    String message = assertThrows(InputException.class, run::toTheEnd).getMessage();
    assertTrue(
        message.startsWith(
            run.metricsFile()
                + " is not what was written to it: its first 7 steps do not have the checksum that"
                + " the checkpoint beside it records;"),
        message);
    assertArrayEquals(checkpoint, Files.readAllBytes(run.checkpointFile()));
    assertArrayEquals(rows, Files.readAllBytes(run.metricsFile()));
    Checkpoint read = Checkpoint.read(run.checkpointFile());
    assertThrows(InputException.class, () -> read.requireMetrics(run.metricsFile()));
  }

  @Test
  void rowsAfterTheCheckpointDoNotMatterToItsChecksum() throws IOException {
    run.until(7);
    Checkpoint early = Checkpoint.read(run.checkpointFile());
    run.until(12);
    early.requireMetrics(run.metricsFile());
    Checkpoint.read(run.checkpointFile()).requireMetrics(run.metricsFile());
  }

  @Test
  void aStopWhileTheLogIsReadLeavesEverythingAsItIs() throws IOException {
    // One batch an epoch's worth of rows more than are read between two questions.
    run.plan = TinyRun.plan(900, 1e-6);
    run.until(4200);
    byte[] checkpoint = Files.readAllBytes(run.checkpointFile());
    byte[] record = Files.readAllBytes(run.recordFile());
    byte[] rows = Files.readAllBytes(run.metricsFile());
    Trainer.Outcome outcome = run.stopAtOnce();
    assertEquals(ExitReason.INTERRUPTED, outcome.exitReason());
    assertEquals(4200, outcome.stepsDone());
    assertArrayEquals(checkpoint, Files.readAllBytes(run.checkpointFile()));
    assertArrayEquals(record, Files.readAllBytes(run.recordFile()));
    assertArrayEquals(rows, Files.readAllBytes(run.metricsFile()));
  }

  // ---- runs of other versions ------------------------------------------------------------------

  @Test
  void goesOnWithARunOfFormat1() throws IOException {
    copy(FORMAT_1.resolve("stopped"));
    assertEquals(1, run.record().format());
    var told = new Told();
    run.listener = told;
    run.toTheEnd();
    assertTrue(
        told.notes
            .getLast()
            .startsWith("The run was begun by a version of this program that did not"),
        told.notes.toString());
    RunRecord record = run.record();
    assertEquals(RunRecord.FORMAT, record.format());
    assertEquals(ExitReason.COMPLETED, record.exitReason());
    assertEquals(null, record.sessions().getFirst().bits());
    assertEquals(BitsVersion.CURRENT, record.sessions().getLast().bits());
    // What it did before is kept, digit by digit.
    assertTrue(
        Files.readString(run.metricsFile())
            .startsWith(Files.readString(FORMAT_1.resolve("stopped/metrics.csv"))));
    assertEquals(STEPS + 1, Files.readAllLines(run.metricsFile()).size());
    Checkpoint.read(run.checkpointFile()).requireMetrics(run.metricsFile());
  }

  @ParameterizedTest
  @CsvSource({"stopped, false", "constant, true"})
  void goesOnWithARunOfFormat2(String folder, boolean isConstant) throws IOException {
    copy(FORMAT_2.resolve(folder));
    assertEquals(2, run.record().format());
    if (isConstant) {
      run.plan = run.plan.withRule(new ConstantRule(2));
    }
    RunDirectory.Resumption begun = RunDirectory.planToResume(this.folder);
    assertEquals(run.plan, begun.plan());
    assertEquals(new DataChoice.Named("tiny"), begun.asked());
    run.toTheEnd();
    RunRecord record = run.record();
    assertEquals(RunRecord.FORMAT, record.format());
    assertEquals(run.plan, record.plan());
    assertEquals("tiny", record.data());
    assertEquals(ExitReason.COMPLETED, record.exitReason());
    assertEquals(isConstant, record.metrics().controller() == null);
    assertEquals(STEPS + 1, Files.readAllLines(run.metricsFile()).size());
    Checkpoint.read(run.checkpointFile()).requireMetrics(run.metricsFile());
  }

  @Test
  void aFinishedRunOfFormat2StaysAsItIs() throws IOException {
    copy(FORMAT_2.resolve("finished"));
    byte[] before = Files.readAllBytes(run.recordFile());
    assertEquals(ExitReason.COMPLETED, run.toTheEnd().exitReason());
    assertArrayEquals(before, Files.readAllBytes(run.recordFile()));
  }

  @Test
  void aFinishedRunOfFormat1StaysAsItIs() throws IOException {
    copy(FORMAT_1.resolve("finished"));
    byte[] before = Files.readAllBytes(run.recordFile());
    RunRecord record = run.toTheEnd().record();
    assertEquals(23.753579359054562, record.metrics().test().reconstructionLoss().mean());
    assertEquals(0.7965262780878645, record.metrics().test().klDivergence().mean());
    assertArrayEquals(before, Files.readAllBytes(run.recordFile()));
  }

  private void copy(Path from) throws IOException {
    for (String name : List.of("run.json", "metrics.csv", "checkpoint.safetensors")) {
      Files.copy(from.resolve(name), folder.resolve(name));
    }
  }

  @Test
  void otherBitsAreNotedOnce() throws IOException {
    run.until(4);
    Checkpoint read = Checkpoint.read(run.checkpointFile());
    new Checkpoint(
            read.state(),
            read.position(),
            read.plan(),
            read.layout(),
            read.images(),
            read.data(),
            1)
        .write(run.checkpointFile());
    // Whether or not there is a record.
    Files.delete(run.recordFile());
    var told = new Told();
    run.listener = told;
    run.until(7);
    assertEquals(
        List.of(
            "The run was begun by a version of this program that gives other bits (number 1; those"
                + " of this one have number "
                + BitsVersion.CURRENT
                + "): from here on they differ from those of a run that was never interrupted."),
        told.notes);
    run.until(9);
    assertEquals(1, told.notes.size());
  }

  @Test
  void recordsWhatEachProcessWas() throws IOException {
    run.askedThreads = Optional.of(1);
    run.until(4);
    run.askedThreads = Optional.empty();
    assertEquals(Optional.of(1), RunDirectory.planToResume(folder).askedThreads());
    run.until(7);
    assertEquals(Optional.empty(), RunDirectory.planToResume(folder).askedThreads());
    RunRecord.Session first = run.record().sessions().getFirst();
    assertEquals(1, first.askedThreads());
    assertEquals(BitsVersion.CURRENT, first.bits());
    assertEquals(Program.nameAndVersion(), first.program());
    assertEquals(Program.commit().orElse(null), first.commit());
    assertEquals(7L, run.record().checkpointStep());
  }

  // ---- divergence ------------------------------------------------------------------------------

  @Test
  void divergenceKeepsTheCheckpointFromBefore() throws IOException {
    run.until(4);
    String metrics = Files.readString(run.metricsFile());
    String row = metrics.lines().toList().getLast();
    // The same run, but as if its learning rate had been one at which nothing holds.
    run.plan = TinyRun.plan(3, 1e30);
    Checkpoint read = Checkpoint.read(run.checkpointFile());
    new Checkpoint(
            read.state(),
            read.position(),
            run.plan,
            read.layout(),
            read.images(),
            read.data(),
            read.bits())
        .write(run.checkpointFile());
    byte[] checkpoint = Files.readAllBytes(run.checkpointFile());
    var diverged = assertThrows(DivergedException.class, run::toTheEnd);
    String message = diverged.getMessage();
    assertTrue(
        message.matches(
            "Training diverged at step [56]: a (loss|parameter) is not a finite number\\. The last"
                + " finite losses were RL .* and KL .* nats per image, with beta .*\\. The"
                + " checkpoint from before is kept\\. A lower --lr may help\\."),
        message);
    List<String> rows = Files.readAllLines(run.metricsFile());
    assertFalse(row.equals(rows.getLast()));
    String[] last = rows.getLast().split(",", -1);
    assertTrue(
        message.contains(
            "RL %s and KL %s nats per image, with beta %s.".formatted(last[2], last[3], last[4])),
        message);
    assertArrayEquals(checkpoint, Files.readAllBytes(run.checkpointFile()));
    assertEquals(ExitReason.DIVERGED, run.record().exitReason());
    assertEquals(message, run.record().message());
    // Going on ends at the same step, with the same words.
    assertEquals(message, assertThrows(DivergedException.class, run::toTheEnd).getMessage());
  }

  @Test
  void divergenceAtOnceSaysThatNoLossWasFinite() {
    run.plan = TinyRun.plan(3, 1e-2);
    run.interval = CheckpointInterval.parse("1step");
    run.until(2);
    Checkpoint read = Checkpoint.read(run.checkpointFile());
    // The largest weights that a checkpoint may hold: the first product overflows.
    Arrays.fill(read.state().parameters(), Float.MAX_VALUE);
    try {
      read.write(run.checkpointFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String message = assertThrows(DivergedException.class, run::toTheEnd).getMessage();
    assertEquals(
        "Training diverged at step 3: a loss is not a finite number. No step of this process had"
            + " finite losses. The checkpoint from before is kept. A lower --lr may help.",
        message);
  }

  @Test
  void aRunThatDivergedBeforeItsFirstCheckpointSaysSo() throws IOException {
    run.until(4);
    Files.delete(run.checkpointFile());
    run.editRecord(
        json ->
            json.replace("\"interrupted\"", "\"diverged\"")
                .replace("\"checkpoint_step\": 4", "\"checkpoint_step\": 0"));
    var refusal = assertThrows(InputException.class, run::toTheEnd);
    String sentence =
        "The run in "
            + folder
            + " diverged before its first checkpoint, so there is nothing to go on from: begin"
            + " again with another --out and a lower --lr than 0.01.";
    assertEquals(sentence, refusal.getMessage());
    // As format 1 has it.
    run.editRecord(
        json ->
            json.replace("\"checkpoint_step\": 0,", "")
                .replace(
                    "\"message\": null",
                    "\"message\": \"Training diverged at step 5. There was no checkpoint yet. A"
                        + " lower --lr may help.\""));
    assertEquals(sentence, assertThrows(InputException.class, run::toTheEnd).getMessage());
  }

  @Test
  void aRunThatFailedBeforeItsFirstCheckpointBeginsAgain() throws IOException {
    run.until(4);
    Files.delete(run.checkpointFile());
    run.editRecord(
        json ->
            json.replace("\"interrupted\"", "\"failed\"")
                .replace("\"checkpoint_step\": 4", "\"checkpoint_step\": 0"));
    var told = new Told();
    run.listener = told;
    run.toTheEnd();
    assertEquals(List.of(ResumeWarnings.STARTING_OVER), told.notes);
    assertEquals(uninterrupted, run.result());
  }

  // ---- devices that fail -----------------------------------------------------------------------

  @Test
  void aCheckpointThatCannotBeWrittenIsOneSentence() throws IOException {
    Path moved = folder.resolveSibling(folder.getFileName() + "-moved");
    run.interval = CheckpointInterval.parse("4steps");
    run.listener =
        new RunObserver() {
          @Override
          public void step(StepReport report) {
            if (report.step() == 8) {
              try {
                Files.move(folder, moved);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }
          }
        };
    var refusal = assertThrows(UnwritableException.class, run::toTheEnd);
    assertEquals(
        "The run directory "
            + folder
            + " was moved or removed while the run was training; train --resume goes on from the"
            + " last checkpoint in it.",
        refusal.getMessage());
    // What was there before is whole, and good to go on with.
    Files.move(moved, folder);
    run.listener = RunObserver.NONE;
    assertEquals(4, Checkpoint.read(run.checkpointFile()).state().step());
    run.toTheEnd();
    assertEquals(uninterrupted, run.result());
  }

  @Test
  void aLogThatCannotBeWrittenIsOneSentence() throws IOException {
    run.until(4);
    byte[] checkpoint = Files.readAllBytes(run.checkpointFile());
    Files.delete(run.metricsFile());
    Files.createDirectory(run.metricsFile());
    String message = assertThrows(InputException.class, run::toTheEnd).getMessage();
    assertEquals(run.metricsFile() + " is a folder, not a regular file.", message);
    assertArrayEquals(checkpoint, Files.readAllBytes(run.checkpointFile()));
    // Refused before anything began.
    assertEquals(ExitReason.INTERRUPTED, run.record().exitReason());
  }
}
