// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.train.Patience;
import io.github.cvaegpu.train.TrainingPlan;
import io.github.cvaegpu.train.Validation;
import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * The options about images that are held out of training, and stopping early by them. One that is
 * not given is null, as in {@link PlanOptions}.
 */
final class ValidationOptions {
  /** What the help says beside them. */
  static final String PATIENCE =
      "--patience goes by the validation images' mean ELBO, or by their RL, never by their KL,"
          + " which is what a rule holds and no better where it is smaller. An epoch counts once"
          + " beta has risen and KL has settled where the rule is to bring it. The best epoch's"
          + " model is best.safetensors in the run directory.";

  @Option(
      names = "--validation",
      paramLabel = "PART",
      description = "Part of the training images to score, not train on. Default: none.")
  private Double fraction;

  @Option(
      names = "--patience",
      paramLabel = "N",
      description = "Stop after N epochs that were no better, see below. Default: never.")
  private Integer patience;

  @Option(
      names = "--patience-on",
      paramLabel = "elbo|rl",
      description = "What of the validation images is to get better. Default: elbo.")
  private Patience.Measure measure;

  /**
   * A plan of a new run with what was given in place of its own.
   *
   * @throws InputException if something was given that has no effect without another option
   */
  TrainingPlan on(TrainingPlan plan) {
    Optional<Validation> base = Optional.ofNullable(plan.validation());
    Optional<Double> part = Optional.ofNullable(fraction).or(() -> base.map(Validation::fraction));
    Optional<Integer> epochs =
        Optional.ofNullable(patience).or(() -> plan.patience().map(Patience::epochs));
    if (part.isEmpty() && patience != null) {
      throw new InputException(
          "--patience needs images to go by: add --validation 0.1, which holds a tenth of the"
              + " training images out.");
    }
    if (epochs.isEmpty() && measure != null) {
      throw new InputException("--patience-on has no effect without --patience N.");
    }
    if (part.isEmpty()) {
      return plan;
    }
    Patience.Measure goesBy =
        Optional.ofNullable(measure)
            .or(() -> plan.patience().map(Patience::measure))
            .orElse(Patience.Measure.ELBO);
    return plan.withValidation(
        new Validation(
            part.get(), epochs.map(number -> new Patience(number, goesBy)).orElse(null)));
  }

  /**
   * Refuses settings that a run does not have.
   *
   * @throws InputException if one differs
   */
  void requireSame(TrainingPlan running) {
    Optional<Patience> its = running.patience();
    Given.requireSame(
        "--validation",
        fraction,
        running.validation() == null ? "none" : running.validation().fraction());
    Given.requireSame("--patience", patience, its.<Object>map(Patience::epochs).orElse("none"));
    Given.requireSame("--patience-on", measure, its.<Object>map(Patience::measure).orElse("none"));
  }
}
