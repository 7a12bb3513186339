// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.model.VaeShape;

/**
 * What a {@link FusedStep} of any number of rows works with, beside the parameters.
 *
 * @param images (rows) which images the batch is of
 * @param losses (rows, groups of pixels) reconstruction loss
 * @param noise (rows, latent)
 * @param kl (rows) KL divergence
 */
record FusedBuffers(
    StepInput input,
    Activations activations,
    DevicePointer images,
    DeviceMatrix losses,
    DeviceMatrix noise,
    DevicePointer kl,
    ActivationGradients gradients) {

  static FusedBuffers allocate(
      DeviceMemory memory, StepInput input, VaeShape shape, int batchSize) {
    return new FusedBuffers(
        input,
        Activations.allocate(memory, shape, batchSize),
        memory.bytes((long) batchSize * Integer.BYTES),
        DeviceMatrix.allocate(
            memory, batchSize, Math.ceilDiv(shape.inputs(), LinearVariant.LOSS_COLUMNS)),
        DeviceMatrix.allocate(memory, batchSize, shape.latent()),
        memory.floats(batchSize),
        ActivationGradients.allocate(memory, shape, batchSize));
  }
}
