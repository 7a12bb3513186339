// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import java.util.Locale;

/** How a run of a sweep stands. */
public enum RunState {
  /** It was trained to its end. */
  COMPLETED("completed"),
  /** A process is at work on it, as far as its folder's lock tells. */
  RUNNING("running"),
  /** It was stopped, or killed, and goes on from its checkpoint. */
  INTERRUPTED("interrupted"),
  /** It was worse than others at a rung of {@link Halving}, and is left there. */
  LEFT("left early"),
  /** A loss was not finite. */
  DIVERGED("diverged"),
  /** Something else went wrong. */
  FAILED("failed"),
  /** Its settings are none that can be trained. */
  REFUSED("refused"),
  /** It has a {@code run.json} that cannot be used. */
  UNREADABLE("unreadable"),
  /** There is nothing of it yet. */
  NOT_BEGUN("not begun");

  private final String text;

  RunState(String text) {
    this.text = text;
  }

  /** For people. */
  public String text() {
    return text;
  }

  /** Whether there is more of it to train. */
  public boolean isOpen() {
    return this == NOT_BEGUN || this == RUNNING || this == INTERRUPTED;
  }

  /** As files have it: one word. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
