// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.random.Philox;

/**
 * Images that a model drew, pixel by pixel, and the latent points that it drew them from: of such
 * an image, that point is one of its true posterior. Pixels are what the likelihood is of, black or
 * white or numbers, and not bytes.
 */
final class SimulatedImages implements PixelTargets {
  /** Below it a continuous Bernoulli is uniform, to far less than its draws are told apart. */
  private static final double NO_SLOPE = 1e-9;

  /** The step of normals for latent points, and for pixels. */
  private static final int POINTS = 0;

  private static final int PIXELS = 1;

  private final int size;
  private final float[] pixels;
  private final double[] z;

  private SimulatedImages(int size, float[] pixels, double[] z) {
    this.size = size;
    this.pixels = pixels;
    this.z = z;
  }

  /**
   * Draws images.
   *
   * @param objective whose likelihood they are drawn by
   * @param parameters all of the network's; not copied
   */
  static SimulatedImages draw(
      Objective objective, ParameterLayout layout, float[] parameters, int count, long seed) {
    var noise = new AnnealingNoise(seed, AnnealingNoise.Stage.SIMULATION);
    int latent = layout.shape().latent();
    double[] z = new double[count * latent];
    float[] point = new float[latent];
    for (int i = 0; i < count; i++) {
      noise.normals(POINTS, i, 0, point);
      for (int j = 0; j < latent; j++) {
        z[i * latent + j] = point[j];
      }
    }
    var decoder = new LogitTile(layout, parameters, count);
    decoder.decode(z);
    int size = layout.shape().inputs();
    float[] drawn = new float[Math.multiplyExact(count, size)];
    float[] normals = new float[size];
    int[] words = new int[Philox.BLOCK];
    for (int i = 0; i < count; i++) {
      boolean isNormal = objective.likelihood() == Likelihood.GAUSSIAN;
      if (isNormal) {
        noise.normals(PIXELS, i, 0, normals);
      }
      for (int p = 0; p < size; p++) {
        if (!isNormal && p % Philox.BLOCK == 0) {
          noise.words(p / Philox.BLOCK, 0, i, 0, words);
        }
        double logit = decoder.logits()[p][i];
        double uniform = Philox.uniform(words[p % Philox.BLOCK]);
        drawn[i * size + p] =
            (float)
                switch (objective.likelihood()) {
                  case BERNOULLI -> uniform < objective.likelihood().mean(logit) ? 1 : 0;
                  case CONTINUOUS_BERNOULLI -> quantile(logit, uniform);
                  case GAUSSIAN -> logit + objective.deviation() * normals[p];
                };
      }
    }
    return new SimulatedImages(size, drawn, z);
  }

  /** The x that a continuous Bernoulli is below with a probability. */
  static double quantile(double logit, double probability) {
    if (Math.abs(logit) < NO_SLOPE) {
      return probability;
    }
    return logit < 0
        ? Math.log1p(probability * Math.expm1(logit)) / logit
        // The same without the large exponential.
        : 1 + Math.log(probability + (1 - probability) * Math.exp(-logit)) / logit;
  }

  @Override
  public int pixels() {
    return size;
  }

  @Override
  public float of(int image, int pixel) {
    return pixels[image * size + pixel];
  }

  /** (images, latent) where they were drawn from. */
  double[] z() {
    return z;
  }
}
