// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class SetPointsTest {
  /** Where the root is a whole number: z = 2 and KL 12 or 4, z = 3 and KL 5. */
  @Test
  void theStudysRuleIsItsFormula() {
    assertEquals(12, SetPoints.study(2, 12));
    assertEquals(8, SetPoints.study(2, 4));
    assertEquals(11, SetPoints.study(3, 5));
    assertEquals(12, SetPoints.study(10, 0));
  }

  /** ln 60,000 = 11.0020998. */
  @Test
  void theCeilingIsTheLogarithmOfTheImages() {
    assertEquals(11.0020998, SetPoints.ceiling(60_000), 1e-7);
    assertEquals(0, SetPoints.ceiling(1));
  }
}
