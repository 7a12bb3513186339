// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParseException;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.control.CapacityRule;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.CyclicalRule;
import io.github.cvaegpu.control.DynamicRule;
import io.github.cvaegpu.control.FreeBitsRule;
import io.github.cvaegpu.control.GecoRule;
import io.github.cvaegpu.control.HoldRule;
import io.github.cvaegpu.control.OwnRule;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.control.SetPointChange;
import io.github.cvaegpu.control.WarmUpRule;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every rule that there is can be kept in a file and had from it again. */
class RulesInFilesTest {
  private static final List<BetaRule> RULES =
      List.of(
          new CapacityRule(12, 100, 50),
          new ConstantRule(0.25),
          new CyclicalRule(2, 3, 50, 0.25),
          new DynamicRule(7, 0.02, 0.03, 0.5, 20, 100),
          new FreeBitsRule(2, 0.25),
          new GecoRule(120, 0.01, 0.5),
          new OwnRule("a controller", OptionalDouble.of(3)),
          new HoldRule(5, List.of(new SetPointChange(100, 7), new SetPointChange(200, 6.5))),
          PiRule.study(),
          new WarmUpRule(4, 500));

  @Test
  void everyRuleIsHere() {
    Set<Class<?>> here = new HashSet<>();
    RULES.forEach(rule -> here.add(rule.getClass()));
    assertEquals(new HashSet<>(Arrays.asList(BetaRule.class.getPermittedSubclasses())), here);
    assertEquals(RULES.size(), RULES.stream().map(BetaRule::name).distinct().count());
  }

  @Test
  void aRuleReadsBack() {
    for (BetaRule rule : RULES) {
      String json = Json.COMPACT.toJson(rule, BetaRule.class);
      assertTrue(json.startsWith("{\"name\":\"" + rule.name() + "\","), json);
      assertEquals(rule, Json.COMPACT.fromJson(json, BetaRule.class));
      TrainingPlan plan = TrainingPlan.defaults().withRule(rule);
      assertEquals(plan, Json.PRETTY.fromJson(Json.PRETTY.toJson(plan), TrainingPlan.class));
    }
  }

  @Test
  void aControllersMemoryReadsBack() {
    for (BetaRule rule : RULES) {
      if (rule instanceof OwnRule) {
        continue; // Whose controller is not this program's.
      }
      var memory = rule.start().memory();
      String json = Json.COMPACT.toJson(memory);
      rule.start().restore(Json.COMPACT.fromJson(json, memory.getClass()));
      assertEquals(memory, Json.COMPACT.fromJson(json, memory.getClass()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"name\":7}", "{\"name\":null}"})
  void whatIsNoRuleIsRefused(String json) {
    assertThrows(JsonParseException.class, () -> Json.COMPACT.fromJson(json, BetaRule.class));
  }

  @Test
  void twoRulesDifferAsAWhole() {
    TrainingPlan constant = TrainingPlan.defaults().withRule(new ConstantRule(2));
    assertEquals(
        List.of(
            "rule {\"name\":\"constant\",\"beta\":2.0} against"
                + " {\"name\":\"hold\",\"set_point\":9.97,\"changes\":[]}"),
        constant.differences(TrainingPlan.defaults()));
  }
}
