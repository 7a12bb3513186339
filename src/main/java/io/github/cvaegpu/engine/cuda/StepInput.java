// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.engine.TrainingSettings;
import java.util.Arrays;
import jcuda.Pointer;

/**
 * What steps are given, however they compute: where the run stands, and on what it trains.
 *
 * @param state where the run stands
 * @param mailbox where the steps meet the host
 * @param pixels (images, inputs) bytes of the whole dataset
 * @param order (images) the epoch's order
 * @param rates (batches) doubles, the learning rate of each batch of the epoch
 */
record StepInput(
    StepState state,
    Mailbox mailbox,
    DevicePointer pixels,
    DevicePointer order,
    DevicePointer rates) {
  /**
   * Until an epoch begins, the order is the first image again and again, and the rates are the
   * run's first.
   *
   * @param pixels those of the images, which are on the GPU already
   * @param images how many there are
   * @param settings how to train
   */
  static StepInput allocate(
      DeviceMemory memory,
      Mailbox mailbox,
      DevicePointer pixels,
      int images,
      TrainingSettings settings) {
    long bytes = (long) images * Integer.BYTES;
    DevicePointer order = memory.bytes(bytes);
    DeviceMemory.upload(order, Pointer.to(new int[images]), bytes);
    double[] rates = new double[Math.ceilDiv(images, settings.batchSize())];
    Arrays.fill(rates, settings.learningRate().at(0));
    DevicePointer all = memory.bytes((long) rates.length * Double.BYTES);
    var input = new StepInput(new StepState(memory), mailbox, pixels, order, all);
    input.upload(rates);
    return input;
  }

  /** Sets the learning rates of an epoch's first batches. No step may be under way. */
  void upload(double[] ofBatches) {
    DeviceMemory.upload(rates, Pointer.to(ofBatches), (long) ofBatches.length * Double.BYTES);
  }
}
