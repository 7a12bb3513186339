// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StopRequestTest {
  private static final int AT = 3;

  @TempDir Path temp;

  /** The file is looked for once a second, so the run is to last longer. */
  private static final class Slow implements RunObserver {
    private final Path folder;
    private final List<String> said = new ArrayList<>();

    Slow(Path folder) {
      this.folder = folder;
    }

    @Override
    public void step(StepReport report) {
      if (report.step() == AT) {
        StopRequest.make(folder);
        assertTrue(StopRequest.isMade(folder));
      }
      if (report.step() >= AT) {
        try {
          Thread.sleep(300);
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }

    @Override
    public void says(String sentence) {
      said.add(sentence);
    }
  }

  @Test
  void aRunStopsWithACheckpointAndGoesOnToTheSameEnd() throws IOException {
    Path folder = temp.resolve("run");
    var run = new TinyRun(folder);
    var observer = new Slow(folder);
    run.listener = observer;
    Trainer.Outcome outcome = run.toTheEnd();
    assertEquals(ExitReason.INTERRUPTED, outcome.exitReason());
    assertTrue(
        outcome.stepsDone() > AT && outcome.stepsDone() < 12, "stopped at " + outcome.stepsDone());
    assertEquals(List.of(StopRequest.SENTENCE), observer.said);
    assertTrue(Files.exists(run.checkpointFile()));
    assertFalse(StopRequest.isMade(folder));

    run.listener = RunObserver.NONE;
    assertEquals(ExitReason.COMPLETED, run.toTheEnd().exitReason());
    var other = new TinyRun(temp.resolve("other"));
    other.toTheEnd();
    assertEquals(other.result(), run.result());
  }

  /** Of a run that was killed before it saw it, or of one that was asked after its end. */
  @Test
  void anOldRequestDoesNotStopWhatComesLater() throws IOException {
    var run = new TinyRun(temp);
    run.until(2);
    StopRequest.make(temp);
    StopRequest.make(temp);
    assertEquals(ExitReason.COMPLETED, run.toTheEnd().exitReason());
    assertFalse(StopRequest.isMade(temp));
  }
}
