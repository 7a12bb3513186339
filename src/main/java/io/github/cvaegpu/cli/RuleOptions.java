// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.control.AntiWindup;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.control.GecoRule;
import io.github.cvaegpu.control.SetPointChange;
import io.github.cvaegpu.model.Objective;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/**
 * The options that decide beta. One that is not given is null, so that a resumed run can tell what
 * the user asked for from what it has.
 */
final class RuleOptions {
  /** The rules, for the end of a command's help. */
  static final String RULES =
      "Rules, each with the options that are named with it:"
          + "%n  hold       holds KL at --kl, without settings"
          + "%n  constant   --beta throughout: a beta-VAE"
          + "%n  pi         holds KL at --kl by the PI controller of ControlVAE"
          + "%n  warm-up    beta rises from 0 to --beta"
          + "%n  cyclical   the same again and again"
          + "%n  capacity   pulls KL to a C that rises to --kl by --gamma |KL - C|"
          + "%n  free-bits  --beta, but the first --free-nats of each dimension cost nothing"
          + "%n  geco       holds the reconstruction loss at --rl"
          + "%n  dynamic    lets KL rise slowly to --kl: DynamicVAE";

  @Option(
      names = "--control",
      paramLabel = "RULE",
      completionCandidates = RuleKinds.class,
      converter = RuleKinds.Converter.class,
      description = "What decides beta, see below. Default: the first with the options given.")
  private RuleKind kind;

  @Option(
      names = "--kl",
      paramLabel = "NATS|auto",
      converter = SetPoint.Converter.class,
      description = "hold, pi, capacity, dynamic: set point of KL, nats, or auto. Default: 9.97.")
  private SetPoint setPoint;

  @Option(
      names = "--kl-schedule",
      paramLabel = "STEP:NATS,...",
      hideParamSyntax = true,
      split = CommandOptions.COMMAS,
      converter = SetPoint.ChangeConverter.class,
      description = "hold: set points from later steps on. Default: none.")
  private List<SetPointChange> schedule;

  @Option(
      names = "--beta",
      paramLabel = "BETA",
      description = "constant, warm-up, cyclical, free-bits: weight of KL. Default: 1.")
  private Double beta;

  @Option(
      names = "--kp",
      paramLabel = "GAIN",
      description = "pi, dynamic: proportional gain. Default: 0.01.")
  private Double kp;

  @Option(
      names = "--ki",
      paramLabel = "GAIN",
      description = "pi, dynamic: integral gain, per nat and step. Default: 0.0001, or 0.005.")
  private Double ki;

  @Option(
      names = "--beta-min",
      paramLabel = "BETA",
      description = "pi, dynamic: lower limit of beta. Default: 0.01, or 0.1.")
  private Double betaMin;

  @Option(
      names = "--beta-max",
      paramLabel = "BETA",
      description = "pi, dynamic: upper limit of beta. Default: 10, or 100.")
  private Double betaMax;

  @Option(
      names = "--anti-windup",
      paramLabel = "directional|study",
      description = "pi: when the integral is held. Default: directional.")
  private AntiWindup antiWindup;

  @Option(
      names = "--ramp-steps",
      paramLabel = "N",
      description = "warm-up, capacity, dynamic: steps of the rise. Default: 10000.")
  private Long rampSteps;

  @Option(
      names = "--cycles",
      paramLabel = "N",
      description = "cyclical: rises of beta. Default: 4.")
  private Long cycles;

  @Option(
      names = "--cycle-steps",
      paramLabel = "N",
      description = "cyclical: steps of a cycle. Default: 2500.")
  private Long cycleSteps;

  @Option(
      names = "--cycle-ramp",
      paramLabel = "PART",
      description = "cyclical: part of a cycle in which beta rises. Default: 0.5.")
  private Double cycleRamp;

  @Option(
      names = "--gamma",
      paramLabel = "WEIGHT",
      description = "capacity: weight of the distance of KL. Default: 1000.")
  private Double gamma;

  @Option(
      names = "--free-nats",
      paramLabel = "NATS",
      description = "free-bits: KL of a dimension that costs nothing. Default: 0.5.")
  private Double freeNats;

  @Option(
      names = "--rl",
      paramLabel = "NATS",
      description = "geco: reconstruction loss to hold, nats per image. Default: 140.")
  private Double rl;

  @Option(
      names = "--geco-rate",
      paramLabel = "RATE",
      description = "geco: how fast its weight follows, per nat and step. Default: 0.0001.")
  private Double gecoRate;

  @Option(
      names = "--geco-decay",
      paramLabel = "PART",
      description = "geco: decay of its moving average. Default: 0.99.")
  private Double gecoDecay;

  double kl(double otherwise) {
    return setPoint().orElse(otherwise);
  }

  List<SetPointChange> schedule(List<SetPointChange> otherwise) {
    return Given.or(schedule, otherwise);
  }

  double beta(double otherwise) {
    return Given.or(beta, otherwise);
  }

  double kp(double otherwise) {
    return Given.or(kp, otherwise);
  }

  double ki(double otherwise) {
    return Given.or(ki, otherwise);
  }

  double betaMin(double otherwise) {
    return Given.or(betaMin, otherwise);
  }

  double betaMax(double otherwise) {
    return Given.or(betaMax, otherwise);
  }

  AntiWindup antiWindup(AntiWindup otherwise) {
    return Given.or(antiWindup, otherwise);
  }

  long rampSteps(long otherwise) {
    return Given.or(rampSteps, otherwise);
  }

  long cycles(long otherwise) {
    return Given.or(cycles, otherwise);
  }

  long cycleSteps(long otherwise) {
    return Given.or(cycleSteps, otherwise);
  }

  double cycleRamp(double otherwise) {
    return Given.or(cycleRamp, otherwise);
  }

  double gamma(double otherwise) {
    return Given.or(gamma, otherwise);
  }

  double freeNats(double otherwise) {
    return Given.or(freeNats, otherwise);
  }

  double rl(double otherwise) {
    return Given.or(rl, otherwise);
  }

  double gecoRate(double otherwise) {
    return Given.or(gecoRate, otherwise);
  }

  double gecoDecay(double otherwise) {
    return Given.or(gecoDecay, otherwise);
  }

  /**
   * Refuses a rule that would hold a loss of another likelihood, which this one may never come to.
   *
   * @param decides the rule of a new run
   * @param objective what the run trains
   * @param meant what a loss that was not given is a loss of
   * @throws InputException if that is GECO, without a loss of its own
   */
  void requireLossOf(BetaRule decides, Objective objective, Objective meant) {
    if (rl == null && decides instanceof GecoRule geco && !objective.equals(meant)) {
      throw new InputException(
          "--control geco needs an --rl under the likelihood %s: %s is a loss under %s."
              .formatted(objective.title(), Numbers.plain(geco.rl()), meant.title()));
    }
  }

  /** The set point asked for by a number, if one was. */
  Optional<Double> setPoint() {
    return setPoint == null || setPoint.nats().isEmpty()
        ? Optional.empty()
        : Optional.of(setPoint.nats().getAsDouble());
  }

  /** The largest of it and those of later steps. */
  Optional<Double> largestSetPoint() {
    Stream<Double> later =
        schedule == null ? Stream.empty() : schedule.stream().map(SetPointChange::setPoint);
    return Stream.concat(setPoint().stream(), later).max(Comparator.naturalOrder());
  }

  /** Whether the set point is to be measured. */
  boolean isSetPointAuto() {
    return setPoint != null && setPoint.nats().isEmpty();
  }

  /** What was given, by its name, but for {@code --control}. */
  private Map<String, Object> given() {
    Map<String, Object> options = new LinkedHashMap<>();
    options.put("--kl", setPoint);
    options.put("--kl-schedule", schedule);
    options.put("--beta", beta);
    options.put("--kp", kp);
    options.put("--ki", ki);
    options.put("--beta-min", betaMin);
    options.put("--beta-max", betaMax);
    options.put("--anti-windup", antiWindup);
    options.put("--ramp-steps", rampSteps);
    options.put("--cycles", cycles);
    options.put("--cycle-steps", cycleSteps);
    options.put("--cycle-ramp", cycleRamp);
    options.put("--gamma", gamma);
    options.put("--free-nats", freeNats);
    options.put("--rl", rl);
    options.put("--geco-rate", gecoRate);
    options.put("--geco-decay", gecoDecay);
    options.values().removeIf(value -> value == null);
    return options;
  }

  /** Whether any of them was given. */
  boolean isGiven() {
    return kind != null || !given().isEmpty();
  }

  /**
   * The rule that was asked for.
   *
   * @throws InputException if no rule knows all the options
   */
  BetaRule rule() {
    RuleKind chosen = kind == null ? impliedKind() : kind;
    refuseWithoutEffect(chosen);
    return chosen.rule(this);
  }

  private RuleKind impliedKind() {
    List<String> names = List.copyOf(given().keySet());
    return Given.implied("rule", names, RuleKind.with(names).findFirst());
  }

  private void refuseWithoutEffect(RuleKind chosen) {
    Given.refuseWithoutEffect(
        "--control " + chosen,
        given().keySet(),
        chosen.options()::containsKey,
        option -> RuleKind.with(List.of(option)).map(RuleKind::toString).toList());
  }

  /** What a calibration decides itself: all but its limits of beta and a set point to check. */
  static Set<String> notForCalibration() {
    Set<String> names = new HashSet<>(Set.of("--control"));
    RuleKind.ALL.forEach(one -> names.addAll(one.options().keySet()));
    names.removeAll(Set.of("--kl", "--beta-min", "--beta-max"));
    return names;
  }

  /**
   * Refuses what a calibration decides itself.
   *
   * @throws InputException if anything but its limits of beta and a set point to check was given
   */
  void refuseForCalibration() {
    if (isSetPointAuto()) {
      throw new InputException(
          "calibrate measures what --kl auto would take; --kl NATS checks a set point of your"
              + " own.");
    }
    List<String> others = given().keySet().stream().filter(notForCalibration()::contains).toList();
    if (kind != null || !others.isEmpty()) {
      throw new InputException(
          "calibrate trains with constant betas of its own: leave %s out."
              .formatted(kind != null ? "--control" : others.getFirst()));
    }
  }

  /**
   * Refuses settings that a run does not have.
   *
   * @param running what decides its beta
   * @param measured whether its set point was measured, as {@code --kl auto} asks
   * @throws InputException if one differs
   */
  void requireSame(BetaRule running, boolean measured) {
    RuleKind its = RuleKind.of(running);
    Given.requireSame("--control", kind, its);
    refuseWithoutEffect(its);
    Map<String, Object> has = its.options(running);
    given()
        .forEach(
            (name, asked) -> {
              if (!asked.equals(setPoint)) {
                Given.requireSame(name, asked, has.get(name));
              } else if (!isSetPointAuto()) {
                Given.requireSame(name, setPoint().orElseThrow(), has.get(name));
              } else if (!measured) {
                Given.requireSame(name, "auto", has.get(name));
              }
            });
  }
}
