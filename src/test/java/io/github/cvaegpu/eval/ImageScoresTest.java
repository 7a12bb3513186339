// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.cvaegpu.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageScoresTest {
  private static ImageScores scores(double rl, double kl, double bound) {
    var scores = new ImageScores(3, 1);
    scores.set(0, 130, 7, -135, 1);
    scores.set(1, rl, kl, bound, 1);
    scores.set(2, 120, 7, -125, 1);
    return scores;
  }

  @Test
  void finiteFiguresAreTaken() {
    assertDoesNotThrow(() -> scores(1e30, 7, -1e30).requireFinite());
  }

  @ParameterizedTest
  @CsvSource({"NaN, 7, -130", "130, Infinity, -130", "130, 7, -Infinity", "130, NaN, NaN"})
  void whatIsNoNumberIsSaid(double rl, double kl, double bound) {
    var e = assertThrows(InputException.class, () -> scores(rl, kl, bound).requireFinite());
    assertEquals(
        "The model gives 1 of 3 images a likelihood that is no finite number: its parameters are"
            + " of no use.",
        e.getMessage());
  }
}
