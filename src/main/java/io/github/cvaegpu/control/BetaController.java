// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

/** Chooses beta, the weight of the KL divergence, before every training step. */
public interface BetaController {
  /**
   * The beta of the next step.
   *
   * @param klPerImage KL divergence of the step before, in nats per image; 0 before the first step
   * @return beta of this step, finite for every KL that is not NaN
   * @throws IllegalArgumentException if KL is NaN: the run has diverged, which the caller has to
   *     notice first
   */
  double next(double klPerImage);

  /** What a checkpoint has to keep for the run to go on bit for bit. */
  State state();

  /**
   * Puts the controller where {@link #state()} said it was.
   *
   * @throws IllegalArgumentException if the state holds a number that is not finite
   */
  void restore(State state);

  /**
   * A controller's memory.
   *
   * @param beta the last beta given, 0 before the first
   * @param integral the integral term
   */
  record State(double beta, double integral) {
    /** Before the first step. */
    public static final State INITIAL = new State(0, 0);

    State requireFinite() {
      if (!Double.isFinite(beta) || !Double.isFinite(integral)) {
        throw new IllegalArgumentException("not a state of a controller: " + this);
      }
      return this;
    }
  }
}
