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
    volatile Thread thread;

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
        thread = Thread.currentThread();
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
    assertEquals(0, queued.missed());
    assertTrue(queued.failure().isEmpty());
    assertFalse(queued.isGivenUp());
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
    var queued = new QueuedObserver(slow, 2, LONG);
    queued.step(step(1));
    await(slow.isInFirstStep);
    for (int i = 2; i <= 1000; i++) {
      // Returns at once: the observer is still in its first step.
      queued.step(step(i));
    }
    queued.epoch(epoch(1));
    queued.ends(FOLDER, null);
    slow.mayGoOn.countDown();
    queued.close();
    assertEquals(1000 - 3, queued.missed());
    assertEquals(List.of("step 1", "step 2", "step 3", "epoch 1", "ends run"), slow.told);
  }

  /** Whatever there is to tell, and however often: a day of epochs takes no longer than one. */
  @Test
  void anObserverThatHangsHoldsUpNothing() {
    var slow = new Slow();
    var queued = new QueuedObserver(slow, 1, SHORT);
    queued.step(step(1));
    await(slow.isInFirstStep);
    for (int i = 1; i <= 1_000_000; i++) {
      queued.epoch(epoch(i));
      queued.checkpoint(FOLDER, i);
    }
    assertEquals(2_000_001, queued.missed());
    long start = System.nanoTime();
    queued.close();
    assertTrue(System.nanoTime() - start < LONG.toNanos(), "it was waited for");
    assertTrue(queued.isGivenUp());
    assertEquals(List.of("step 1"), slow.told);
  }

  /** It may take the interrupt for something else, and come back. */
  @Test
  void whatIsGivenUpIsToldNoMore() throws InterruptedException {
    var slow = new Slow();
    var queued = new QueuedObserver(slow, 100, SHORT);
    queued.step(step(1));
    await(slow.isInFirstStep);
    queued.epoch(epoch(1));
    queued.close();
    assertTrue(queued.isGivenUp());
    while (queued.missed() > 1) {
      Thread.sleep(1);
    }
    assertTrue(slow.thread.join(LONG));
    assertEquals(1, queued.missed());
    assertEquals(List.of("step 1"), slow.told);
  }

  /** An error too: the queue is to reach its end. */
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
    assertFalse(queued.isGivenUp());
    // All but two epochs and a step.
    assertEquals(18 - 3, queued.missed());
  }
}
