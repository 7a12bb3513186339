// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

/** Means of steps' losses and betas, and the last of them. */
final class StepMeans {
  private int count;
  private double rlSum;
  private double klSum;
  private double betaSum;
  private float lastRl;
  private float lastKl;
  private float lastBeta;

  void accept(float rl, float kl, float beta) {
    count++;
    rlSum += rl;
    klSum += kl;
    betaSum += beta;
    lastRl = rl;
    lastKl = kl;
    lastBeta = beta;
  }

  /** Begins new means; the last step stays known. */
  void reset() {
    count = 0;
    rlSum = 0;
    klSum = 0;
    betaSum = 0;
  }

  int count() {
    return count;
  }

  double rl() {
    return rlSum / count;
  }

  double kl() {
    return klSum / count;
  }

  double beta() {
    return betaSum / count;
  }

  float lastRl() {
    return lastRl;
  }

  float lastKl() {
    return lastKl;
  }

  float lastBeta() {
    return lastBeta;
  }
}
