// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.AntiWindup;
import io.github.cvaegpu.control.PiSettings;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.train.Model;
import io.github.cvaegpu.train.TrainingPlan;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/**
 * The options that make a {@link TrainingPlan}. One that is not given is null, so that a resumed
 * run can tell what the user asked for from what the study has.
 */
final class PlanOptions {
  @Option(
      names = "--model",
      paramLabel = "control|beta",
      description = "ControlVAE or beta-VAE; --beta means the latter. Default: control.")
  private Model model;

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

  @Option(
      names = "--beta",
      paramLabel = "BETA",
      description = "beta: weight of the KL divergence. Default: 1.")
  private Double beta;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Passes over the training images. Default: 200.")
  private Integer epochs;

  @Option(names = "--batch", paramLabel = "N", description = "Images in a batch. Default: 128.")
  private Integer batchSize;

  @Option(
      names = "--lr",
      paramLabel = "RATE",
      description = "Adam's learning rate. Default: 0.0001.")
  private Double learningRate;

  @Option(names = "--latent", paramLabel = "N", description = "Latent dimensions. Default: 2.")
  private Integer latent;

  @Option(
      names = "--hidden",
      paramLabel = "N,N...",
      hideParamSyntax = true,
      split = ",",
      description = "Hidden widths of the encoder; the decoder mirrors them. Default: 400,50.")
  private List<Integer> hidden;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Where all random numbers come from, any 64-bit integer. Default: 0.")
  private Long seed;

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

  /** Refuses what a calibration decides itself. */
  void refuseForCalibration() {
    refuseEpochs("calibrate", "--calibration-epochs");
    if (isSetPointAuto()) {
      throw new InputException(
          "calibrate measures what --kl auto would take; --kl NATS checks a set point of your"
              + " own.");
    }
    if (model != null || beta != null) {
      throw new InputException(
          "calibrate trains beta-VAEs of its own: leave --model and --beta out.");
    }
  }

  /** Options that commands refuse with a word about what they have instead. */
  private static final Map<String, List<String>> REFUSED =
      Map.of(
          "calibrate", List.of("--model", "--beta", "--epochs"),
          "bench", List.of("--epochs"),
          "profile", List.of("--epochs"));

  /** What {@code --kl} is for commands that refuse {@code auto}. */
  private static final Map<String, String> SET_POINT =
      Map.of(
          "calibrate", "a set point to check, nats. Default: none.",
          "bench", "control: set point of the KL divergence, nats. Default: 9.97.",
          "profile", "control: set point of the KL divergence, nats. Default: 9.97.");

  /** Keeps out of each command's help what it would refuse. */
  static void hideRefused(CommandLine line) {
    REFUSED.forEach(
        (command, options) -> {
          CommandLine sub = line.getSubcommands().get(command);
          if (sub != null) {
            for (String option : options) {
              hide(sub.getCommandSpec(), option);
            }
          }
        });
    SET_POINT.forEach(
        (command, description) -> {
          CommandLine sub = line.getSubcommands().get(command);
          if (sub != null) {
            replace(
                sub.getCommandSpec(),
                OptionSpec.builder(sub.getCommandSpec().findOption("--kl"))
                    .paramLabel("NATS")
                    .description(description)
                    .build());
          }
        });
  }

  private static void hide(CommandSpec spec, String name) {
    replace(spec, OptionSpec.builder(spec.findOption(name)).hidden(true).build());
  }

  private static void replace(CommandSpec spec, OptionSpec option) {
    spec.remove(spec.findOption(option.longestName()));
    spec.addOption(option);
  }

  /** Refuses {@code --epochs} for commands that train for a time of their own. */
  void refuseEpochs(String command, String instead) {
    if (epochs != null) {
      throw new InputException("%s has %s in place of --epochs.".formatted(command, instead));
    }
  }

  /**
   * The plan of a new run whose set point is known.
   *
   * @param data the dataset asked for, if one was
   * @param command for the refusal of {@code --kl auto}: only a calibration can tell what that is
   */
  TrainingPlan plan(Optional<DataChoice> data, String command) {
    if (isSetPointAuto()) {
      throw new InputException(
          "%s does not calibrate, so there is no --kl auto: name a set point in nats."
              .formatted(command));
    }
    return plan(data);
  }

  /**
   * The plan of a new run; where the set point is to be measured, with the default one.
   *
   * @param data the dataset asked for, if one was
   */
  TrainingPlan plan(Optional<DataChoice> data) {
    TrainingPlan study = TrainingPlan.study();
    // A beta is for a beta-VAE, whether or not that is said as well.
    Model chosen = or(model, beta != null ? Model.BETA : study.model());
    refuseWithoutEffect(chosen);
    return merged(study, chosen, data);
  }

  private void refuseWithoutEffect(Model chosen) {
    if (chosen == Model.BETA) {
      refuseBesideBeta("--kl", setPoint);
      refuseBesideBeta("--kp", kp);
      refuseBesideBeta("--ki", ki);
      refuseBesideBeta("--beta-min", betaMin);
      refuseBesideBeta("--beta-max", betaMax);
      refuseBesideBeta("--anti-windup", antiWindup);
    } else if (beta != null) {
      throw new InputException(
          "--beta has no effect with --model control: it is for --model beta.");
    }
  }

  /**
   * The plan of a run that goes on: its own, but for the number of epochs and where the images are.
   *
   * @param measured whether the run's set point was measured, as {@code --kl auto} asks
   * @param data the dataset asked for, if one was
   * @throws InputException if an option asks for another setting than the run has
   */
  TrainingPlan onTopOf(TrainingPlan running, boolean measured, Optional<DataChoice> data) {
    requireSame("--model", model, running.model());
    refuseWithoutEffect(running.model());
    if (isSetPointAuto() && !measured) {
      requireSame("--kl", "auto", running.controller().setPoint());
    }
    requireSame("--kl", setPoint().orElse(null), running.controller().setPoint());
    requireSame("--kp", kp, running.controller().kp());
    requireSame("--ki", ki, running.controller().ki());
    requireSame("--beta-min", betaMin, running.controller().betaMin());
    requireSame("--beta-max", betaMax, running.controller().betaMax());
    requireSame("--anti-windup", antiWindup, running.controller().antiWindup());
    requireSame("--beta", beta, running.beta());
    requireSame("--batch", batchSize, running.batchSize());
    requireSame("--lr", learningRate, running.learningRate());
    requireSame("--latent", latent, running.latent());
    requireSame("--hidden", hidden, running.hidden());
    requireSame("--seed", seed, running.seed());
    return merged(running, running.model(), data);
  }

  private TrainingPlan merged(TrainingPlan base, Model chosen, Optional<DataChoice> data) {
    PiSettings controller = base.controller();
    return new TrainingPlan(
        chosen,
        new PiSettings(
            setPoint().orElse(controller.setPoint()),
            or(kp, controller.kp()),
            or(ki, controller.ki()),
            or(betaMin, controller.betaMin()),
            or(betaMax, controller.betaMax()),
            or(antiWindup, controller.antiWindup())),
        or(beta, base.beta()),
        or(epochs, base.epochs()),
        or(batchSize, base.batchSize()),
        or(learningRate, base.learningRate()),
        or(latent, base.latent()),
        or(hidden, base.hidden()),
        or(seed, base.seed()),
        data.map(DataChoice::text).orElse(base.data()));
  }

  private void refuseBesideBeta(String option, Object value) {
    if (value != null) {
      throw new InputException(
          model == null && beta != null
              ? "%s is for a ControlVAE and --beta for a beta-VAE: leave one of them out."
                  .formatted(option)
              : "%s has no effect with --model beta.".formatted(option));
    }
  }

  private static void requireSame(String option, Object asked, Object running) {
    if (asked != null && !asked.equals(running)) {
      throw new InputException(
          "The run was started with %s %s and cannot go on with %s."
              .formatted(option, spelled(running), spelled(asked)));
    }
  }

  /** A value as the command line has it. */
  private static String spelled(Object value) {
    if (value instanceof Double number) {
      return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
    }
    if (value instanceof Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT);
    }
    if (value instanceof List<?> list) {
      return list.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
    return String.valueOf(value);
  }

  private static <T> T or(T given, T otherwise) {
    return Objects.requireNonNullElse(given, otherwise);
  }
}
