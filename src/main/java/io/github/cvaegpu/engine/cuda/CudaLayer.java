// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.model.Linear;

/**
 * One linear layer of the network in a flat array on the GPU: of its parameters, or of the
 * gradients by them.
 *
 * @param place where it is
 * @param weight [out, in]
 * @param bias [out]
 */
record CudaLayer(Linear place, DevicePointer weight, DevicePointer bias) {

  static CudaLayer of(Linear place, DevicePointer array) {
    return new CudaLayer(place, at(array, place.weight()), at(array, place.bias()));
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
