// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static io.github.cvaegpu.engine.cpu.SparseBatch.index;
import static io.github.cvaegpu.engine.cpu.SparseBatch.intensity;
import static io.github.cvaegpu.engine.cpu.VectorMath.LANES;
import static io.github.cvaegpu.engine.cpu.VectorMath.ZERO;
import static io.github.cvaegpu.engine.cpu.VectorMath.broadcast;
import static io.github.cvaegpu.engine.cpu.VectorMath.load;
import static io.github.cvaegpu.engine.cpu.VectorMath.store;
import static io.github.cvaegpu.engine.cpu.VectorMath.tail;
import static io.github.cvaegpu.engine.cpu.VectorMath.zero;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The two products of the first layer, whose input is mostly zeros.
 *
 * <p>The weight is held transposed and cut into the column groups of {@link Block#grid}: of each
 * group, one after another, [in, columns of the group], so that a pixel's weights are contiguous
 * and those of a group lie together.
 *
 * <p>Each output element is one chain of fused multiply-adds in ascending order of the index summed
 * over, in whatever blocks the work is done: its bits do not depend on the partition.
 */
final class SparseKernels {
  /**
   * Most vectors of outputs accumulated in registers at a time: with vectors of 16 floats, all
   * columns of a group of a layer 400 wide.
   */
  private static final int BUNDLE = 7;

  private SparseKernels() {}

  /**
   * y = max(x W^T + bias, 0) on a block.
   *
   * @param x (rows, in)
   * @param weight all groups
   * @param bias [out]
   * @param y (rows, out), overwritten
   * @param block some rows, the columns of one group
   */
  static void forward(
      SparseBatch x, MemorySegment weight, MemorySegment bias, Matrix y, Block block) {
    MemorySegment w = group(weight, x, block);
    int width = block.columnCount();
    // Columns outermost: a bundle's weights stay in the core's own cache for all rows.
    int c = 0;
    for (; c <= width - LANES; c += BUNDLE * LANES) {
      for (int r = block.row(); r < block.endRow(); r++) {
        forwardBundle(x, w, bias, y, r, block.column(), c, width);
      }
    }
    c = width - width % LANES;
    if (c < width) {
      VectorMask<Float> mask = tail(c, width);
      for (int r = block.row(); r < block.endRow(); r++) {
        forwardTail(x, w, bias, y, r, block.column(), c, width, mask);
      }
    }
  }

  // A bundle of fewer vectors does its last one again, which costs no reads from beyond the first
  // cache, instead of needing a loop of its own.

  private static void forwardBundle(
      SparseBatch x,
      MemorySegment weight,
      MemorySegment bias,
      Matrix y,
      int r,
      int first,
      int c,
      int width) {
    int last = Math.min(BUNDLE, (width - c) / LANES) - 1;
    long v1 = vector(Math.min(1, last));
    long v2 = vector(Math.min(2, last));
    long v3 = vector(Math.min(3, last));
    long v4 = vector(Math.min(4, last));
    long v5 = vector(Math.min(5, last));
    long v6 = vector(Math.min(6, last));
    int[] entries = x.rowEntries();
    long b = (long) (first + c) * Float.BYTES;
    FloatVector y0 = load(bias, b);
    FloatVector y1 = load(bias, b + v1);
    FloatVector y2 = load(bias, b + v2);
    FloatVector y3 = load(bias, b + v3);
    FloatVector y4 = load(bias, b + v4);
    FloatVector y5 = load(bias, b + v5);
    FloatVector y6 = load(bias, b + v6);
    long at = (long) c * Float.BYTES;
    for (int e = x.rowStart(r); e < x.rowEnd(r); e++) {
      int entry = entries[e];
      FloatVector v = broadcast(intensity(entry));
      long w = at + (long) index(entry) * width * Float.BYTES;
      y0 = load(weight, w).fma(v, y0);
      y1 = load(weight, w + v1).fma(v, y1);
      y2 = load(weight, w + v2).fma(v, y2);
      y3 = load(weight, w + v3).fma(v, y3);
      y4 = load(weight, w + v4).fma(v, y4);
      y5 = load(weight, w + v5).fma(v, y5);
      y6 = load(weight, w + v6).fma(v, y6);
    }
    long to = y.at(r, first + c);
    store(y0.max(ZERO), y.data(), to);
    store(y1.max(ZERO), y.data(), to + v1);
    store(y2.max(ZERO), y.data(), to + v2);
    store(y3.max(ZERO), y.data(), to + v3);
    store(y4.max(ZERO), y.data(), to + v4);
    store(y5.max(ZERO), y.data(), to + v5);
    store(y6.max(ZERO), y.data(), to + v6);
  }

  private static void forwardTail(
      SparseBatch x,
      MemorySegment weight,
      MemorySegment bias,
      Matrix y,
      int r,
      int first,
      int c,
      int width,
      VectorMask<Float> mask) {
    int[] entries = x.rowEntries();
    long at = (long) c * Float.BYTES;
    FloatVector sum = load(bias, (long) (first + c) * Float.BYTES, mask);
    for (int e = x.rowStart(r); e < x.rowEnd(r); e++) {
      int entry = entries[e];
      FloatVector v = broadcast(intensity(entry));
      sum = load(weight, at + (long) index(entry) * width * Float.BYTES, mask).fma(v, sum);
    }
    store(sum.max(ZERO), y.data(), y.at(r, first + c), mask);
  }

  /**
   * gradient = x^T dy, of one lane's pixels and one group's columns.
   *
   * @param x (rows, in)
   * @param dy (rows, out) gradient of the loss by the layer's output before the ReLU
   * @param gradient in the weight's order; what belongs to the pixels and columns is overwritten
   * @param pixels a lane of pixels
   * @param block the columns of one group
   */
  static void weightGradient(
      SparseBatch x, Matrix dy, MemorySegment gradient, int pixels, Block block) {
    MemorySegment g = group(gradient, x, block);
    int width = block.columnCount();
    int c = 0;
    for (; c <= width - LANES; c += BUNDLE * LANES) {
      for (int pixel = x.firstColumn(pixels); pixel < x.endColumn(pixels); pixel++) {
        gradientBundle(x, dy, g, pixels, pixel, block.column(), c, width);
      }
    }
    c = width - width % LANES;
    if (c < width) {
      VectorMask<Float> mask = tail(c, width);
      for (int pixel = x.firstColumn(pixels); pixel < x.endColumn(pixels); pixel++) {
        gradientTail(x, dy, g, pixels, pixel, block.column(), c, width, mask);
      }
    }
  }

  private static void gradientBundle(
      SparseBatch x,
      Matrix dy,
      MemorySegment gradient,
      int pixels,
      int pixel,
      int first,
      int c,
      int width) {
    int last = Math.min(BUNDLE, (width - c) / LANES) - 1;
    long v1 = vector(Math.min(1, last));
    long v2 = vector(Math.min(2, last));
    long v3 = vector(Math.min(3, last));
    long v4 = vector(Math.min(4, last));
    long v5 = vector(Math.min(5, last));
    long v6 = vector(Math.min(6, last));
    int[] entries = x.columnEntries(pixels);
    int[] starts = x.columnStarts(pixels);
    int i = pixel - x.firstColumn(pixels);
    long out = dy.columns();
    long at = (long) (first + c) * Float.BYTES;
    FloatVector g0 = zero();
    FloatVector g1 = g0;
    FloatVector g2 = g0;
    FloatVector g3 = g0;
    FloatVector g4 = g0;
    FloatVector g5 = g0;
    FloatVector g6 = g0;
    for (int e = starts[i]; e < starts[i + 1]; e++) {
      int entry = entries[e];
      FloatVector v = broadcast(intensity(entry));
      long d = at + index(entry) * out * Float.BYTES;
      g0 = load(dy.data(), d).fma(v, g0);
      g1 = load(dy.data(), d + v1).fma(v, g1);
      g2 = load(dy.data(), d + v2).fma(v, g2);
      g3 = load(dy.data(), d + v3).fma(v, g3);
      g4 = load(dy.data(), d + v4).fma(v, g4);
      g5 = load(dy.data(), d + v5).fma(v, g5);
      g6 = load(dy.data(), d + v6).fma(v, g6);
    }
    long to = ((long) pixel * width + c) * Float.BYTES;
    store(g0, gradient, to);
    store(g1, gradient, to + v1);
    store(g2, gradient, to + v2);
    store(g3, gradient, to + v3);
    store(g4, gradient, to + v4);
    store(g5, gradient, to + v5);
    store(g6, gradient, to + v6);
  }

  private static void gradientTail(
      SparseBatch x,
      Matrix dy,
      MemorySegment gradient,
      int pixels,
      int pixel,
      int first,
      int c,
      int width,
      VectorMask<Float> mask) {
    int[] entries = x.columnEntries(pixels);
    int[] starts = x.columnStarts(pixels);
    int i = pixel - x.firstColumn(pixels);
    FloatVector sum = zero();
    for (int e = starts[i]; e < starts[i + 1]; e++) {
      int entry = entries[e];
      FloatVector v = broadcast(intensity(entry));
      sum = load(dy.data(), dy.at(index(entry), first + c), mask).fma(v, sum);
    }
    store(sum, gradient, ((long) pixel * width + c) * Float.BYTES, mask);
  }

  /** The part of a weight, or gradient, that belongs to a group's columns. */
  private static MemorySegment group(MemorySegment weight, SparseBatch x, Block block) {
    long in = x.dense.columns();
    return weight.asSlice(
        in * block.column() * Float.BYTES, in * block.columnCount() * Float.BYTES);
  }

  private static long vector(int index) {
    return (long) index * LANES * Float.BYTES;
  }
}
