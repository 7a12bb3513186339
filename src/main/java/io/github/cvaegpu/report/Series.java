// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import java.util.Arrays;

/**
 * The losses of a run's steps, in nats per image. Step s, from 1, is at index s - 1.
 *
 * <p>RL, KL and ELBO = -(RL + KL) are the standard ones, whatever beta was.
 */
public final class Series {
  /** Steps that a point of a smoothed curve is the mean of, as in the study. */
  public static final int WINDOW = 100;

  private final float[] rl;
  private final float[] kl;
  private final float[] beta;

  private Series(float[] rl, float[] kl, float[] beta) {
    this.rl = rl;
    this.kl = kl;
    this.beta = beta;
  }

  /** Takes steps in order. */
  public static final class Builder {
    private float[] rl = new float[1024];
    private float[] kl = new float[1024];
    private float[] beta = new float[1024];
    private int size;

    /**
     * The next step.
     *
     * @throws IllegalArgumentException if a step is missing or a number is not finite
     */
    public void accept(long step, float stepRl, float stepKl, float stepBeta) {
      if (step != size + 1L) {
        throw new IllegalArgumentException("step " + step + " follows step " + size);
      }
      if (!Float.isFinite(stepRl) || !Float.isFinite(stepKl) || !Float.isFinite(stepBeta)) {
        throw new IllegalArgumentException("a number of step " + step + " is not finite");
      }
      if (size == rl.length) {
        rl = Arrays.copyOf(rl, 2 * size);
        kl = Arrays.copyOf(kl, 2 * size);
        beta = Arrays.copyOf(beta, 2 * size);
      }
      rl[size] = stepRl;
      kl[size] = stepKl;
      beta[size] = stepBeta;
      size++;
    }

    /** The steps so far. */
    public Series build() {
      return new Series(
          Arrays.copyOf(rl, size), Arrays.copyOf(kl, size), Arrays.copyOf(beta, size));
    }
  }

  /** Number of steps. */
  public int size() {
    return rl.length;
  }

  /** Reconstruction loss of each step. Not to be written to. */
  public float[] rl() {
    return rl;
  }

  /** KL divergence of each step. Not to be written to. */
  public float[] kl() {
    return kl;
  }

  /** Weight of the KL divergence at each step. Not to be written to. */
  public float[] beta() {
    return beta;
  }

  /** ELBO of each step. */
  public float[] elbo() {
    float[] elbo = new float[size()];
    for (int i = 0; i < elbo.length; i++) {
      elbo[i] = -(rl[i] + kl[i]);
    }
    return elbo;
  }

  /**
   * Means over trailing windows: entry i is the mean of the {@value #WINDOW} values up to and with
   * entry i, or of all of them where there are fewer.
   */
  public static float[] windowMeans(float[] values) {
    float[] means = new float[values.length];
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += values[i];
      if (i >= WINDOW) {
        sum -= values[i - WINDOW];
      }
      means[i] = (float) (sum / Math.min(i + 1, WINDOW));
    }
    return means;
  }

  /** Mean of the last {@value #WINDOW} values, or of all if there are fewer; NaN if none. */
  public static double lastMean(float[] values) {
    int first = Math.max(0, values.length - WINDOW);
    double sum = 0;
    for (int i = first; i < values.length; i++) {
      sum += values[i];
    }
    return sum / (values.length - first);
  }
}
