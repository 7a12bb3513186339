// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class QueuedObserverTest {
  private static final Path FOLDER = Path.of("run");
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(20);

  /** Writes down what it is told; waits in the first step until it is let go. */
  private static final class Slow implements RunObserver {
    final List<String> told = Collections.synchronizedList(new ArrayList<>());
    final CountDownLatch isInFirstStep = new CountDownLatch(1);
    final CountDownLatch mayGoOn = new CountDownLatch(1);

    @Override
    public void begins(Path folder, RunRecord record) {
      told.add("begins " + folder);
    }

    @Override
    public void warns(String sentence) {
      told.add("warns " + sentence);
    }

    @Override
    public void step(StepReport report) {
      told.add("step " + report.step());
      if (report.step() == 1) {
        isInFirstStep.countDown();
        await(mayGoOn);
      }
    }

    @Override
    public void epoch(EpochReport report) {
      told.add("epoch " + report.epoch());
    }

    @Override
    public void checkpoint(Path file, long step) {
      told.add("checkpoint " + step);
    }

    @Override
    public void ends(Path folder, RunRecord record) {
      told.add("ends " + folder);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      // Given up by whoever waits for its end.
    }
  }

  private static StepReport step(long step) {
    return new StepReport(step, 1, 100, 5, 1);
  }

  private static EpochReport epoch(int epoch) {
    return new EpochReport(epoch, 9, 100, 5, 1, 1000);
  }

  @Test
  void tellsEverythingInOrderOnAnotherThread() {
    var slow = new Slow();
    slow.mayGoOn.countDown();
    Thread[] thread = new Thread[1];
    RunObserver both =
        RunObservers.of(
            slow,
            new RunObserver() {
              @Override
              public void ends(Path folder, RunRecord record) {
                thread[0] = Thread.currentThread();
              }
            });
    var queued = new QueuedObserver(both, 100, LONG);
    queued.warns("sentence");
    queued.begins(FOLDER, null);
    queued.step(step(1));
    queued.step(step(2));
    queued.epoch(epoch(1));
    queued.checkpoint(FOLDER, 2);
    queued.ends(FOLDER, null);
    queued.close();
    assertEquals(0, queued.dropped());
    assertTrue(queued.failure().isEmpty());
    assertEquals(
        List.of(
            "warns sentence",
            "begins run",
            "step 1",
            "step 2",
            "epoch 1",
            "checkpoint 2",
            "ends run"),
        slow.told);
    assertFalse(Thread.currentThread().equals(thread[0]));
  }

  @Test
  void aFullQueueLeavesStepsOutAndKeepsWhatIsRarer() {
    var slow = new Slow();
    try (var queued = new QueuedObserver(slow, 2, LONG)) {
      queued.step(step(1));
      await(slow.isInFirstStep);
      for (int i = 2; i <= 1000; i++) {
        // Returns at once: the observer is still in its first step.
        queued.step(step(i));
      }
      assertEquals(1000 - 3, queued.dropped());
      slow.mayGoOn.countDown();
      queued.epoch(epoch(1));
      queued.ends(FOLDER, null);
    }
    assertEquals(List.of("step 1", "step 2", "step 3", "epoch 1", "ends run"), slow.told);
  }

  @Test
  void anObserverThatHangsHoldsUpNothingForLong() {
    var slow = new Slow();
    var queued = new QueuedObserver(slow, 1, SHORT);
    queued.step(step(1));
    await(slow.isInFirstStep);
    queued.epoch(epoch(1));
    queued.epoch(epoch(2));
    queued.checkpoint(FOLDER, 7);
    assertEquals(2, queued.dropped());
    queued.close();
    slow.mayGoOn.countDown();
    assertEquals("step 1", slow.told.getFirst());
    assertFalse(slow.told.contains("epoch 2"), slow.told.toString());
  }

  /** A day of epochs would be left out in the time of one. */
  @Test
  void aStuckObserverIsWaitedForOnce() {
    var slow = new Slow();
    var queued = new QueuedObserver(slow, 1, Duration.ofMillis(200));
    queued.step(step(1));
    await(slow.isInFirstStep);
    long start = System.nanoTime();
    for (int i = 1; i <= 1000; i++) {
      queued.epoch(epoch(i));
    }
    assertTrue(System.nanoTime() - start < 100 * 200_000_000L, "each was waited for");
    assertEquals(999, queued.dropped());
    slow.mayGoOn.countDown();
    queued.close();
    assertEquals(List.of("step 1", "epoch 1"), slow.told);
  }

  /** An error too: whoever waits for room would wait in vain. */
  @Test
  void whatItThrowsEndsItsBeingTold() {
    var failure = new AssertionError("no dashboard");
    List<Long> steps = Collections.synchronizedList(new ArrayList<>());
    RunObserver failing =
        new RunObserver() {
          @Override
          public void step(StepReport report) {
            steps.add(report.step());
            if (report.step() == 2) {
              throw failure;
            }
          }
        };
    var queued = new QueuedObserver(failing, 100, LONG);
    for (int i = 1; i <= 9; i++) {
      queued.epoch(epoch(i));
      queued.step(step(i));
    }
    queued.close();
    assertSame(failure, queued.failure().orElseThrow());
    assertEquals(List.of(1L, 2L), steps);
  }
}
