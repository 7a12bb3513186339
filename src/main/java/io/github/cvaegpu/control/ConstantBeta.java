// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import io.github.cvaegpu.InputException;

/** The beta-VAE: one beta throughout, whatever KL does. */
public final class ConstantBeta implements BetaController {
  private final double beta;
  private double lastGiven;

  /**
   * @param beta finite, 0 or more
   * @throws InputException if it is not
   */
  public ConstantBeta(double beta) {
    if (!(beta >= 0) || Double.isInfinite(beta)) {
      throw new InputException("Beta must be a finite number, 0 or more, not " + beta + ".");
    }
    this.beta = beta;
  }

  @Override
  public double next(double klPerImage) {
    if (Double.isNaN(klPerImage)) {
      throw new IllegalArgumentException("KL is NaN");
    }
    lastGiven = beta;
    return beta;
  }

  @Override
  public State state() {
    return new State(lastGiven, 0);
  }

  @Override
  public void restore(State state) {
    lastGiven = state.requireFinite().beta();
  }
}
