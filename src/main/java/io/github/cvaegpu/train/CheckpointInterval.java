// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.InputException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How often a run writes its checkpoint. It has no effect on the numbers.
 *
 * @param amount how many units, from 1
 * @param unit of what
 */
public record CheckpointInterval(long amount, Unit unit) {
  private static final Pattern SPELLING = Pattern.compile("(\\d{1,9})\\s*([a-z]+)");

  /** What an interval is counted in. */
  public enum Unit {
    /** Seconds of wall time since the last checkpoint. */
    SECONDS,
    /** Training steps of the run. */
    STEPS,
    /** Epochs of the run. */
    EPOCHS
  }

  /** Refuses an interval of nothing. */
  public CheckpointInterval {
    if (amount < 1) {
      throw new InputException("A checkpoint interval must be 1 or more, not " + amount + ".");
    }
  }

  /**
   * Reads {@code 10s}, {@code 500steps} or {@code 5epochs}.
   *
   * @throws InputException if the text is none of these
   */
  public static CheckpointInterval parse(String text) {
    Matcher matcher = SPELLING.matcher(text);
    Unit unit = null;
    if (matcher.matches()) {
      unit =
          switch (matcher.group(2)) {
            case "s" -> Unit.SECONDS;
            case "step", "steps" -> Unit.STEPS;
            case "epoch", "epochs" -> Unit.EPOCHS;
            default -> null;
          };
    }
    if (unit == null) {
      throw new InputException(
          "'%s' is no checkpoint interval: write 10s, 500steps or 5epochs.".formatted(text));
    }
    return new CheckpointInterval(Long.parseLong(matcher.group(1)), unit);
  }

  /**
   * Whether a checkpoint is due after a step. An engine that is ahead of its reports cannot stop at
   * the very step that asks for it, so a multiple that was passed counts as well as one that is
   * met.
   *
   * @param stepsDone steps of the run
   * @param stepsAtLast of them, those that the last checkpoint has, or that this process began with
   * @param nanosSinceLast wall time since then
   */
  boolean isDue(long stepsDone, long stepsAtLast, int stepsPerEpoch, long nanosSinceLast) {
    return switch (unit) {
      case SECONDS -> nanosSinceLast >= amount * 1_000_000_000L;
      case STEPS -> stepsDone / amount > stepsAtLast / amount;
      case EPOCHS -> stepsDone / (amount * stepsPerEpoch) > stepsAtLast / (amount * stepsPerEpoch);
    };
  }
}
