// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HalvingTest {
  @TempDir Path temp;

  @Test
  void rungsAreThreeTimesAsFarEachAndBeforeTheEnd() {
    assertEquals(List.of(1, 3, 9, 27, 81), new Halving(Measure.ELBO, 1).rungs(200));
    assertEquals(List.of(23, 69), new Halving(Measure.ELBO, 23).rungs(200));
    assertEquals(List.of(2), new Halving(Measure.ELBO, 2).rungs(6));
    assertEquals(List.of(), new Halving(Measure.ELBO, 6).rungs(6));
    assertEquals(
        List.of(1_000_000_000), new Halving(Measure.ELBO, 1_000_000_000).rungs(Integer.MAX_VALUE));
    assertEquals(23, Halving.firstEpochs(200));
    assertEquals(1, Halving.firstEpochs(5));
  }

  @Test
  void whatNothingCanBeStoppedByIsRefused() {
    assertTrue(
        assertThrows(InputException.class, () -> new Halving(Measure.LOG_LIKELIHOOD, 1))
            .getMessage()
            .contains("by elbo, bound or kl-error, not by log-likelihood"));
    assertTrue(
        assertThrows(InputException.class, () -> new Halving(Measure.ELBO, 0))
            .getMessage()
            .startsWith("--halving takes 1 epoch or more"));
    assertTrue(
        assertThrows(
                InputException.class,
                () ->
                    new SweepPlan(
                        Search.GRID,
                        List.of(new Setting.Choice("epochs", List.of("1", "2"))),
                        null,
                        1,
                        0,
                        Map.of(),
                        new Halving(Measure.ELBO, 1)))
            .getMessage()
            .contains("leave --set epochs out"));
  }

  @Test
  void theBestThirdGoesOn() {
    Map<Integer, Double> values =
        new HashMap<>(Map.of(0, -150.0, 1, -140.0, 2, -160.0, 3, -140.0, 4, Double.NaN));
    Rung rung = Rung.decided(3, values, true);
    // Of four with a value two, of two alike the one of the smaller number first.
    assertEquals(
        List.of(1, 3, 0, 2, 4), rung.places().stream().map(Rung.Place::combination).toList());
    assertTrue(rung.goesOn(1) && rung.goesOn(3));
    assertFalse(rung.goesOn(0) || rung.goesOn(4) || rung.goesOn(7));
    assertEquals(
        Optional.of("left after epoch 3: number 3 of 5 by test ELBO"), rung.note(0, Measure.ELBO));
    assertEquals(Optional.empty(), rung.note(1, Measure.ELBO));
    // Where less is better it is the other way round, and what has no value still comes last.
    assertEquals(
        List.of(2, 0, 1, 3, 4),
        Rung.decided(3, values, false).places().stream().map(Rung.Place::combination).toList());
    assertTrue(
        Rung.decided(1, Map.of(0, Double.NaN), true).places().stream()
            .noneMatch(Rung.Place::goesOn));
  }

  @Test
  void whatWasDecidedIsReadAgain() throws IOException {
    var folder = new SweepFolder(temp);
    var none = Rungs.read(folder);
    assertEquals(Optional.empty(), none.after(1));
    Rung first = Rung.decided(1, Map.of(0, -1.0, 1, Double.NaN), true);
    Rungs written = none.with(first, folder);
    assertEquals(written, Rungs.read(folder));
    assertEquals(Optional.of(first), Rungs.read(folder).after(1));
    assertEquals(
        Optional.of("left after epoch 1: number 2 of 2 by KL error"),
        written.note(1, Measure.KL_ERROR));
    for (String damaged :
        List.of("", "{", "[]", "{\"format\": 2, \"rungs\": []}", "{\"format\": 1}")) {
      Files.writeString(temp.resolve("rungs.json"), damaged);
      assertTrue(
          assertThrows(InputException.class, () -> Rungs.read(folder), damaged)
              .getMessage()
              .contains("is damaged, or of a later version"),
          damaged);
    }
  }
}
