// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PiTermsTest {
  /** By hand: Kp 0.1, Ki 0.01, set point 2, beta from 0 to 1. */
  @Test
  void termsAreThoseOfTheFormula() {
    var settings = new PiRule(2, 0.1, 0.01, 0, 1, AntiWindup.DIRECTIONAL);
    PiTerms terms = PiTerms.of(settings, new float[] {5, 4, 2});
    // The first step sees 0: e = 2, and P + I is above 0, so I = -0.02 is not held.
    // Then KL is 5 and 4: e = -3 and -2, I grows by 0.03 and 0.02.
    double p0 = 0.1 / (1 + Math.exp(2));
    boolean held = p0 - 0.02 < 0;
    double i0 = held ? 0 : -0.02;
    assertEquals(p0, terms.proportional()[0], 1e-7);
    assertEquals(i0, terms.integral()[0], 1e-7);
    assertEquals(0.1 / (1 + Math.exp(-3)), terms.proportional()[1], 1e-7);
    assertEquals(i0 + 0.03, terms.integral()[1], 1e-7);
    assertEquals(0.1 / (1 + Math.exp(-2)), terms.proportional()[2], 1e-7);
    assertEquals(i0 + 0.05, terms.integral()[2], 1e-7);
    assertEquals(terms.proportional()[2] + terms.integral()[2], terms.beta()[2], 1e-7);
  }

  @ParameterizedTest
  @EnumSource(AntiWindup.class)
  void betasAreThoseThatTheControllerGave(AntiWindup rule) {
    var settings = new PiRule(9.97, 0.01, 0.0001, 0.01, 0.05, rule);
    float[] kl = new float[500];
    float[] betas = new float[500];
    var controller = new PiController(settings);
    float seen = 0;
    for (int step = 0; step < kl.length; step++) {
      betas[step] = (float) controller.next(Told.kl(seen));
      kl[step] = (float) (20 * Math.abs(Math.sin(step / 40.0)) - 100 * betas[step]);
      seen = kl[step];
    }
    assertArrayEquals(betas, PiTerms.of(settings, kl).beta());
  }
}
