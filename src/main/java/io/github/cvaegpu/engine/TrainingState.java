// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import io.github.cvaegpu.control.StepFeedback;

/**
 * Everything an engine has to be given back to go on bit for bit. The arrays have the layout of
 * {@link io.github.cvaegpu.model.ParameterLayout}.
 *
 * @param parameters weights and biases
 * @param firstMoment Adam's mean of gradients
 * @param secondMoment Adam's mean of squared gradients
 * @param last how the last step went, which the controller has yet to be told
 */
@SuppressWarnings("ArrayRecordComponent") // A plain carrier: compared by nobody, copied by nobody.
public record TrainingState(
    float[] parameters, float[] firstMoment, float[] secondMoment, StepFeedback last) {

  /** A run's beginning: the given parameters, zero moments. */
  public static TrainingState initial(float[] parameters) {
    return new TrainingState(
        parameters, new float[parameters.length], new float[parameters.length], StepFeedback.NONE);
  }

  /** Training steps done. */
  public long step() {
    return last.step();
  }
}
