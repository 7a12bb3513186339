// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.train.EpochReport;
import io.github.cvaegpu.train.StepReport;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class QueuedProgressTest {
  private final List<String> shown = Collections.synchronizedList(new ArrayList<>());
  private final StringWriter said = new StringWriter();
  private final CountDownLatch isHeld = new CountDownLatch(1);

  /** Shows nothing more until the terminal is let go. */
  private final class Terminal implements Progress {
    @Override
    public void step(StepReport report) {
      await();
      shown.add("step " + report.step());
    }

    @Override
    public void epoch(EpochReport report) {
      await();
      shown.add("epoch " + report.epoch());
    }

    @Override
    public void close() {
      shown.add("closed");
    }

    private void await() {
      try {
        isHeld.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static StepReport step(long step) {
    return new StepReport(step, 1, 100, 5, 1);
  }

  private static EpochReport epoch(int epoch) {
    return new EpochReport(epoch, 2, 100, 5, 1, 1000);
  }

  @Test
  void everythingIsShownBeforeItIsClosed() {
    isHeld.countDown();
    try (var progress = new QueuedProgress(new Terminal(), new PrintWriter(said))) {
      progress.step(step(1));
      progress.epoch(epoch(1));
    }
    assertEquals(List.of("step 1", "epoch 1", "closed"), shown);
  }

  @Test
  void aHeldTerminalHoldsUpNoSteps() {
    try (var progress = new QueuedProgress(new Terminal(), new PrintWriter(said))) {
      for (int i = 1; i <= 100_000; i++) {
        progress.step(step(i));
      }
      isHeld.countDown();
      progress.epoch(epoch(1));
    }
    assertEquals("step 1", shown.getFirst());
    assertEquals(List.of("epoch 1", "closed"), shown.subList(shown.size() - 2, shown.size()));
    assertTrue(shown.size() < 10_000, shown.size() + " shown");
  }

  @Test
  void aProgressThatBreaksIsSaidAndEndsNothing() {
    Progress broken =
        new Progress() {
          @Override
          public void epoch(EpochReport report) {
            throw new AssertionError("no such terminal");
          }
        };
    try (var progress = new QueuedProgress(broken, new PrintWriter(said))) {
      progress.epoch(epoch(1));
    }
    assertTrue(said.toString().contains("no such terminal"), said.toString());
  }
}
