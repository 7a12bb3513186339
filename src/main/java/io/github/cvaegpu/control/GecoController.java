// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import java.util.Map;
import java.util.Set;

/**
 * Holds the reconstruction loss at a value by GECO (D. Rezende and F. Viola, "Taming VAEs", 2018,
 * algorithm 1): the loss there is KL + lambda (RL - rl), with
 *
 * <pre>
 * A      = decay A + (1 - decay) (RL - rl)      RL of the step before; at first A = RL - rl
 * lambda = lambda exp(rate A)                   within 10^-4 and 10^4, 1 at the first step
 * beta   = 1 / lambda
 * </pre>
 *
 * <p>Its gradient is lambda times that of RL + beta KL, which Adam makes the same steps of but for
 * its epsilon. Not thread-safe.
 */
final class GecoController implements BetaController {
  private static final double LOG_LIMIT = StrictMath.log(1e4);

  private static final String AVERAGE = "average";
  private static final String LOG_WEIGHT = "log_weight";

  private final GecoRule rule;
  private double average;
  private double logWeight;

  GecoController(GecoRule rule) {
    this.rule = rule;
  }

  @Override
  public double next(StepFeedback last) {
    if (Double.isNaN(last.rl()) || Double.isNaN(last.kl())) {
      throw new IllegalArgumentException("a loss is NaN");
    }
    if (last.step() == 0) {
      return 1;
    }
    // What overflows would never come back.
    double error = Math.clamp(last.rl() - rule.rl(), -Float.MAX_VALUE, Float.MAX_VALUE);
    average = last.step() == 1 ? error : rule.decay() * average + (1 - rule.decay()) * error;
    logWeight = Math.clamp(logWeight + rule.rate() * average, -LOG_LIMIT, LOG_LIMIT);
    return StrictMath.exp(-logWeight);
  }

  @Override
  public ControllerMemory memory() {
    return ControllerMemory.of(Map.of(AVERAGE, average, LOG_WEIGHT, logWeight));
  }

  @Override
  public void restore(ControllerMemory memory) {
    memory.require(Set.of(AVERAGE, LOG_WEIGHT));
    average = memory.get(AVERAGE);
    logWeight = Math.clamp(memory.get(LOG_WEIGHT), -LOG_LIMIT, LOG_LIMIT);
  }
}
