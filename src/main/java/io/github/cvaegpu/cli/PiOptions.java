// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.AntiWindup;
import io.github.cvaegpu.control.PiRule;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options of the ControlVAE, whose beta a PI controller decides. One not given is null. */
final class PiOptions {
  @Option(
      names = "--kl",
      paramLabel = "NATS|auto",
      converter = SetPoint.Converter.class,
      description = "control: set point of the KL divergence, nats, or auto. Default: 9.97.")
  private SetPoint setPoint;

  @Option(
      names = "--kp",
      paramLabel = "GAIN",
      description = "control: proportional gain. Default: 0.01.")
  private Double kp;

  @Option(
      names = "--ki",
      paramLabel = "GAIN",
      description = "control: integral gain, per nat and step. Default: 0.0001.")
  private Double ki;

  @Option(
      names = "--beta-min",
      paramLabel = "BETA",
      description = "control: lower limit of beta. Default: 0.01.")
  private Double betaMin;

  @Option(
      names = "--beta-max",
      paramLabel = "BETA",
      description = "control: upper limit of beta. Default: 10.")
  private Double betaMax;

  @Option(
      names = "--anti-windup",
      paramLabel = "directional|study",
      description = "control: when the integral is held. Default: directional.")
  private AntiWindup antiWindup;

  /** The set point asked for by a number, if one was. */
  Optional<Double> setPoint() {
    return setPoint == null || setPoint.nats().isEmpty()
        ? Optional.empty()
        : Optional.of(setPoint.nats().getAsDouble());
  }

  /** Whether the set point is to be measured. */
  boolean isSetPointAuto() {
    return setPoint != null && setPoint.nats().isEmpty();
  }

  /** The name of the first of these options that was given, if any was. */
  Optional<String> given() {
    Map<String, Object> options = new LinkedHashMap<>();
    options.put("--kl", setPoint);
    options.put("--kp", kp);
    options.put("--ki", ki);
    options.put("--beta-min", betaMin);
    options.put("--beta-max", betaMax);
    options.put("--anti-windup", antiWindup);
    return options.entrySet().stream()
        .filter(option -> option.getValue() != null)
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /** A rule with what was given in place of its own. */
  PiRule over(PiRule base) {
    return new PiRule(
        setPoint().orElse(base.setPoint()),
        Given.or(kp, base.kp()),
        Given.or(ki, base.ki()),
        Given.or(betaMin, base.betaMin()),
        Given.or(betaMax, base.betaMax()),
        Given.or(antiWindup, base.antiWindup()));
  }

  /**
   * Refuses settings that a run does not have.
   *
   * @param measured whether its set point was measured, as {@code --kl auto} asks
   * @throws InputException if one differs
   */
  void requireSame(PiRule running, boolean measured) {
    if (isSetPointAuto() && !measured) {
      Given.requireSame("--kl", "auto", running.setPoint());
    }
    Given.requireSame("--kl", setPoint().orElse(null), running.setPoint());
    Given.requireSame("--kp", kp, running.kp());
    Given.requireSame("--ki", ki, running.ki());
    Given.requireSame("--beta-min", betaMin, running.betaMin());
    Given.requireSame("--beta-max", betaMax, running.betaMax());
    Given.requireSame("--anti-windup", antiWindup, running.antiWindup());
  }
}
