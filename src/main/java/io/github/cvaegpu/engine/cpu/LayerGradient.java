// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.foreign.Sgemm;
import io.github.cvaegpu.model.Linear;
import java.lang.foreign.MemorySegment;

/**
 * Where the gradients by a layer's parameters are in their flat array, and the product that makes
 * them.
 *
 * @param layer whose they are
 * @param weight as the layer's weight
 * @param bias as the layer's bias
 */
record LayerGradient(Layer layer, MemorySegment weight, MemorySegment bias) {

  static LayerGradient of(Layer layer, MemorySegment gradients) {
    Linear place = layer.place();
    return new LayerGradient(
        layer,
        Layer.slice(gradients, place.weight(), place.weightSize()),
        Layer.slice(gradients, place.bias(), place.out()));
  }

  /** dW = dy^T x on a lane's rows of the weight, summed over all rows of the batch. */
  void multiply(Gemm gemm, Matrix dy, Matrix x, int rows, int lane) {
    int first = layer.firstOutput(lane);
    int count = layer.firstOutput(lane + 1) - first;
    if (count == 0) {
      return;
    }
    int in = layer.place().in();
    gemm.multiply(
        new Sgemm(
            true,
            false,
            count,
            in,
            rows,
            dy.from(0, first),
            layer.place().out(),
            x.data(),
            in,
            weight.asSlice((long) first * in * Float.BYTES),
            in));
  }
}
