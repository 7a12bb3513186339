// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.train.TrainingPlan;
import picocli.CommandLine.Mixin;

/** The options of {@code train} that decide a run's numbers: its plan, and which images. */
final class RunSettings {
  @Mixin private PlanOptions planOptions;

  @Mixin private RateOptions rateOptions;

  @Mixin private ValidationOptions validationOptions;

  @Mixin private DataOptions dataOptions;

  /**
   * The plan of a new run.
   *
   * @param command for the refusal of {@code --kl auto}, which only a calibration can tell
   * @throws io.github.cvaegpu.InputException if the options do not go together
   */
  TrainingPlan plan(String command) {
    TrainingPlan plan = planOptions.plan(command);
    return validationOptions.on(
        rateOptions.on(plan, TrainingPlan.defaults().schedule().rateSchedule()));
  }

  /** Which images. */
  DataOptions data() {
    return dataOptions;
  }
}
