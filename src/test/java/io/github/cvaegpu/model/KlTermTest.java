// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KlTermTest {
  @Test
  void aWeightedKlHasTheWeightThatIsGiven() {
    KlTerm term = KlTerm.weighted();
    assertEquals(KlTerm.Form.WEIGHTED, term.form());
    assertEquals(0, term.given());
    assertFalse(term.isOfBatch());
    assertEquals(0.25f, term.weight(0.25f, 12));
    assertEquals(0.25f, term.weight(0.25f, 0));
  }

  @Test
  void aDistanceTurnsTheSignOfItsWeightAtC() {
    KlTerm term = new KlTerm.Distance(0.1);
    assertEquals(KlTerm.Form.DISTANCE, term.form());
    assertEquals(0.1, term.given());
    assertTrue(term.isOfBatch());
    assertEquals(0.1f, term.weight(12, Math.nextUp(12f)));
    assertEquals(0f, term.weight(12, 12));
    assertEquals(-0.1f, term.weight(12, Math.nextDown(12f)));
    // No side is the right one.
    assertEquals(0f, term.weight(12, Float.NaN));
  }

  @Test
  void freeBitsHaveBetaAboveThem() {
    KlTerm term = new KlTerm.FreeBits(0.5);
    assertEquals(KlTerm.Form.FREE_BITS, term.form());
    assertEquals(0.5, term.given());
    assertTrue(term.isOfBatch());
    assertEquals(2f, term.weight(2, 0.1f));
    assertEquals(2f, term.weight(2, 100));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.0, -1, 1e-60, 1e60, Double.POSITIVE_INFINITY, Double.NaN})
  void aDistanceRefusesWhatNoEngineCanUse(double gamma) {
    var refused = assertThrows(InputException.class, () -> new KlTerm.Distance(gamma));
    assertEquals(
        "The weight gamma of the distance of KL must be positive and finite as a 32-bit float,"
            + " which "
            + gamma
            + " is not.",
        refused.getMessage());
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, -1e-60, 1e-60, 1e60, Double.POSITIVE_INFINITY, Double.NaN})
  void freeBitsRefuseWhatNoEngineCanUse(double nats) {
    var refused = assertThrows(InputException.class, () -> new KlTerm.FreeBits(nats));
    assertEquals(
        "The free nats of a latent dimension must be zero, or positive and finite as a 32-bit"
            + " float, which "
            + nats
            + " is not.",
        refused.getMessage());
    assertEquals(0, new KlTerm.FreeBits(0).nats());
  }
}
