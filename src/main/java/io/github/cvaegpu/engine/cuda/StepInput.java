// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

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
   * Until an epoch begins, the order is the first image again and again.
   *
   * @param pixels those of the images, which are on the GPU already
   * @param images how many there are
   */
  static StepInput allocate(
      DeviceMemory memory, Mailbox mailbox, DevicePointer pixels, int images) {
    long bytes = (long) images * Integer.BYTES;
    DevicePointer order = memory.bytes(bytes);
    DeviceMemory.upload(order, Pointer.to(new int[images]), bytes);
    return new StepInput(new StepState(memory), mailbox, pixels, order);
  }
}
