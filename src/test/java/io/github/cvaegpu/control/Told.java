// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import java.util.Map;

/** What tests tell controllers, and have them remember. */
final class Told {
  private Told() {}

  /** That KL was as much in the step before. */
  static StepFeedback kl(double kl) {
    return new StepFeedback(1, 100, kl);
  }

  /** A PI controller's memory. */
  static ControllerMemory memory(double beta, double integral) {
    return ControllerMemory.of(Map.of("beta", beta, "integral", integral));
  }

  /** The integral term of a PI controller. */
  static double integral(BetaController controller) {
    return controller.memory().get("integral");
  }
}
