// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static io.github.cvaegpu.engine.cpu.VectorMath.LANES;
import static io.github.cvaegpu.engine.cpu.VectorMath.ZERO;
import static io.github.cvaegpu.engine.cpu.VectorMath.broadcast;
import static io.github.cvaegpu.engine.cpu.VectorMath.load;
import static io.github.cvaegpu.engine.cpu.VectorMath.store;
import static io.github.cvaegpu.engine.cpu.VectorMath.tail;
import static io.github.cvaegpu.engine.cpu.VectorMath.zero;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The two products of the first layer, whose input is mostly zeros. The weight is held transposed,
 * [in, out], so that the row of one pixel is contiguous.
 *
 * <p>Each output element is one chain of fused multiply-adds in ascending order of the index summed
 * over, in whatever blocks the work is done: its bits do not depend on the partition.
 */
final class SparseKernels {
  /** Vectors of outputs accumulated in registers at a time. */
  private static final int UNROLL = 5;

  /** Floats in such a group: the unit to cut columns by. */
  static final int GROUP = UNROLL * LANES;

  private SparseKernels() {}

  /**
   * y = max(x W^T + bias, 0) on a block.
   *
   * @param x (rows, in)
   * @param weight [in, out]
   * @param bias [out]
   * @param y (rows, out), overwritten
   */
  static void forward(
      SparseBatch x, MemorySegment weight, MemorySegment bias, Matrix y, Block block) {
    int out = y.columns();
    // Columns outermost: a group's share of the weight stays in the core's own cache for all rows.
    int c = block.column();
    for (; c <= block.endColumn() - GROUP; c += GROUP) {
      for (int r = block.row(); r < block.endRow(); r++) {
        forwardGroup(x, weight, bias, y, r, c, out);
      }
    }
    for (; c < block.endColumn(); c += LANES) {
      VectorMask<Float> mask = tail(c, block.endColumn());
      for (int r = block.row(); r < block.endRow(); r++) {
        forwardTail(x, weight, bias, y, r, c, out, mask);
      }
    }
  }

  private static void forwardGroup(
      SparseBatch x, MemorySegment weight, MemorySegment bias, Matrix y, int r, int c, int out) {
    int[] columns = x.columns();
    MemorySegment dense = x.dense.data();
    long row = x.dense.at(r, 0);
    long at = (long) c * Float.BYTES;
    FloatVector y0 = load(bias, at);
    FloatVector y1 = load(bias, at + vector(1));
    FloatVector y2 = load(bias, at + vector(2));
    FloatVector y3 = load(bias, at + vector(3));
    FloatVector y4 = load(bias, at + vector(4));
    for (int e = x.rowStart(r); e < x.rowEnd(r); e++) {
      long column = columns[e];
      FloatVector v = broadcast(dense.get(ValueLayout.JAVA_FLOAT, row + column * Float.BYTES));
      long w = at + column * out * Float.BYTES;
      y0 = load(weight, w).fma(v, y0);
      y1 = load(weight, w + vector(1)).fma(v, y1);
      y2 = load(weight, w + vector(2)).fma(v, y2);
      y3 = load(weight, w + vector(3)).fma(v, y3);
      y4 = load(weight, w + vector(4)).fma(v, y4);
    }
    long to = y.at(r, c);
    store(y0.max(ZERO), y.data(), to);
    store(y1.max(ZERO), y.data(), to + vector(1));
    store(y2.max(ZERO), y.data(), to + vector(2));
    store(y3.max(ZERO), y.data(), to + vector(3));
    store(y4.max(ZERO), y.data(), to + vector(4));
  }

  private static void forwardTail(
      SparseBatch x,
      MemorySegment weight,
      MemorySegment bias,
      Matrix y,
      int r,
      int c,
      int out,
      VectorMask<Float> mask) {
    int[] columns = x.columns();
    long row = x.dense.at(r, 0);
    long at = (long) c * Float.BYTES;
    FloatVector sum = load(bias, at, mask);
    for (int e = x.rowStart(r); e < x.rowEnd(r); e++) {
      long column = columns[e];
      FloatVector v =
          broadcast(x.dense.data().get(ValueLayout.JAVA_FLOAT, row + column * Float.BYTES));
      sum = load(weight, at + column * out * Float.BYTES, mask).fma(v, sum);
    }
    store(sum.max(ZERO), y.data(), y.at(r, c), mask);
  }

  /**
   * gradient = x^T dy, rows of one lane's pixels.
   *
   * @param x (rows, in)
   * @param dy (rows, out) gradient of the loss by the layer's output before the ReLU
   * @param gradient [in, out]; the lane's rows are overwritten
   */
  static void weightGradient(SparseBatch x, Matrix dy, MemorySegment gradient, int lane) {
    int out = dy.columns();
    int c = 0;
    for (; c <= out - GROUP; c += GROUP) {
      for (int pixel = x.firstColumn(lane); pixel < x.endColumn(lane); pixel++) {
        gradientGroup(x, dy, gradient, lane, pixel, c);
      }
    }
    for (; c < out; c += LANES) {
      VectorMask<Float> mask = tail(c, out);
      for (int pixel = x.firstColumn(lane); pixel < x.endColumn(lane); pixel++) {
        gradientTail(x, dy, gradient, lane, pixel, c, mask);
      }
    }
  }

  private static void gradientGroup(
      SparseBatch x, Matrix dy, MemorySegment gradient, int lane, int pixel, int c) {
    int[] rows = x.rows(lane);
    int[] starts = x.columnStarts(lane);
    int i = pixel - x.firstColumn(lane);
    long out = dy.columns();
    MemorySegment dense = x.dense.data();
    long at = (long) c * Float.BYTES;
    FloatVector g0 = zero();
    FloatVector g1 = g0;
    FloatVector g2 = g0;
    FloatVector g3 = g0;
    FloatVector g4 = g0;
    for (int e = starts[i]; e < starts[i + 1]; e++) {
      int r = rows[e];
      FloatVector v = broadcast(dense.get(ValueLayout.JAVA_FLOAT, x.dense.at(r, pixel)));
      long d = at + r * out * Float.BYTES;
      g0 = load(dy.data(), d).fma(v, g0);
      g1 = load(dy.data(), d + vector(1)).fma(v, g1);
      g2 = load(dy.data(), d + vector(2)).fma(v, g2);
      g3 = load(dy.data(), d + vector(3)).fma(v, g3);
      g4 = load(dy.data(), d + vector(4)).fma(v, g4);
    }
    long to = at + pixel * out * Float.BYTES;
    store(g0, gradient, to);
    store(g1, gradient, to + vector(1));
    store(g2, gradient, to + vector(2));
    store(g3, gradient, to + vector(3));
    store(g4, gradient, to + vector(4));
  }

  private static void gradientTail(
      SparseBatch x,
      Matrix dy,
      MemorySegment gradient,
      int lane,
      int pixel,
      int c,
      VectorMask<Float> mask) {
    int[] rows = x.rows(lane);
    int[] starts = x.columnStarts(lane);
    int i = pixel - x.firstColumn(lane);
    FloatVector sum = zero();
    for (int e = starts[i]; e < starts[i + 1]; e++) {
      FloatVector v =
          broadcast(x.dense.data().get(ValueLayout.JAVA_FLOAT, x.dense.at(rows[e], pixel)));
      sum = load(dy.data(), dy.at(rows[e], c), mask).fma(v, sum);
    }
    store(sum, gradient, ((long) pixel * dy.columns() + c) * Float.BYTES, mask);
  }

  private static long vector(int index) {
    return (long) index * LANES * Float.BYTES;
  }
}
