// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.model.VaeShape;

/**
 * What training steps of any number of rows work with, beside the parameters.
 *
 * @param state where the run stands
 * @param mailbox where the steps meet the host
 * @param pixels (images, inputs) bytes of the whole dataset
 * @param order (images) the epoch's order
 * @param noise (rows, latent)
 * @param kl (rows) KL divergence
 */
record StepBuffers(
    StepState state,
    Mailbox mailbox,
    DevicePointer pixels,
    DevicePointer order,
    Activations activations,
    DeviceMatrix noise,
    DevicePointer kl,
    ActivationGradients gradients) {

  static StepBuffers allocate(
      DeviceMemory memory,
      Mailbox mailbox,
      DevicePointer pixels,
      int images,
      VaeShape shape,
      int batchSize) {
    return new StepBuffers(
        new StepState(memory),
        mailbox,
        pixels,
        memory.bytes((long) images * Integer.BYTES),
        Activations.allocate(memory, shape, batchSize),
        DeviceMatrix.allocate(memory, batchSize, shape.latent()),
        memory.floats(batchSize),
        ActivationGradients.allocate(memory, shape, batchSize));
  }
}
