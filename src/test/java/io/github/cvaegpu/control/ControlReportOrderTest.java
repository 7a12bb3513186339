// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ControlReportOrderTest {
  @Test
  void aMissingStepIsNamedWithTheOneBefore() {
    var builder = new ControlReport.Builder(PiRule.defaults().target().orElseThrow());
    builder.accept(5, 10, 0.5f);
    builder.accept(6, 10, 0.5f);
    var refusal = assertThrows(IllegalArgumentException.class, () -> builder.accept(8, 10, 0.5f));
    assertEquals("step 8 follows step 6", refusal.getMessage());
  }
}
