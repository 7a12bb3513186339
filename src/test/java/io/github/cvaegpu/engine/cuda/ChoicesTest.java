// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChoicesTest {
  private record Pair(int a, int b) {}

  private static final Choices<Pair> CHOICES =
      new Choices<Pair>()
          .add(List.of(1, 2, 3), (pair, a) -> new Pair(a, pair.b()))
          .add(List.of(10, 20), (pair, b) -> new Pair(pair.a(), b));

  @Test
  void theBestOfOneThingIsKeptForTheNext() {
    List<Pair> timed = new ArrayList<>();
    Pair fastest =
        CHOICES.fastest(
            new Pair(1, 10),
            pair -> {
              timed.add(pair);
              return 1 + Math.abs(pair.a() - 2) + (pair.b() == 20 ? 0 : 0.5);
            });
    assertEquals(new Pair(2, 20), fastest);
    // Each alternative, and beside it the best so far.
    assertEquals(
        List.of(
            new Pair(2, 10),
            new Pair(1, 10),
            new Pair(3, 10),
            new Pair(2, 10),
            new Pair(2, 20),
            new Pair(2, 10)),
        timed);
  }

  @Test
  void whatIsHardlyFasterIsNotTaken() {
    Pair start = new Pair(3, 10);
    assertEquals(start, CHOICES.fastest(start, pair -> 1));
    assertEquals(start, CHOICES.fastest(start, pair -> pair.equals(start) ? 1 : 0.985));
    assertEquals(1, CHOICES.fastest(start, pair -> pair.a() == 1 ? 0.97 : 1).a());
  }

  /** A clock that rises makes whatever comes later faster. */
  @Test
  void whatIsTimedLaterIsNotTakenForThat() {
    int[] calls = {0};
    Pair start = new Pair(1, 10);
    assertEquals(start, CHOICES.fastest(start, pair -> 100 - calls[0]++ * 0.5));
  }

  @Test
  void whatCanBeChosenIsKnown() {
    assertTrue(CHOICES.include(new Pair(1, 10), new Pair(3, 20)));
    assertTrue(CHOICES.include(new Pair(1, 10), new Pair(1, 10)));
    assertFalse(CHOICES.include(new Pair(1, 10), new Pair(4, 20)));
    assertFalse(CHOICES.include(new Pair(1, 10), new Pair(3, 30)));
  }
}
