// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

/**
 * The two numbers of Adam that depend on the step, see {@link AdamKernel}.
 *
 * @param stepSize {@code lr / (1 - 0.9^t)}
 * @param rootScale {@code 1 / sqrt(1 - 0.999^t)}
 */
record AdamStep(float stepSize, float rootScale) {
  static final double BETA1 = 0.9;
  static final double BETA2 = 0.999;

  /**
   * Those of a step.
   *
   * @param t the step, from 1
   * @param learningRate lr
   */
  static AdamStep of(long t, double learningRate) {
    return new AdamStep(
        (float) (learningRate / (1 - StrictMath.pow(BETA1, (double) t))),
        (float) (1 / StrictMath.sqrt(1 - StrictMath.pow(BETA2, (double) t))));
  }
}
