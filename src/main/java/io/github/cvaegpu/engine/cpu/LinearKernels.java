// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static io.github.cvaegpu.engine.cpu.VectorMath.LANES;
import static io.github.cvaegpu.engine.cpu.VectorMath.ZERO;
import static io.github.cvaegpu.engine.cpu.VectorMath.load;
import static io.github.cvaegpu.engine.cpu.VectorMath.store;
import static io.github.cvaegpu.engine.cpu.VectorMath.tail;
import static io.github.cvaegpu.engine.cpu.VectorMath.zero;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** What a linear layer does beside its matrix products, on a block of rows and columns. */
final class LinearKernels {
  private LinearKernels() {}

  /**
   * y = max(y + bias, 0), in place.
   *
   * @param y (rows, columns of the layer)
   * @param bias the layer's bias
   */
  static void biasRelu(Matrix y, Block block, MemorySegment bias) {
    for (int r = block.row(); r < block.endRow(); r++) {
      long row = y.at(r, 0);
      int c = block.column();
      for (; c <= block.endColumn() - LANES; c += LANES) {
        long at = (long) c * Float.BYTES;
        store(load(y.data(), row + at).add(load(bias, at)).max(ZERO), y.data(), row + at);
      }
      if (c < block.endColumn()) {
        long at = (long) c * Float.BYTES;
        VectorMask<Float> mask = tail(c, block.endColumn());
        FloatVector sum = load(y.data(), row + at, mask).add(load(bias, at, mask));
        store(sum.max(ZERO), y.data(), row + at, mask);
      }
    }
  }

  /** y = y + bias, in place. */
  static void bias(Matrix y, Block block, MemorySegment bias) {
    for (int r = block.row(); r < block.endRow(); r++) {
      long row = y.at(r, 0);
      for (int c = block.column(); c < block.endColumn(); c += LANES) {
        long at = (long) c * Float.BYTES;
        VectorMask<Float> mask = tail(c, block.endColumn());
        FloatVector sum = load(y.data(), row + at, mask).add(load(bias, at, mask));
        store(sum, y.data(), row + at, mask);
      }
    }
  }

  /**
   * dy = dy where y &gt; 0, else 0, in place: the gradient through a ReLU whose output was y.
   *
   * @param dy (rows, columns) gradient of the loss by y
   * @param y (rows, columns) the ReLU's output
   */
  static void reluMask(Matrix dy, Block block, Matrix y) {
    for (int r = block.row(); r < block.endRow(); r++) {
      long row = y.at(r, 0);
      int c = block.column();
      for (; c <= block.endColumn() - LANES; c += LANES) {
        long at = row + (long) c * Float.BYTES;
        VectorMask<Float> on = load(y.data(), at).compare(VectorOperators.GT, ZERO);
        store(ZERO.blend(load(dy.data(), at), on), dy.data(), at);
      }
      if (c < block.endColumn()) {
        long at = row + (long) c * Float.BYTES;
        VectorMask<Float> mask = tail(c, block.endColumn());
        VectorMask<Float> on = load(y.data(), at, mask).compare(VectorOperators.GT, ZERO);
        store(ZERO.blend(load(dy.data(), at, mask), on), dy.data(), at, mask);
      }
    }
  }

  /**
   * dy = part0 + part1 where y &gt; 0, else 0: as {@link #reluMask}, of a sum.
   *
   * @param part0 (rows, columns) one part of the gradient of the loss by y
   * @param part1 (rows, columns) the other part
   * @param dy (rows, columns) overwritten
   * @param y (rows, columns) the ReLU's output
   */
  static void sumAndReluMask(Matrix part0, Matrix part1, Matrix dy, Block block, Matrix y) {
    for (int r = block.row(); r < block.endRow(); r++) {
      long row = y.at(r, 0);
      int c = block.column();
      for (; c <= block.endColumn() - LANES; c += LANES) {
        long at = row + (long) c * Float.BYTES;
        VectorMask<Float> on = load(y.data(), at).compare(VectorOperators.GT, ZERO);
        FloatVector sum = load(part0.data(), at).add(load(part1.data(), at));
        store(ZERO.blend(sum, on), dy.data(), at);
      }
      if (c < block.endColumn()) {
        long at = row + (long) c * Float.BYTES;
        VectorMask<Float> mask = tail(c, block.endColumn());
        VectorMask<Float> on = load(y.data(), at, mask).compare(VectorOperators.GT, ZERO);
        FloatVector sum = load(part0.data(), at, mask).add(load(part1.data(), at, mask));
        store(ZERO.blend(sum, on), dy.data(), at, mask);
      }
    }
  }

  /**
   * gradient = column sums of dy, over rows 0 .. rows-1 in that order.
   *
   * @param dy (rows, out) gradient of the loss by the layer's output
   * @param first first column summed
   * @param end end of the columns summed
   * @param gradient the bias gradient (out)
   */
  static void biasGradient(Matrix dy, int rows, int first, int end, MemorySegment gradient) {
    for (int c = first; c < end; c += LANES) {
      VectorMask<Float> mask = tail(c, end);
      FloatVector sum = zero();
      for (int r = 0; r < rows; r++) {
        sum = sum.add(load(dy.data(), dy.at(r, c), mask));
      }
      store(sum, gradient, (long) c * Float.BYTES, mask);
    }
  }
}
