// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.control.CapacityRule;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.CyclicalRule;
import io.github.cvaegpu.control.DynamicRule;
import io.github.cvaegpu.control.FreeBitsRule;
import io.github.cvaegpu.control.GecoRule;
import io.github.cvaegpu.control.HoldRule;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.control.WarmUpRule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;

/** What {@code --control} takes: the rules, each with the options that it knows. */
final class RuleKind {
  /** All of them. Where no rule is named, it is the first of these that knows the options given. */
  static final List<RuleKind> ALL =
      List.of(
          new RuleKind(
              HoldRule.NAME,
              HoldRule.class,
              HoldRule.defaults(),
              rule -> options("--kl", rule.setPoint(), "--kl-schedule", rule.changes()),
              (given, rule) ->
                  new HoldRule(given.kl(rule.setPoint()), given.schedule(rule.changes()))),
          new RuleKind(
              ConstantRule.NAME,
              ConstantRule.class,
              new ConstantRule(1),
              rule -> options("--beta", rule.beta()),
              (given, rule) -> new ConstantRule(given.beta(rule.beta()))),
          new RuleKind(
              PiRule.NAME,
              PiRule.class,
              PiRule.defaults(),
              rule ->
                  options(
                      "--kl",
                      rule.setPoint(),
                      "--kp",
                      rule.kp(),
                      "--ki",
                      rule.ki(),
                      "--beta-min",
                      rule.betaMin(),
                      "--beta-max",
                      rule.betaMax(),
                      "--anti-windup",
                      rule.antiWindup()),
              (given, rule) ->
                  new PiRule(
                      given.kl(rule.setPoint()),
                      given.kp(rule.kp()),
                      given.ki(rule.ki()),
                      given.betaMin(rule.betaMin()),
                      given.betaMax(rule.betaMax()),
                      given.antiWindup(rule.antiWindup()))),
          new RuleKind(
              WarmUpRule.NAME,
              WarmUpRule.class,
              WarmUpRule.defaults(),
              rule -> options("--beta", rule.beta(), "--ramp-steps", rule.steps()),
              (given, rule) ->
                  new WarmUpRule(given.beta(rule.beta()), given.rampSteps(rule.steps()))),
          new RuleKind(
              CyclicalRule.NAME,
              CyclicalRule.class,
              CyclicalRule.defaults(),
              rule ->
                  options(
                      "--beta",
                      rule.beta(),
                      "--cycles",
                      rule.cycles(),
                      "--cycle-steps",
                      rule.cycleSteps(),
                      "--cycle-ramp",
                      rule.ramp()),
              (given, rule) ->
                  new CyclicalRule(
                      given.beta(rule.beta()),
                      given.cycles(rule.cycles()),
                      given.cycleSteps(rule.cycleSteps()),
                      given.cycleRamp(rule.ramp()))),
          new RuleKind(
              CapacityRule.NAME,
              CapacityRule.class,
              CapacityRule.defaults(),
              rule ->
                  options(
                      "--kl",
                      rule.setPoint(),
                      "--gamma",
                      rule.gamma(),
                      "--ramp-steps",
                      rule.steps()),
              (given, rule) ->
                  new CapacityRule(
                      given.kl(rule.setPoint()),
                      given.gamma(rule.gamma()),
                      given.rampSteps(rule.steps()))),
          new RuleKind(
              FreeBitsRule.NAME,
              FreeBitsRule.class,
              FreeBitsRule.defaults(),
              rule -> options("--beta", rule.beta(), "--free-nats", rule.freeNats()),
              (given, rule) ->
                  new FreeBitsRule(given.beta(rule.beta()), given.freeNats(rule.freeNats()))),
          new RuleKind(
              GecoRule.NAME,
              GecoRule.class,
              GecoRule.defaults(),
              rule ->
                  options(
                      "--rl", rule.rl(), "--geco-rate", rule.rate(), "--geco-decay", rule.decay()),
              (given, rule) ->
                  new GecoRule(
                      given.rl(rule.rl()),
                      given.gecoRate(rule.rate()),
                      given.gecoDecay(rule.decay()))),
          new RuleKind(
              DynamicRule.NAME,
              DynamicRule.class,
              DynamicRule.defaults(),
              rule ->
                  options(
                      "--kl",
                      rule.setPoint(),
                      "--kp",
                      rule.kp(),
                      "--ki",
                      rule.ki(),
                      "--beta-min",
                      rule.betaMin(),
                      "--beta-max",
                      rule.betaMax(),
                      "--ramp-steps",
                      rule.steps()),
              (given, rule) ->
                  new DynamicRule(
                      given.kl(rule.setPoint()),
                      given.kp(rule.kp()),
                      given.ki(rule.ki()),
                      given.betaMin(rule.betaMin()),
                      given.betaMax(rule.betaMax()),
                      given.rampSteps(rule.steps()))));

  private final String label;
  private final BetaRule defaults;
  private final Function<BetaRule, Map<String, Object>> options;
  private final BiFunction<RuleOptions, BetaRule, BetaRule> with;

  private <R extends BetaRule> RuleKind(
      String label,
      Class<R> type,
      R defaults,
      Function<R, Map<String, Object>> options,
      BiFunction<RuleOptions, R, R> with) {
    this.label = label;
    this.defaults = defaults;
    this.options = rule -> options.apply(type.cast(rule));
    this.with = (given, rule) -> with.apply(given, type.cast(rule));
  }

  /** The kind of a rule. */
  static RuleKind of(BetaRule rule) {
    return ALL.stream()
        .filter(kind -> kind.label.equals(rule.name()))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no --control for " + rule));
  }

  /** Those that know all of some options, in their order. */
  static Stream<RuleKind> with(List<String> names) {
    return ALL.stream().filter(kind -> kind.options().keySet().containsAll(names));
  }

  private static Map<String, Object> options(Object... namesAndValues) {
    Map<String, Object> options = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      options.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return options;
  }

  /** The options that it knows, with what they are where they are not given. */
  Map<String, Object> options() {
    return options(defaults);
  }

  /** The options that it knows, with what they are in a rule of this kind. */
  Map<String, Object> options(BetaRule rule) {
    return options.apply(rule);
  }

  /** The rule that options ask for. */
  BetaRule rule(RuleOptions given) {
    return with.apply(given, defaults);
  }

  /** As the command line has it. */
  @Override
  public String toString() {
    return label;
  }
}
