// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.engine.BitsVersion;
import io.github.cvaegpu.engine.EngineInfo;
import java.util.Locale;
import java.util.Optional;

/**
 * What a user should know of a run that goes on otherwise than if it had never been interrupted.
 */
final class ResumeWarnings {
  /** The run has no checkpoint. */
  static final String STARTING_OVER = "the run had no checkpoint yet; it begins again at step 0.";

  private ResumeWarnings() {}

  /** A sentence where two processes of a run do not compute the same bits. */
  static Optional<String> otherMachine(EngineInfo last, EngineInfo now) {
    return last.computesLike(now)
        ? Optional.empty()
        : Optional.of(
            ("The run's last process computed with %s and this one computes with %s: from here on"
                    + " its bits may differ from those of a run that was never interrupted.")
                .formatted(last.what(), now.what()));
  }

  /**
   * A sentence where a run was begun by a version of this program that gives other bits.
   *
   * @param bits the {@link BitsVersion} of its checkpoint
   */
  static Optional<String> otherBits(int bits) {
    if (bits == BitsVersion.CURRENT) {
      return Optional.empty();
    }
    return Optional.of(
        bits == BitsVersion.UNKNOWN
            ? "The run was begun by a version of this program that did not record which bits it"
                + " gives: from here on they may differ from those of a run that was never"
                + " interrupted."
            : String.format(
                Locale.ROOT,
                "The run was begun by a version of this program that gives other bits (number %d;"
                    + " those of this one have number %d): from here on they differ from those of a"
                    + " run that was never interrupted.",
                bits,
                BitsVersion.CURRENT));
  }
}
