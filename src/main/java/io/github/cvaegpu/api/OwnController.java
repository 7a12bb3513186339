// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.api;

import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.control.ControllerMemory;
import io.github.cvaegpu.control.StepFeedback;
import java.util.Locale;

/** The calling program's controller, as training knows one. */
final class OwnController implements BetaController {
  private final Controller controller;

  OwnController(Controller controller) {
    this.controller = controller;
  }

  @Override
  public double next(StepFeedback last) {
    var feedback = new Controller.Feedback(last.step(), last.rl(), last.kl());
    return CallersException.passing(() -> checked(controller.next(feedback), last.step() + 1));
  }

  private static double checked(double beta, long step) {
    if (beta != 0 && !Numbers.isPositiveFloat(beta)) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "The controller gave a beta of %s before step %d: it has to be 0, or positive and"
                  + " finite as a 32-bit float.",
              beta,
              step));
    }
    return beta;
  }

  @Override
  public ControllerMemory memory() {
    return ControllerMemory.of(CallersException.passing(controller::memory));
  }

  @Override
  public void restore(ControllerMemory memory) {
    CallersException.running(() -> controller.restore(memory.values()));
  }
}
