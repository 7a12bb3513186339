// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.model.VaeShape;

/**
 * What a {@link CublasStep} of any number of rows works with, beside the parameters: what it is
 * given, and what its launches hand on to each other.
 *
 * @param noise (rows, latent)
 * @param kl (rows) KL divergence
 * @param klWeights its weights in the loss
 */
record StepBuffers(
    StepInput input,
    Activations activations,
    DeviceMatrix noise,
    DevicePointer kl,
    KlWeights klWeights,
    ActivationGradients gradients) {

  static StepBuffers allocate(
      DeviceMemory memory, StepInput input, VaeShape shape, TrainingSettings settings) {
    int batchSize = settings.batchSize();
    return new StepBuffers(
        input,
        Activations.allocate(memory, shape, batchSize),
        DeviceMatrix.allocate(memory, batchSize, shape.latent()),
        memory.floats(batchSize),
        KlWeights.allocate(memory, settings.klTerm(), input.state(), shape.latent()),
        ActivationGradients.allocate(memory, shape, batchSize));
  }

  StepState state() {
    return input.state();
  }

  Mailbox mailbox() {
    return input.mailbox();
  }

  DevicePointer pixels() {
    return input.pixels();
  }

  DevicePointer order() {
    return input.order();
  }

  DevicePointer rates() {
    return input.rates();
  }
}
