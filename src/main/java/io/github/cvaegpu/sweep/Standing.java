// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import java.nio.file.Path;
import java.util.Optional;

/** How a run of a sweep stands. */
public enum Standing {
  /** All of it is done. */
  COMPLETED("completed"),
  /** A process trains it now. */
  AT_WORK("at work"),
  /** It was stopped, or killed, and goes on from its checkpoint. */
  INTERRUPTED("interrupted"),
  /** A loss was not finite; it would be the same again. */
  DIVERGED("diverged"),
  /** It was refused: its settings do not go together, or its folder cannot be used. */
  REFUSED("refused"),
  /** Something else went wrong. */
  FAILED("failed"),
  /** Nothing of it is there yet. */
  WAITING("waiting");

  private final String words;

  Standing(String words) {
    this.words = words;
  }

  /** As a table has it. */
  @Override
  public String toString() {
    return words;
  }

  /**
   * A run, as its folder has it.
   *
   * @param run which
   * @param state how it stands
   * @param epochs done by its last checkpoint
   * @param of how many; 0 of a run that has not begun
   * @param why in a sentence, of a run that diverged, failed or was refused
   */
  public record Seen(SweepPoint run, Standing state, int epochs, int of, Optional<String> why) {}

  /**
   * Looks at a run. Nothing is written.
   *
   * @param isHeldToWork whether somebody knows that a process is at it, where locks do not tell
   */
  public static Seen of(SweepFolder sweep, SweepPoint run, boolean isHeldToWork) {
    try {
      return seen(sweep, run, isHeldToWork);
    } catch (InputException e) {
      return new Seen(run, FAILED, 0, 0, Optional.of(e.getMessage()));
    }
  }

  private static Seen seen(SweepFolder sweep, SweepPoint run, boolean isHeldToWork) {
    Optional<String> refusal = sweep.refusal(run);
    if (refusal.isPresent()) {
      return new Seen(run, REFUSED, 0, 0, refusal);
    }
    Path folder = sweep.folder(run);
    if (!RunDirectory.hasBegun(folder)) {
      boolean hasBegun = isHeldToWork || RunDirectory.isInUse(folder);
      return new Seen(run, hasBegun ? AT_WORK : WAITING, 0, 0, Optional.empty());
    }
    RunRecord record = RunDirectory.readRecord(folder);
    Standing state =
        switch (record.exitReason()) {
          case COMPLETED -> record.metrics() == null ? INTERRUPTED : COMPLETED;
          case DIVERGED -> DIVERGED;
          case FAILED -> FAILED;
          case INTERRUPTED -> INTERRUPTED;
          case RUNNING -> isHeldToWork || RunDirectory.isInUse(folder) ? AT_WORK : INTERRUPTED;
        };
    boolean isWrong = state == DIVERGED || state == FAILED;
    return new Seen(
        run,
        state,
        record.parametersSha256().size(),
        record.plan().epochs(),
        isWrong ? Optional.ofNullable(record.message()) : Optional.empty());
  }
}
