// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.engine.TrainingSettings;

/**
 * Makes the steps of one model, of any number of rows. Only it knows which kind they are, and what
 * memory that kind needs beside the parameters; steps of all rows share it.
 */
final class StepFactory {
  private final Kernels kernels;
  private final DeviceMemory memory;
  private final TrainedNetwork network;
  private final StepBuffers buffers;
  private final TrainingSettings settings;
  private final Branches branches;
  private final LaunchObserver observer;

  /**
   * @param input what the steps are given
   * @param settings how to train; its batches are the largest
   * @param observer told of phases; the branches' streams tell it of launches
   */
  StepFactory(
      Kernels kernels,
      DeviceMemory memory,
      TrainedNetwork network,
      StepInput input,
      TrainingSettings settings,
      Branches branches,
      LaunchObserver observer) {
    this.kernels = kernels;
    this.memory = memory;
    this.network = network;
    this.settings = settings;
    this.branches = branches;
    this.observer = observer;
    buffers =
        StepBuffers.allocate(
            memory, input, network.parameters().layout().shape(), settings.batchSize());
  }

  /** A step for batches of so many images. */
  Step step(int rows) {
    return new TrainingStep(kernels, memory, network, buffers, settings, branches, rows, observer);
  }
}
