// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When losses are those of a run whose bits may differ. */
class VerificationTest {
  private static final Optional<String> MAY_DIFFER = Optional.of("Bits may differ.");

  private static Verification.Epoch epoch(double rl, double recordedRl) {
    return new Verification.Epoch("now", "then", rl, 10, recordedRl, 10);
  }

  /** RL of MNIST under Bernoulli, continuous Bernoulli and two Gaussians, and near 0. */
  @ParameterizedTest
  @CsvSource({
    "150, 0, 0.3, 1.5",
    "-4246.04, -543.43, 7.4, 37.0",
    "770.45, 720.45, 0.1, 0.5",
    "-173.35, 720.45, 1.78, 8.93",
    "0.01, -568.1, 1.13, 5.68",
    "0, 720.45, 1.44, 7.2",
    // A share of next to nothing is less than what other roundings come to.
    "5, 0, 0.05, 0.05",
    "721, 720.45, 0.05, 0.05",
  })
  void lossesAreAlikeByWhatTheyAreBeyondTheirOrigin(
      double rl, double origin, double first, double later) {
    for (double sign : new double[] {1, -1}) {
      assertTrue(isAsRecorded(origin, epoch(rl + sign * 0.99 * first, rl)));
      assertFalse(isAsRecorded(origin, epoch(rl + sign * 1.01 * first, rl)));
      // Later epochs may be farther away.
      assertTrue(isAsRecorded(origin, epoch(rl, rl), epoch(rl + sign * 0.99 * later, rl)));
      assertFalse(isAsRecorded(origin, epoch(rl, rl), epoch(rl + sign * 1.01 * later, rl)));
    }
    assertFalse(isAsRecorded(origin, epoch(Double.NaN, rl)));
    assertFalse(isAsRecorded(origin, epoch(rl, Double.NaN)));
  }

  private static boolean isAsRecorded(double origin, Verification.Epoch... epochs) {
    return new Verification(List.of(epochs), origin, MAY_DIFFER).isAsRecorded();
  }

  @Test
  void whereBitsAreToBeTheSameNoLossesHelp() {
    assertFalse(new Verification(List.of(epoch(100, 100)), 0, Optional.empty()).isAsRecorded());
  }
}
