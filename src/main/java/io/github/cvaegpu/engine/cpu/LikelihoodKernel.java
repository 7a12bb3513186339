// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.model.Objective;

/** What the engine computes of a likelihood, a row of logits at a time; one thread's. */
interface LikelihoodKernel {
  /**
   * The kernel of a likelihood.
   *
   * @param parameters of the network, where a standard deviation is learned
   * @param inputs logits of a row
   */
  static LikelihoodKernel of(Objective objective, Network parameters, int inputs) {
    return switch (objective.likelihood()) {
      case BERNOULLI -> new BernoulliKernel(inputs);
      case CONTINUOUS_BERNOULLI -> new ContinuousBernoulliKernel();
      case GAUSSIAN -> new GaussianKernel(objective.sigma(), parameters);
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
