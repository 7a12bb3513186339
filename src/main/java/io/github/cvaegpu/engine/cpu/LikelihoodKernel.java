// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.model.Likelihood;

/** What the engine computes of a likelihood, a row of logits at a time; one thread's. */
interface LikelihoodKernel {
  /**
   * The kernel of a likelihood.
   *
   * @param inputs logits of a row
   */
  static LikelihoodKernel of(Likelihood likelihood, int inputs) {
    return switch (likelihood) {
      case BERNOULLI -> new BernoulliKernel(inputs);
    };
  }

  /**
   * Replaces each logit by the gradient of the loss by it.
   *
   * @param x targets
   * @return the row's loss, in nats
   */
  double lossAndGradient(float[] logits, float[] x);

  /** Replaces each logit by the pixel's mean. */
  void mean(float[] logits);
}
