// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static io.github.cvaegpu.engine.cpu.ThreadTeam.LANES;

import io.github.cvaegpu.foreign.Sgemm;
import io.github.cvaegpu.model.Linear;
import java.lang.foreign.MemorySegment;

/**
 * One linear layer of the network in the flat arrays, and its matrix products.
 *
 * <p>Every lane owns some of the outputs, and with them rows of the weight, which it alone updates.
 * The products of a wide layer are cut so that on up to {@value Block#COLUMN_GROUPS} threads the
 * thread that updates a row is also the only one that reads it. Weights that all threads read and
 * one writes travel between their caches in every step; where the threads' cores share no cache,
 * that was measured to take as long as all else together.
 *
 * @param place where it is
 * @param weight [out, in]; of the first layer in the order of {@link SparseKernels}
 * @param bias [out]
 */
record Layer(Linear place, MemorySegment weight, MemorySegment bias) {

  static Layer of(Linear place, MemorySegment parameters) {
    return new Layer(
        place,
        slice(parameters, place.weight(), place.weightSize()),
        slice(parameters, place.bias(), place.out()));
  }

  /** A run of floats of a flat array. */
  static MemorySegment slice(MemorySegment of, int offset, int count) {
    return of.asSlice((long) offset * Float.BYTES, (long) count * Float.BYTES);
  }

  /** y = x W^T on a block of y. */
  void multiply(Gemm gemm, Matrix x, Matrix y, Block block) {
    if (block.isEmpty()) {
      return;
    }
    gemm.multiply(
        new Sgemm(
            false,
            true,
            block.rowCount(),
            block.columnCount(),
            place.in(),
            x.from(block.row(), 0),
            place.in(),
            weight.asSlice((long) block.column() * place.in() * Float.BYTES),
            place.in(),
            y.from(block.row(), block.column()),
            place.out()));
  }

  /** dx = dy W on a block of dx: the gradient by the layer's input. */
  void inputGradient(Gemm gemm, Matrix dy, Matrix dx, Block block) {
    inputGradient(gemm, dy, dx, block, 0, place.out());
  }

  /** The part of dx = dy W that comes from some of the outputs, on a block of dx. */
  void inputGradient(Gemm gemm, Matrix dy, Matrix dx, Block block, int first, int end) {
    if (block.isEmpty()) {
      return;
    }
    gemm.multiply(
        new Sgemm(
            false,
            false,
            block.rowCount(),
            block.columnCount(),
            end - first,
            dy.from(block.row(), first),
            place.out(),
            weight.asSlice(((long) first * place.in() + block.column()) * Float.BYTES),
            place.in(),
            dx.from(block.row(), block.column()),
            place.in()));
  }

  /** First output of a lane; the end of the last lane's for {@code lane = LANES}. */
  int firstOutput(int lane) {
    return isWide() ? Block.boundary(lane, LANES, place.out()) : place.out() * lane / LANES;
  }

  /** Whether its products are cut by outputs, so that each output's weights stay with a thread. */
  boolean isWide() {
    return place.out() >= Block.WIDE;
  }
}
