// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.data.Factors.Factor;
import java.util.List;
import org.junit.jupiter.api.Test;

class FactorsTest {
  private static final List<Factor> TWO =
      List.of(new Factor("shape", 2, false), new Factor("size", 256, true));

  @Test
  void everyImageHasAValueOfEach() {
    var factors = new Factors(TWO, new byte[] {0, (byte) 255, 1, 3, 1, 0});
    assertEquals(3, factors.images());
    assertEquals(TWO, factors.all());
    assertEquals(255, factors.value(0, 1));
    assertEquals(1, factors.value(1, 0));
    assertEquals(3, factors.value(1, 1));
    assertEquals(2, factors.first(2).images());
    assertEquals(3, factors.first(2).value(1, 1));
  }

  @Test
  void whatIsNoValueIsRefused() {
    assertEquals(
        "shape 2 of image 1",
        assertThrows(
                IllegalArgumentException.class, () -> new Factors(TWO, new byte[] {0, 9, 2, 9}))
            .getMessage());
    assertThrows(IllegalArgumentException.class, () -> new Factors(TWO, new byte[3]));
    assertThrows(IllegalArgumentException.class, () -> new Factors(List.of(), new byte[0]));
    assertThrows(IllegalArgumentException.class, () -> new Factor("one", 1, true));
    assertThrows(IllegalArgumentException.class, () -> new Factor("many", 257, true));
  }

  @Test
  void imagesKeepTheirs() {
    var factors = new Factors(TWO, new byte[] {0, 5, 1, 6, 0, 7});
    var plain = new ImageSet(1, 1, new byte[3], new byte[] {4, 5, 6});
    assertTrue(plain.factors().isEmpty());
    assertTrue(plain.first(2).factors().isEmpty());
    ImageSet known = plain.withFactors(factors);
    assertEquals(5, known.label(1));
    ImageSet two = known.first(2);
    assertEquals(2, two.factors().orElseThrow().images());
    assertEquals(6, two.factors().orElseThrow().value(1, 1));
    assertThrows(IllegalArgumentException.class, () -> two.withFactors(factors));
  }
}
