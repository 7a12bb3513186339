// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static io.github.cvaegpu.engine.cpu.VectorMath.LANES;
import static io.github.cvaegpu.engine.cpu.VectorMath.ONE;
import static io.github.cvaegpu.engine.cpu.VectorMath.ZERO;
import static io.github.cvaegpu.engine.cpu.VectorMath.load;
import static io.github.cvaegpu.engine.cpu.VectorMath.store;
import static io.github.cvaegpu.engine.cpu.VectorMath.zero;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * {@link io.github.cvaegpu.model.Likelihood#BERNOULLI}: binary cross-entropy of sigmoid outputs,
 * from the logits, and those outputs.
 *
 * <p>With l the logit, x the target intensity and u = exp(-|l|), which is in (0, 1]:
 *
 * <pre>
 *   loss      = max(l, 0) - l x + log(1 + u)
 *   dloss/dl  = sigmoid(l) - x,   sigmoid(l) = (l &gt;= 0 ? 1 : u) / (1 + u)
 * </pre>
 *
 * No logarithm of 0 and no overflow for any finite logit.
 */
final class BernoulliKernels implements LikelihoodKernels {
  @Override
  public void lossAndGradient(
      Matrix logits,
      MemorySegment bias,
      Matrix x,
      int samples,
      int skipped,
      Block block,
      double[] loss,
      int group) {
    int whole = block.endColumn() - block.columnCount() % LANES;
    float[] lanes = new float[block.rowCount() * LANES];
    vectors(logits, bias, x, samples, skipped, block, whole, lanes);
    RowLosses.set(loss, block, group, lanes);
    if (whole < block.endColumn()) {
      tail(logits, bias, x, samples, skipped, block, whole, lanes);
      RowLosses.add(loss, block, group, lanes);
    }
  }

  // Whole vectors and the tail are methods of their own: together they are more than the compiler
  // inlines, and what it does not inline puts every vector on the heap.

  private static void vectors(
      Matrix logits,
      MemorySegment bias,
      Matrix x,
      int samples,
      int skipped,
      Block block,
      int whole,
      float[] lanes) {
    // Locals, because fields would be read again after every store.
    MemorySegment l = logits.data();
    MemorySegment t = x.data();
    int first = block.column();
    for (int r = block.row(); r < block.endRow(); r++) {
      long row = logits.at(r, 0);
      long targets = x.at((r + skipped) / samples, 0);
      FloatVector sum = zero();
      for (int c = first; c < whole; c += LANES) {
        long at = (long) c * Float.BYTES;
        FloatVector logit = load(l, row + at).add(load(bias, at));
        FloatVector target = load(t, targets + at);
        FloatVector u = VectorMath.expOfNonPositive(logit.abs().neg());
        // In this order the compiler keeps u in a register; in the other it goes to the heap.
        store(gradient(logit, target, u), l, row + at);
        sum = sum.add(loss(logit, target, u));
      }
      sum.intoArray(lanes, (r - block.row()) * LANES);
    }
  }

  private static void tail(
      Matrix logits,
      MemorySegment bias,
      Matrix x,
      int samples,
      int skipped,
      Block block,
      int whole,
      float[] lanes) {
    VectorMask<Float> mask = VectorMath.tail(whole, block.endColumn());
    long at = (long) whole * Float.BYTES;
    for (int r = block.row(); r < block.endRow(); r++) {
      long row = logits.at(r, 0);
      FloatVector logit = load(logits.data(), row + at, mask).add(load(bias, at, mask));
      FloatVector target = load(x.data(), x.at((r + skipped) / samples, whole), mask);
      FloatVector u = VectorMath.expOfNonPositive(logit.abs().neg());
      ZERO.blend(loss(logit, target, u), mask).intoArray(lanes, (r - block.row()) * LANES);
      store(gradient(logit, target, u), logits.data(), row + at, mask);
    }
  }

  private static FloatVector loss(FloatVector logit, FloatVector target, FloatVector u) {
    return logit.max(ZERO).add(VectorMath.log1p(u)).sub(logit.mul(target));
  }

  private static FloatVector gradient(FloatVector logit, FloatVector target, FloatVector u) {
    return sigmoid(logit, u).sub(target);
  }

  /** sigmoid(l) from l and u; its difference from the target is the gradient. */
  private static FloatVector sigmoid(FloatVector logit, FloatVector u) {
    VectorMask<Float> negative = logit.compare(VectorOperators.LT, ZERO);
    return ONE.blend(u, negative).div(u.add(ONE));
  }

  @Override
  public void mean(Matrix logits, MemorySegment bias, Block block) {
    int whole = block.endColumn() - block.columnCount() % LANES;
    meanVectors(logits, bias, block, whole);
    if (whole < block.endColumn()) {
      meanTail(logits, bias, block, whole);
    }
  }

  private static void meanVectors(Matrix logits, MemorySegment bias, Block block, int whole) {
    MemorySegment l = logits.data();
    int first = block.column();
    for (int r = block.row(); r < block.endRow(); r++) {
      long row = logits.at(r, 0);
      for (int c = first; c < whole; c += LANES) {
        long at = (long) c * Float.BYTES;
        FloatVector logit = load(l, row + at).add(load(bias, at));
        FloatVector u = VectorMath.expOfNonPositive(logit.abs().neg());
        store(sigmoid(logit, u), l, row + at);
      }
    }
  }

  private static void meanTail(Matrix logits, MemorySegment bias, Block block, int whole) {
    VectorMask<Float> mask = VectorMath.tail(whole, block.endColumn());
    long at = (long) whole * Float.BYTES;
    for (int r = block.row(); r < block.endRow(); r++) {
      long row = logits.at(r, 0);
      FloatVector logit = load(logits.data(), row + at, mask).add(load(bias, at, mask));
      FloatVector u = VectorMath.expOfNonPositive(logit.abs().neg());
      store(sigmoid(logit, u), logits.data(), row + at, mask);
    }
  }
}
