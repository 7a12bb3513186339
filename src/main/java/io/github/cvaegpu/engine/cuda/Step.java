// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

/**
 * A training step on the GPU, for one number of rows, which is part of its launches. What changes
 * from step to step is in its {@link StepInput}, so the same launches can be made again and again.
 *
 * <p>It takes the batch and beta that are at hand there, updates the parameters, tells its losses
 * and goes on to the next batch. It begins and ends on the main branch.
 */
interface Step {
  /** Images of the batches that it is for. */
  int rows();

  /** Launches a step again and again: nothing that it is launched with changes. */
  static Runnable times(int count, Step step) {
    return () -> {
      for (int i = 0; i < count; i++) {
        step.launch();
      }
    };
  }

  /** Launches the step; while the main branch is captured, into its graph. */
  void launch();
}
