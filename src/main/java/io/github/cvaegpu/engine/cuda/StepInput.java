// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.data.ImageSet;
import jcuda.Pointer;

/**
 * What steps are given, however they compute: where the run stands, and on what it trains.
 *
 * @param state where the run stands
 * @param mailbox where the steps meet the host
 * @param pixels (images, inputs) bytes of the whole dataset
 * @param order (images) the epoch's order
 */
record StepInput(StepState state, Mailbox mailbox, DevicePointer pixels, DevicePointer order) {
  /**
   * Puts images on the GPU; until an epoch begins, the order is the first of them again and again.
   */
  static StepInput allocate(DeviceMemory memory, Mailbox mailbox, ImageSet images) {
    DevicePointer pixels = memory.bytes(images.pixels().length);
    DeviceMemory.upload(pixels, Pointer.to(images.pixels()), images.pixels().length);
    long bytes = (long) images.size() * Integer.BYTES;
    DevicePointer order = memory.bytes(bytes);
    DeviceMemory.upload(order, Pointer.to(new int[images.size()]), bytes);
    return new StepInput(new StepState(memory), mailbox, pixels, order);
  }
}
