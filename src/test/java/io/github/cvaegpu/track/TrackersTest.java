// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.train.EpochReport;
import io.github.cvaegpu.train.RunObserver;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.StepReport;
import io.github.cvaegpu.train.TinyRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever becomes of a tracker, the run is the one that had none. */
@Timeout(120)
class TrackersTest {
  @TempDir static Path shared;
  private static TinyRun.Result alone;

  @TempDir Path temp;
  private TrackedRun run;

  @BeforeAll
  static void trainWithout() throws IOException {
    alone = TrackedRun.alone(shared.resolve("alone"));
  }

  @BeforeEach
  void newRun() {
    run = new TrackedRun(temp.resolve("run"));
  }

  /** Takes down what it is told. */
  private static class Told implements Tracker {
    final List<String> events = Collections.synchronizedList(new ArrayList<>());
    volatile boolean isClosed;

    @Override
    public String name() {
      return "The test";
    }

    @Override
    public void begins(Path folder, RunRecord record) {
      events.add("begins");
    }

    @Override
    public void step(StepReport report) {
      events.add("step " + report.step());
    }

    @Override
    public void epoch(EpochReport report) {
      events.add("epoch " + report.epoch());
    }

    @Override
    public void ends(Path folder, RunRecord record) {
      events.add("ends " + record.exitReason());
    }

    @Override
    public void close() {
      isClosed = true;
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void assertRunIsAsAlone() throws IOException {
    assertEquals(alone, run.run.result());
  }

  @Test
  void aTrackerIsToldOfEverything() throws IOException {
    var told = new Told();
    run.toTheEnd(told);
    assertEquals(1 + TrackedRun.STEPS + 3 + 1, told.events.size());
    assertEquals("begins", told.events.getFirst());
    assertEquals("ends COMPLETED", told.events.getLast());
    assertTrue(told.isClosed);
    assertEquals(List.of(), run.warnings);
    assertRunIsAsAlone();
  }

  @Test
  void oneThatFailsIsToldNoMoreAndTheOthersAre() throws IOException {
    Told full =
        new Told() {
          @Override
          public void step(StepReport report) {
            if (report.step() == 3) {
              throw new UncheckedIOException(new IOException("No space left on device"));
            }
            super.step(report);
          }
        };
    var other = new Told();
    run.toTheEnd(full, other);
    assertEquals(List.of("begins", "step 1", "step 2"), full.events);
    assertTrue(full.isClosed);
    assertEquals("ends COMPLETED", other.events.getLast());
    assertEquals(
        List.of(
            "The test gets no more of this run (No space left on device); the run goes on without"
                + " it.",
            // The checkpoint at the end is told of, too.
            "The test has missed 18 rows of this run."),
        run.warnings);
    assertRunIsAsAlone();
  }

  /** While the run goes on, not only at its end. */
  @Test
  void aFailureIsSaidWhenItIsNoticed() throws InterruptedException {
    var failing =
        new Told() {
          @Override
          public void begins(Path folder, RunRecord record) {
            throw new IllegalStateException("no server");
          }
        };
    List<String> warnings = new ArrayList<>();
    try (var trackers = new Trackers(List.of(failing), 10, Duration.ofSeconds(10), warnings::add)) {
      trackers.begins(temp, null);
      while (warnings.isEmpty()) {
        trackers.step(new StepReport(1, 1, 1, 1, 1));
        Thread.sleep(1);
      }
      trackers.step(new StepReport(2, 1, 1, 1, 1));
      assertEquals(
          List.of(
              "The test gets no more of this run (java.lang.IllegalStateException: no server); the"
                  + " run goes on without it."),
          warnings);
    }
    assertEquals(2, warnings.size());
  }

  @Test
  void oneThatHangsIsGivenUp() throws IOException {
    var never = new CountDownLatch(1);
    Told hanging =
        new Told() {
          @Override
          public void begins(Path folder, RunRecord record) {
            await(never);
          }
        };
    var other = new Told();
    run.patience = Duration.ofSeconds(1);
    long start = System.nanoTime();
    run.toTheEnd(hanging, other);
    assertTrue(System.nanoTime() - start < 60e9);
    assertEquals(List.of(), hanging.events);
    assertFalse(hanging.isClosed, "it was asked to close while it hangs");
    assertEquals("ends COMPLETED", other.events.getLast());
    assertEquals(
        List.of(
            "The test did not take the rest of the run within 1 s and was given up; it has missed"
                + " 21 rows."),
        run.warnings);
    assertRunIsAsAlone();
  }

  /** Its queue is full of steps from the sixth on: those until it is let go are missing. */
  @Test
  void oneThatIsSlowMissesStepsAndNothingElse() throws IOException {
    var hasBegun = new CountDownLatch(1);
    var mayGoOn = new CountDownLatch(1);
    Told slow =
        new Told() {
          @Override
          public void begins(Path folder, RunRecord record) {
            hasBegun.countDown();
            await(mayGoOn);
            super.begins(folder, record);
          }
        };
    RunObserver training =
        new RunObserver() {
          @Override
          public void begins(Path folder, RunRecord record) {
            await(hasBegun);
          }

          @Override
          public void ends(Path folder, RunRecord record) {
            mayGoOn.countDown();
          }
        };
    run.rows = 5;
    run.until(-1, training, slow);
    // Five steps wait; of what is rarer as many find room.
    assertEquals(
        List.of(
            "begins",
            "step 1",
            "step 2",
            "step 3",
            "step 4",
            "step 5",
            "epoch 1",
            "epoch 2",
            "epoch 3",
            "ends COMPLETED"),
        slow.events);
    assertEquals(List.of("The test has missed 10 rows of this run."), run.warnings);
    assertRunIsAsAlone();
  }

  @Test
  void oneThatCannotCloseIsSaid() throws IOException {
    run.toTheEnd(
        new Told() {
          @Override
          public void close() {
            throw new UncheckedIOException(new IOException("stale file handle"));
          }
        });
    assertEquals(List.of("The test may lack some of this run (stale file handle)."), run.warnings);
    assertRunIsAsAlone();
  }

  /** A row is a mean before it waits: what is missed is whole rows. */
  @Test
  void rowsAreMeansOfWholeStretches() throws IOException {
    Told means =
        new Told() {
          @Override
          public int stepsOfRow() {
            return 3;
          }
        };
    run.toTheEnd(means);
    assertEquals(
        List.of(
            "begins",
            "step 3",
            "step 5",
            "epoch 1",
            "step 6",
            "step 9",
            "step 10",
            "epoch 2",
            "step 12",
            "step 15",
            "epoch 3",
            "ends COMPLETED"),
        means.events);
    assertRunIsAsAlone();
  }

  /** It is refused beforehand as a rule, but a folder may go away meanwhile. */
  @Test
  void filesThatCannotBeMadeStopNothing() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "");
    run.toTheEnd(new TensorBoard(file.resolve("tb")), new JsonLines(file.resolve("log")));
    assertEquals(4, run.warnings.size(), run.warnings.toString());
    // Each from a thread of its own, in whichever order.
    String beginning = "TensorBoard's folder " + file.resolve("tb") + " gets no more of this run (";
    assertTrue(
        run.warnings.stream().anyMatch(warning -> warning.startsWith(beginning)),
        run.warnings.toString());
    assertRunIsAsAlone();
  }
}
