// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.cvaegpu.model.KlTerm;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rules that go by the number of the step alone. */
class OpenLoopTest {
  private static double at(BetaRule rule, long step) {
    return rule.start().next(new StepFeedback(step - 1, 100, 5));
  }

  static List<BetaRule> rules() {
    return List.of(
        new WarmUpRule(1, 10),
        CyclicalRule.defaults(),
        CapacityRule.defaults(),
        FreeBitsRule.defaults());
  }

  @Test
  void aWarmUpRisesAndStays() {
    var rule = new WarmUpRule(4, 10);
    assertEquals(0.4, at(rule, 1), 1e-15);
    assertEquals(2, at(rule, 5), 1e-15);
    assertEquals(4, at(rule, 10));
    assertEquals(4, at(rule, 1_000_000_000_000L));
    assertEquals("VAE, beta warmed up to 4", rule.title());
  }

  /** By equations 6 and 7 of Fu et al., for T / M = 10 and R = 0.5. */
  @Test
  void cyclesRiseAndStayInTurn() {
    var rule = new CyclicalRule(2, 3, 10, 0.5);
    double[] cycle = {0, 0.4, 0.8, 1.2, 1.6, 2, 2, 2, 2, 2};
    for (int step = 1; step <= 30; step++) {
      assertEquals(cycle[(step - 1) % 10], at(rule, step), 1e-15, "step " + step);
    }
    assertEquals(2, at(rule, 31));
    assertEquals(2, at(rule, 1_000_000_000_000L));
  }

  /** Its title would promise what never comes. */
  @Test
  void whatTakesLongerThanTheRunIsSaid() {
    String sentence = "%s takes 10,000 steps, but the run ends with step 9,999.";
    assertEquals(
        sentence.formatted("The warm-up"), new WarmUpRule(1, 10_000).warning(9999).orElseThrow());
    assertEquals(
        sentence.formatted("The rise of the capacity"),
        CapacityRule.defaults().warning(9999).orElseThrow());
    assertEquals(
        sentence.formatted("The rise of the set point"),
        DynamicRule.defaults().warning(9999).orElseThrow());
    assertEquals(
        sentence.formatted("A cycle"),
        new CyclicalRule(1, 4, 10_000, 0.5).warning(9999).orElseThrow());
    assertEquals(Optional.empty(), new WarmUpRule(1, 10_000).warning(10_000));
    assertEquals(Optional.empty(), new ConstantRule(1).warning(1));
  }

  /** The number is C, for a loss of gamma |KL - C|. */
  @Test
  void aCapacityRises() {
    var rule = new CapacityRule(20, 100, 40);
    assertEquals(0.5, at(rule, 1));
    assertEquals(10, at(rule, 20));
    assertEquals(20, at(rule, 40));
    assertEquals(20, at(rule, 41));
    assertEquals(new KlTerm.Distance(100), rule.klTerm());
    assertEquals(20, rule.target().orElseThrow().kl());
    assertFalse(rule.target().orElseThrow().isLimited());
    assertEquals(new CapacityRule(7, 100, 40), rule.aimedAt(7));
  }

  @Test
  void freeBitsHaveOneBeta() {
    var rule = new FreeBitsRule(2, 0.25);
    assertEquals(2, at(rule, 1));
    assertEquals(2, at(rule, 1000));
    assertEquals(new KlTerm.FreeBits(0.25), rule.klTerm());
    assertEquals("VAE, 0.25 free nats a dimension, beta 2", rule.title());
  }

  @Test
  void aRampMayBeTheWholeCycle() {
    var rule = new CyclicalRule(1, 1, 4, 1);
    assertEquals(0.75, at(rule, 4));
    assertEquals(1, at(rule, 5));
  }

  @ParameterizedTest
  @MethodSource("rules")
  void theyRememberNothingAndRefuseNan(BetaRule rule) {
    BetaController controller = rule.start();
    assertEquals(ControllerMemory.EMPTY, controller.memory());
    controller.restore(ControllerMemory.EMPTY);
    assertThrows(
        IllegalArgumentException.class, () -> controller.next(new StepFeedback(3, 1, Double.NaN)));
    assertThrows(
        io.github.cvaegpu.InputException.class, () -> controller.restore(Told.memory(1, 1)));
  }
}
