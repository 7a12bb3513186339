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
    "150, 0",
    "-4246.04, -543.43",
    "735.5, 720.45",
    "-173.35, 720.45",
    "0.01, -568.1",
    "0, 720.45",
  })
  void lossesAreAlikeByTheirSizeOrThatOfTheirOrigin(double rl, double origin) {
    double size = Math.max(Math.abs(rl), Math.abs(origin));
    for (double sign : new double[] {1, -1}) {
      double near = sign * 0.0019 * size;
      double far = sign * 0.0021 * size;
      assertTrue(isAsRecorded(origin, epoch(rl + near, rl)));
      assertFalse(isAsRecorded(origin, epoch(rl + far, rl)));
      // Later epochs may be farther away.
      assertTrue(isAsRecorded(origin, epoch(rl, rl), epoch(rl + 4.7 * near, rl)));
      assertFalse(isAsRecorded(origin, epoch(rl, rl), epoch(rl + 5 * far, rl)));
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
