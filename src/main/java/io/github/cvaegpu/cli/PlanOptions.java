// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.NetworkSettings;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.train.Schedule;
import io.github.cvaegpu.train.TrainingPlan;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The options that make a {@link TrainingPlan}. One that is not given is null, so that a resumed
 * run can tell what the user asked for from what the study has.
 */
final class PlanOptions {
  @Mixin private RuleOptions rule;

  @Mixin private ObjectiveOptions objective;

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
      description = "Adam's learning rate. Default: 0.001.")
  private Double learningRate;

  @Option(names = "--latent", paramLabel = "N", description = "Latent dimensions. Default: 2.")
  private Integer latent;

  @Option(
      names = "--hidden",
      paramLabel = "N,N...",
      hideParamSyntax = true,
      split = CommandOptions.COMMAS,
      description = "Hidden widths of the encoder; the decoder mirrors them. Default: 400,50.")
  private List<Integer> hidden;

  @Option(
      names = "--activation",
      paramLabel = "relu|tanh",
      description = "What hidden layers make of their sums. Default: relu.")
  private Activation activation;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Where all random numbers come from, any 64-bit integer. Default: 0.")
  private Long seed;

  /** The set point asked for by a number, if one was. */
  Optional<Double> setPoint() {
    return rule.setPoint();
  }

  /** The largest set point of all that were asked for by a number, if one was. */
  Optional<Double> largestSetPoint() {
    return rule.largestSetPoint();
  }

  /** Whether the set point is to be measured. */
  boolean isSetPointAuto() {
    return rule.isSetPointAuto();
  }

  /** Refuses what a calibration decides itself. */
  void refuseForCalibration() {
    refuseEpochs("calibrate", "--calibration-epochs");
    rule.refuseForCalibration();
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
   * @param command for the refusal of {@code --kl auto}: only a calibration can tell what that is
   */
  TrainingPlan plan(String command) {
    if (isSetPointAuto()) {
      throw new InputException(
          "%s does not calibrate, so there is no --kl auto: name a set point in nats."
              .formatted(command));
    }
    return plan();
  }

  /** The plan of a new run; where the set point is to be measured, with the default one. */
  TrainingPlan plan() {
    return begun(TrainingPlan.defaults(), rule.rule(), Objective.study());
  }

  /**
   * The plan of a new run with the settings of another, but for what is given: an option about beta
   * gives the whole rule.
   */
  TrainingPlan planLike(TrainingPlan other) {
    return rule.isGiven()
        ? begun(other, rule.rule(), Objective.study())
        : begun(other, other.rule(), other.objective());
  }

  /**
   * The plan of a run that goes on: its own, but for the number of epochs.
   *
   * @param measured whether the run's set point was measured, as {@code --kl auto} asks
   * @throws InputException if an option asks for another setting than the run has
   */
  TrainingPlan onTopOf(TrainingPlan running, boolean measured) {
    rule.requireSame(running.rule(), measured);
    objective.requireSame(running.objective());
    Given.requireSame("--batch", batchSize, running.batchSize());
    Given.requireSame("--lr", learningRate, running.learningRate());
    Given.requireSame("--latent", latent, running.latent());
    Given.requireSame("--hidden", hidden, running.hidden());
    Given.requireSame("--activation", activation, running.network().activation());
    Given.requireSame("--seed", seed, running.seed());
    return merged(running, running.rule());
  }

  /** A plan with what was given in place of its own. */
  private TrainingPlan merged(TrainingPlan base, BetaRule decides) {
    return new TrainingPlan(
        decides,
        objective.on(base.objective()),
        new NetworkSettings(
            Given.or(hidden, base.hidden()),
            Given.or(latent, base.latent()),
            Given.or(activation, base.network().activation())),
        new Schedule(
            Given.or(epochs, base.epochs()),
            Given.or(batchSize, base.batchSize()),
            Given.or(learningRate, base.learningRate()),
            base.schedule().rates()),
        Given.or(seed, base.seed()),
        base.validation());
  }

  /** The same of a new run, whose rule's default is of an objective. */
  private TrainingPlan begun(TrainingPlan base, BetaRule decides, Objective meant) {
    rule.requireLossOf(decides, objective.on(base.objective()), meant);
    return merged(base, decides);
  }
}
