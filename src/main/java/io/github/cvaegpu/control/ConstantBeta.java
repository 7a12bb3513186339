// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

/** One beta throughout, whatever KL does. */
public final class ConstantBeta implements BetaController {
  private final double beta;

  /**
   * @param beta finite, 0 or more
   * @throws io.github.cvaegpu.InputException if it is not
   */
  public ConstantBeta(double beta) {
    this(new ConstantRule(beta));
  }

  ConstantBeta(ConstantRule rule) {
    beta = rule.beta();
  }

  @Override
  public double next(StepFeedback last) {
    if (Double.isNaN(last.kl())) {
      throw new IllegalArgumentException("KL is NaN");
    }
    return beta;
  }

  @Override
  public ControllerMemory memory() {
    return ControllerMemory.EMPTY;
  }

  @Override
  public void restore(ControllerMemory memory) {
    memory.require(ControllerMemory.EMPTY.values().keySet());
  }
}
