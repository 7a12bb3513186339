// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.model.Likelihood;
import java.lang.foreign.MemorySegment;

/** What the engine computes of a likelihood, a block of logits at a time. */
interface LikelihoodKernels {
  /** The kernels of a likelihood. */
  static LikelihoodKernels of(Likelihood likelihood) {
    return switch (likelihood) {
      case BERNOULLI -> new BernoulliKernels();
    };
  }

  /**
   * Adds the bias, replaces each logit by its gradient and sums the loss.
   *
   * @param logits (rows, inputs) products without bias; the block is overwritten with dloss/dlogit
   * @param bias [inputs]
   * @param x targets; row r of the logits is compared with row {@code (r + skipped) / samples}
   * @param samples rows of logits to a row of x
   * @param skipped rows of logits that the first row of x had before these
   * @param block rows and columns of the logits
   * @param loss receives the loss of each row's columns in the block, in nats, see {@link
   *     RowLosses}
   * @param group the block's column group
   */
  void lossAndGradient(
      Matrix logits,
      MemorySegment bias,
      Matrix x,
      int samples,
      int skipped,
      Block block,
      double[] loss,
      int group);

  /**
   * Adds the bias and replaces each logit by the pixel's mean.
   *
   * @param logits (rows, inputs) products without bias; the block is overwritten
   * @param bias [inputs]
   * @param block rows and columns of the logits
   */
  void mean(Matrix logits, MemorySegment bias, Block block);
}
