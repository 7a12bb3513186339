// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.model.VaeShape;
import java.util.List;

/**
 * What the network computes for a batch, on the GPU.
 *
 * @param capacity most rows
 * @param x (rows, inputs) intensities
 * @param encoded outputs of the encoder's hidden layers, (rows, hidden[i])
 * @param heads (rows, 2 latent) posterior means, then log variances
 * @param z (rows, latent) latent points
 * @param decoded outputs of the decoder's hidden layers, (rows, hidden[last - i])
 * @param logits (rows, inputs) products of the last layer; in training then the gradients by them
 * @param loss (rows) reconstruction loss
 */
record Activations(
    int capacity,
    DeviceMatrix x,
    List<DeviceMatrix> encoded,
    DeviceMatrix heads,
    DeviceMatrix z,
    List<DeviceMatrix> decoded,
    DeviceMatrix logits,
    DevicePointer loss) {

  static Activations allocate(DeviceMemory memory, VaeShape shape, int capacity) {
    return new Activations(
        capacity,
        DeviceMatrix.allocate(memory, capacity, shape.inputs()),
        hidden(memory, shape.hidden(), capacity),
        DeviceMatrix.allocate(memory, capacity, 2 * shape.latent()),
        DeviceMatrix.allocate(memory, capacity, shape.latent()),
        hidden(memory, shape.hidden().reversed(), capacity),
        DeviceMatrix.allocate(memory, capacity, shape.inputs()),
        memory.floats(capacity));
  }

  /** A matrix for each hidden layer. */
  static List<DeviceMatrix> hidden(DeviceMemory memory, List<Integer> widths, int rows) {
    return widths.stream().map(width -> DeviceMatrix.allocate(memory, rows, width)).toList();
  }
}
