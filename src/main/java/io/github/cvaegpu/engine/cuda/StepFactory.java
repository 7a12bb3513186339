// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.util.List;
import java.util.Optional;

/**
 * Makes the steps of one model, of any number of rows. Only it knows which kind they are, and what
 * memory that kind needs beside the parameters; steps of all rows share it.
 */
interface StepFactory {
  /** Steps of a graph that are tried. */
  List<Integer> STEPS_A_LAUNCH = List.of(8, 16);

  /** Which kind the steps are. */
  String description();

  /** Why they are of that kind, if it is not the fused one; no comma is in it. */
  Optional<String> why();

  /** What is taken without timing. */
  StepTuning standard();

  /** What can be chosen by timing. */
  Choices<StepTuning> choices();

  /**
   * A step.
   *
   * @param rows images of its batches
   * @param memory what the step has of its own is allocated there
   */
  Step step(int rows, StepTuning tuning, DeviceMemory memory);
}
