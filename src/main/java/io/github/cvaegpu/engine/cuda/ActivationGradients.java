// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.model.VaeShape;
import java.util.List;

/**
 * Gradients of the loss by the {@link Activations} of the same names, on the GPU. Those by the
 * logits take the logits' place.
 *
 * @param encoded (rows, hidden[i])
 * @param heads (rows, 2 latent)
 * @param z (rows, latent)
 * @param decoded (rows, hidden[last - i])
 */
record ActivationGradients(
    List<DeviceMatrix> encoded, DeviceMatrix heads, DeviceMatrix z, List<DeviceMatrix> decoded) {

  static ActivationGradients allocate(DeviceMemory memory, VaeShape shape, int capacity) {
    return new ActivationGradients(
        Activations.hidden(memory, shape.hidden(), capacity),
        DeviceMatrix.allocate(memory, capacity, 2 * shape.latent()),
        DeviceMatrix.allocate(memory, capacity, shape.latent()),
        Activations.hidden(memory, shape.hidden().reversed(), capacity));
  }
}
