// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

/** Means of steps' losses and betas, and the last of them. */
public final class StepMeans implements RunObserver {
  private int count;
  private double rlSum;
  private double klSum;
  private double betaSum;
  private StepReport last;

  @Override
  public void step(StepReport report) {
    count++;
    rlSum += report.rl();
    klSum += report.kl();
    betaSum += report.beta();
    last = report;
  }

  /** Begins new means; the last step stays known. */
  public void reset() {
    count = 0;
    rlSum = 0;
    klSum = 0;
    betaSum = 0;
  }

  /** Steps since then. */
  public int count() {
    return count;
  }

  /** Mean reconstruction loss; NaN of no steps. */
  public double rl() {
    return rlSum / count;
  }

  /** Mean KL divergence; NaN of no steps. */
  public double kl() {
    return klSum / count;
  }

  /** Mean weight of the KL divergence; NaN of no steps. */
  public double beta() {
    return betaSum / count;
  }

  /** The last step; null before the first. */
  public StepReport last() {
    return last;
  }
}
