// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.model.Linear;

/**
 * One linear layer of the network in the flat arrays on the GPU.
 *
 * @param place where it is
 * @param weight [out, in]
 * @param bias [out]
 * @param weightGradient as the weight
 * @param biasGradient as the bias
 */
record CudaLayer(
    Linear place,
    DevicePointer weight,
    DevicePointer bias,
    DevicePointer weightGradient,
    DevicePointer biasGradient) {

  static CudaLayer of(Linear place, DevicePointer parameters, DevicePointer gradients) {
    return new CudaLayer(
        place,
        at(parameters, place.weight()),
        at(parameters, place.bias()),
        at(gradients, place.weight()),
        at(gradients, place.bias()));
  }

  private static DevicePointer at(DevicePointer array, int offset) {
    return array.withByteOffset((long) offset * Float.BYTES);
  }

  int in() {
    return place.in();
  }

  int out() {
    return place.out();
  }
}
