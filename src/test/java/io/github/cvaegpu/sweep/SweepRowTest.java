// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.sweep.MadeUpSweep.Figures;
import io.github.cvaegpu.train.FolderHolder;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SweepRowTest {
  @TempDir private Path temp;
  private MadeUpSweep sweep;

  @BeforeEach
  void begin() {
    sweep = new MadeUpSweep(temp, MadeUpSweep.grid(10, "kl=5"));
  }

  private SweepRow row(int index) {
    return SweepRow.read(sweep.folder, sweep.plan.point(index), null, Optional.empty());
  }

  @Test
  void aRowHasTheFiguresOfItsRecord() {
    Figures figures = Figures.of(100.5, 4.75);
    figures.trainKl = 5.25;
    figures.trainRl = 98;
    figures.beta = 1.5;
    sweep.put(0, figures);
    SweepRow row =
        SweepRow.read(sweep.folder, sweep.plan.point(0), "stopped at rung 1", Optional.empty());
    assertEquals(RunState.COMPLETED, row.state());
    assertTrue(row.isCompleted());
    assertEquals("stopped at rung 1", row.note());
    assertNull(row.message());
    assertEquals(OptionalDouble.of(-105.25), Quantity.TEST_ELBO.of(row));
    assertEquals(OptionalDouble.of(100.5), Quantity.TEST_RL.of(row));
    assertEquals(OptionalDouble.of(4.75), Quantity.TEST_KL.of(row));
    assertEquals(OptionalDouble.of(98), Quantity.TRAIN_RL.of(row));
    assertEquals(OptionalDouble.of(-103.25), Quantity.TRAIN_ELBO.of(row));
    assertEquals(OptionalDouble.of(1.5), Quantity.LAST_BETA.of(row));
    assertEquals(OptionalDouble.of(0.25), Quantity.KL_ERROR.of(row));
    assertEquals(OptionalDouble.of(12), Quantity.SETTLED_STEP.of(row));
    assertEquals(OptionalDouble.of(0.25), Quantity.KL_OVERSHOOT.of(row));
    assertEquals(OptionalDouble.of(12_345), Quantity.IMAGES_PER_SECOND.of(row));
    assertEquals(OptionalDouble.empty(), Quantity.LOG_LIKELIHOOD.of(row));
    assertEquals(OptionalDouble.empty(), Quantity.VALIDATION_ELBO.of(row));
    assertEquals(OptionalDouble.of(5), row.trained().setPoint());
    assertEquals(2, row.trained().epochsDone());
    assertEquals(20, row.trained().stepsPlanned());
    assertEquals("cpu (a processor)", row.trained().engine());
  }

  @Test
  void aRunThatIsNotCompletedHasNoFinalFigures() {
    sweep.put(0, Figures.ended(ExitReason.DIVERGED, "The loss was NaN at step 7."));
    sweep.put(1, Figures.ended(ExitReason.INTERRUPTED, null));
    sweep.put(2, Figures.ended(ExitReason.RUNNING, null));
    sweep.put(3, Figures.ended(ExitReason.FAILED, "The disk is full."));
    assertEquals(RunState.DIVERGED, row(0).state());
    assertEquals("The loss was NaN at step 7.", row(0).message());
    assertEquals(RunState.INTERRUPTED, row(1).state());
    // Nobody has its lock: it was killed.
    assertEquals(RunState.INTERRUPTED, row(2).state());
    assertEquals(RunState.FAILED, row(3).state());
    for (int i = 0; i < 4; i++) {
      assertFalse(row(i).isCompleted());
      assertEquals(OptionalDouble.empty(), Quantity.TEST_ELBO.of(row(i)));
      assertEquals(1, row(i).trained().epochsDone());
      assertEquals(2, row(i).trained().epochsPlanned());
    }
    assertEquals(
        List.of(false, true, true, false),
        IntStream.range(0, 4).mapToObj(i -> row(i).state().isOpen()).toList());
  }

  @Test
  void aProcessAtWorkIsSeenByItsLock() throws IOException {
    sweep.put(0, Figures.ended(ExitReason.RUNNING, null));
    try (var holder = new FolderHolder(sweep.folder.folder(sweep.plan.point(0)))) {
      assertEquals(RunState.RUNNING, row(0).state());
      assertTrue(row(0).state().isOpen());
      assertTrue(holder.isAlive());
    }
    assertEquals(RunState.INTERRUPTED, row(0).state());
  }

  @Test
  void aRunMayHaveNoRecord() {
    assertEquals(RunState.NOT_BEGUN, row(0).state());
    assertNull(row(0).trained());
    sweep.folder.refuse(sweep.plan.point(1), "--beta and --kl cannot both be given.");
    assertEquals(RunState.REFUSED, row(1).state());
    assertEquals("--beta and --kl cannot both be given.", row(1).message());
    assertFalse(row(1).state().isOpen());
  }

  /** Gathering goes on: the row says what is wrong. */
  @Test
  void aDamagedRecordIsARowToo() throws IOException {
    sweep.put(0, new Figures());
    Path file = RunDirectory.recordFile(sweep.folder.folder(sweep.plan.point(0)));
    Files.writeString(file, Files.readString(file).substring(0, 300));
    assertEquals(RunState.UNREADABLE, row(0).state());
    assertTrue(row(0).message().contains("is damaged"), row(0).message());
    Files.delete(file);
    Files.createDirectory(file);
    assertEquals(RunState.UNREADABLE, row(0).state());
  }

  /** A session that was killed has no end, and the seconds are said not to have it. */
  @Test
  void secondsAreOfSessionsWhoseEndIsKnown() {
    Figures figures = new Figures();
    figures.sessions =
        List.<String[]>of(
            new String[] {"2026-01-01T00:00:00Z", null},
            new String[] {"2026-01-01T00:00:00Z", "2026-01-01T00:00:02.500Z"},
            new String[] {"2026-01-02T00:00:00Z", "2026-01-02T00:01:00Z"},
            // A clock that was set back.
            new String[] {"2026-01-03T00:00:00Z", "2026-01-02T00:00:00Z"});
    sweep.put(0, figures);
    assertEquals(62.5, row(0).trained().seconds(), 1e-9);
    assertEquals(1, row(0).trained().openSessions());
  }

  @Test
  void measuresAreOfTheParametersThatTheRunHasNow() throws IOException {
    Figures figures = new Figures();
    figures.bound = -101.0;
    figures.logLikelihood = -100.0;
    sweep.put(0, figures);
    assertEquals(OptionalDouble.of(-101), Quantity.IMPORTANCE_WEIGHTED_BOUND.of(row(0)));
    assertEquals(OptionalDouble.of(-100), Quantity.LOG_LIKELIHOOD.of(row(0)));
    figures.sha256 = "cd".repeat(32);
    sweep.put(0, figures);
    assertNull(row(0).measures());
    figures.sha256 = MadeUpSweep.SHA256;
    sweep.put(0, figures);
    Path file = RunMeasures.file(sweep.folder.folder(sweep.plan.point(0)));
    String whole = Files.readString(file);
    for (String damaged :
        List.of(
            "",
            "{",
            "[]",
            "null",
            "{}",
            whole.replace("\"format\": 1", "\"format\": 2"),
            whole.replace("\"images\": 50", "\"images\": \"many\""),
            whole.replace("\"log_likelihood\"", "\"log_likely\""))) {
      Files.writeString(file, damaged);
      assertNull(row(0).measures(), damaged);
      assertEquals(RunState.COMPLETED, row(0).state(), damaged);
    }
    Files.writeString(file, " ".repeat(1 << 20));
    assertNull(row(0).measures());
    Files.writeString(file, whole);
    assertEquals(OptionalDouble.of(-100), Quantity.LOG_LIKELIHOOD.of(row(0)));
  }

  /** A figure that overflowed is null in the file, and none here. */
  @Test
  void aFigureThatIsNotFiniteIsNone() {
    Figures figures = Figures.of(Double.POSITIVE_INFINITY, 5);
    figures.trainRl = 99;
    sweep.put(0, figures);
    assertEquals(OptionalDouble.empty(), Quantity.TEST_RL.of(row(0)));
    assertEquals(OptionalDouble.empty(), Quantity.TEST_ELBO.of(row(0)));
    assertEquals(OptionalDouble.of(5), Quantity.TEST_KL.of(row(0)));
    assertEquals(
        "The test ELBO of kl=5_seed=0 is not finite.", Measure.ELBO.missing(row(0)).orElseThrow());
    assertEquals(
        Map.of(), Map.copyOf(sweep.read().summaries().getFirst().bySeed(Quantity.TEST_RL)));
  }

  @Test
  void aMeasureSaysWhyARunHasNone() {
    Figures figures = new Figures();
    figures.latent = 10;
    figures.setPoint = null;
    sweep.put(0, figures);
    assertTrue(Measure.ELBO.missing(row(0)).isEmpty());
    assertEquals(
        "log p(x) is integrated over 1 or 2 latent dimensions, and kl=5_seed=0 has 10: take the"
            + " measure bound.",
        Measure.LOG_LIKELIHOOD.missing(row(0)).orElseThrow());
    assertEquals(
        "The bound L_100 of kl=5_seed=0 was not measured yet.",
        Measure.BOUND.missing(row(0)).orElseThrow());
    assertEquals(
        "kl=5_seed=0 holds no KL divergence.", Measure.KL_ERROR.missing(row(0)).orElseThrow());
    assertEquals(
        "kl=5_seed=1 was not trained to its end, and has no KL error.",
        Measure.KL_ERROR.missing(row(1)).orElseThrow());
  }
}
