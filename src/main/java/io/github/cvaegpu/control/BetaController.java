// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

/**
 * Chooses beta, the weight of the KL divergence, before every training step; or whichever number
 * the rule's {@link BetaRule#klTerm} has in place of it. A {@link BetaRule} makes it. Not
 * thread-safe.
 */
public interface BetaController {
  /**
   * The number of the next step: beta, or C of a {@link io.github.cvaegpu.model.KlTerm.Distance}.
   *
   * @param last how the step before went
   * @return that of this step, finite for every KL that is not NaN
   * @throws IllegalArgumentException if KL is NaN: the run has diverged, which the caller has to
   *     notice first
   */
  double next(StepFeedback last);

  /** What a checkpoint has to keep for the run to go on bit for bit. */
  ControllerMemory memory();

  /**
   * Puts the controller where {@link #memory()} said it was.
   *
   * @throws io.github.cvaegpu.InputException if the memory is another kind of controller's
   */
  void restore(ControllerMemory memory);
}
