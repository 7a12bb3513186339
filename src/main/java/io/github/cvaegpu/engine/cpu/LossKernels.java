// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static io.github.cvaegpu.engine.cpu.VectorMath.LANES;
import static io.github.cvaegpu.engine.cpu.VectorMath.broadcast;
import static io.github.cvaegpu.engine.cpu.VectorMath.load;
import static io.github.cvaegpu.engine.cpu.VectorMath.store;
import static io.github.cvaegpu.engine.cpu.VectorMath.tail;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Binary cross-entropy of sigmoid outputs, from the logits.
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
final class LossKernels {
  private LossKernels() {}

  /**
   * Adds the bias, replaces each logit by its gradient and sums the loss.
   *
   * @param logits (rows, inputs) products without bias; the block is overwritten with dloss/dlogit
   * @param bias [inputs]
   * @param x (rows, inputs) target intensities
   * @param loss (rows, column groups): entry (r, group) receives the loss of row r's columns in the
   *     block, in nats
   * @param group the block's column group
   */
  static void lossAndGradient(
      Matrix logits, MemorySegment bias, Matrix x, Block block, double[] loss, int group) {
    float[] lanes = new float[LANES];
    for (int r = block.row(); r < block.endRow(); r++) {
      long row = logits.at(r, 0);
      FloatVector sum = broadcast(0f);
      int c = block.column();
      for (; c <= block.endColumn() - LANES; c += LANES) {
        long at = (long) c * Float.BYTES;
        FloatVector logit = load(logits.data(), row + at).add(load(bias, at));
        FloatVector target = load(x.data(), row + at);
        FloatVector u = VectorMath.exp(logit.abs().neg());
        sum = sum.add(loss(logit, target, u));
        store(gradient(logit, target, u), logits.data(), row + at);
      }
      if (c < block.endColumn()) {
        long at = (long) c * Float.BYTES;
        VectorMask<Float> mask = tail(c, block.endColumn());
        FloatVector logit = load(logits.data(), row + at, mask).add(load(bias, at, mask));
        FloatVector target = load(x.data(), row + at, mask);
        FloatVector u = VectorMath.exp(logit.abs().neg());
        sum = sum.add(loss(logit, target, u), mask);
        store(gradient(logit, target, u), logits.data(), row + at, mask);
      }
      loss[r * Block.COLUMN_GROUPS + group] = total(sum, lanes);
    }
  }

  /**
   * Adds the bias to each logit and sums the loss; nothing else is written.
   *
   * @param logits (rows, inputs) products without bias
   * @param bias [inputs]
   * @param x target intensities; row r of the logits is compared with row {@code (r + skipped) /
   *     samples}
   * @param samples rows of logits to a row of x
   * @param skipped rows of logits that the first row of x had before these
   * @param block rows and columns of the logits
   * @param loss (rows, column groups), as above
   * @param group the block's column group
   */
  static void loss(
      Matrix logits,
      MemorySegment bias,
      Matrix x,
      int samples,
      int skipped,
      Block block,
      double[] loss,
      int group) {
    float[] lanes = new float[LANES];
    for (int r = block.row(); r < block.endRow(); r++) {
      FloatVector sum = broadcast(0f);
      for (int c = block.column(); c < block.endColumn(); c += LANES) {
        VectorMask<Float> mask = tail(c, block.endColumn());
        FloatVector logit =
            load(logits.data(), logits.at(r, c), mask)
                .add(load(bias, (long) c * Float.BYTES, mask));
        FloatVector target = load(x.data(), x.at((r + skipped) / samples, c), mask);
        sum = sum.add(loss(logit, target, VectorMath.exp(logit.abs().neg())), mask);
      }
      loss[r * Block.COLUMN_GROUPS + group] = total(sum, lanes);
    }
  }

  private static FloatVector loss(FloatVector logit, FloatVector target, FloatVector u) {
    return logit.max(0f).add(VectorMath.log1p(u)).sub(logit.mul(target));
  }

  private static FloatVector gradient(FloatVector logit, FloatVector target, FloatVector u) {
    VectorMask<Float> negative = logit.compare(VectorOperators.LT, 0f);
    return broadcast(1f).blend(u, negative).div(u.add(1f)).sub(target);
  }

  /** The sum of a vector's lanes, first to last. */
  private static double total(FloatVector vector, float[] lanes) {
    vector.intoArray(lanes, 0);
    double total = 0;
    for (float lane : lanes) {
      total += lane;
    }
    return total;
  }
}
