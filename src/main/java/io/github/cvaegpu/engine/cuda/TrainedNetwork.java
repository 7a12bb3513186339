// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.model.ParameterLayout;

/**
 * What Adam works on: four flat arrays on the GPU in {@link ParameterLayout}'s order, so that a
 * checkpoint is a copy and Adam one launch.
 *
 * @param parameters weights and biases
 * @param gradients of the last step by them; a layer's weight and bias are the gradients by these
 * @param firstMoment Adam's mean of gradients
 * @param secondMoment Adam's mean of squared gradients
 */
record TrainedNetwork(
    CudaNetwork parameters,
    CudaNetwork gradients,
    DevicePointer firstMoment,
    DevicePointer secondMoment) {

  static TrainedNetwork allocate(DeviceMemory memory, CudaNetwork parameters) {
    ParameterLayout layout = parameters.layout();
    var trained =
        new TrainedNetwork(
            parameters,
            new CudaNetwork(memory, layout),
            memory.floats(layout.size()),
            memory.floats(layout.size()));
    // Between tensors, where no kernel writes, a gradient is 0 for good. The others are read by a
    // step's first run, before there is anything to train.
    var zeros = new float[layout.size()];
    DeviceMemory.upload(trained.parameters.address(), zeros);
    DeviceMemory.upload(trained.gradients.address(), zeros);
    DeviceMemory.upload(trained.firstMoment, zeros);
    DeviceMemory.upload(trained.secondMoment, zeros);
    return trained;
  }
}
