// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.control.BetaRule.Setting;
import io.github.cvaegpu.control.BetaRule.Target;
import io.github.cvaegpu.model.KlTerm;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What rules say of themselves. */
class BetaRuleTest {
  private static final BetaRule CONSTANT = new ConstantRule(0.25);
  private static final BetaRule PI = new PiRule(12, 0.02, 0.0003, 0.01, 10, AntiWindup.STUDY);

  @Test
  void aConstantIsABetaVae() {
    assertEquals("constant", CONSTANT.name());
    assertEquals("beta-VAE, beta 0.25", CONSTANT.title());
    assertEquals("beta-VAE, beta 1", new ConstantRule(1).title());
    assertEquals(List.of(), CONSTANT.settings());
    assertEquals(Optional.empty(), CONSTANT.target());
    assertEquals(Optional.empty(), CONSTANT.warning(1000));
    // It holds no KL divergence, whatever is asked for.
    assertEquals(CONSTANT, CONSTANT.aimedAt(5));
    assertEquals(0.25, CONSTANT.start().next(StepFeedback.NONE));
    assertEquals(KlTerm.weighted(), CONSTANT.klTerm());
    assertEquals(ControllerMemory.EMPTY, CONSTANT.start().memory());
  }

  @Test
  void moreFreeNatsThanTellImagesApartAreWarnedOf() {
    BetaRule rule = new FreeBitsRule(1, 1.5);
    assertEquals(Optional.empty(), rule.warning(7, 60_000));
    assertEquals(
        Optional.of(
            "1.5 free nats in each of 8 dimensions are 12 nats, above ln 60,000 = 11.00: the KL"
                + " divergence that tells which image it is costs nothing."),
        rule.warning(8, 60_000));
    assertEquals(Optional.empty(), CONSTANT.warning(1000, 2));
  }

  @Test
  void piIsAControlVae() {
    assertEquals("pi", PI.name());
    assertEquals("ControlVAE, set point 12", PI.title());
    assertEquals(
        List.of(
            new Setting("Kp", "0.02"),
            new Setting("Ki", "0.0003"),
            new Setting("limits of beta", "0.01 to 10"),
            new Setting("anti-windup", "study")),
        PI.settings());
    assertEquals(Optional.of(new Target(12, 0.01, 10)), PI.target());
    assertEquals(new PiRule(5, 0.02, 0.0003, 0.01, 10, AntiWindup.STUDY), PI.aimedAt(5));
    assertEquals(0.01 + 0.02 / (1 + Math.exp(12)), PI.start().next(StepFeedback.NONE), 1e-15);
    assertEquals(Set.of("beta", "integral"), PI.start().memory().values().keySet());
    assertEquals(KlTerm.weighted(), PI.klTerm());
    // Each run has a controller of its own.
    assertNotSame(PI.start(), PI.start());
  }

  @Test
  void theStudysRuleIsTheDefaultOneWithItsOwnAntiWindup() {
    assertEquals(PiRule.study(), new PiRule(9.97, 0.01, 0.0001, 0.01, 10, AntiWindup.STUDY));
    assertEquals(AntiWindup.DIRECTIONAL, PiRule.defaults().antiWindup());
  }

  @Test
  void feedbackIsFiniteWhereBothLossesAre() {
    assertTrue(StepFeedback.NONE.isFinite());
    assertTrue(new StepFeedback(3, 100, 5).isFinite());
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      assertFalse(new StepFeedback(3, bad, 5).isFinite());
      assertFalse(new StepFeedback(3, 100, bad).isFinite());
    }
  }
}
