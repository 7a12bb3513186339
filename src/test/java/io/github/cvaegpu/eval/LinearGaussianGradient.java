// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

/** {@link LinearGaussianTiles} with their derivative: A^T (x - A z) / s^2. */
final class LinearGaussianGradient implements LatentGradient {
  private final double[][] pictures;
  private final double[][] weights;
  private final double deviation;
  private final LinearGaussianTiles tiles;

  /**
   * @param pictures (images, 2)
   * @param weights A, (2, latent)
   * @param deviation s, of the noise
   */
  LinearGaussianGradient(double[][] pictures, double[][] weights, double deviation) {
    this.pictures = pictures;
    this.weights = weights;
    this.deviation = deviation;
    tiles = new LinearGaussianTiles(pictures, weights, deviation);
  }

  /** log p(x) in closed form. */
  double evidence(int image) {
    return tiles.evidence(image);
  }

  @Override
  public int latent() {
    return weights[0].length;
  }

  @Override
  public Room room(int[] images) {
    int latent = latent();
    return (z, logLikelihood, gradient) -> {
      double[] point = new double[latent];
      for (int p = 0; p < images.length; p++) {
        System.arraycopy(z, p * latent, point, 0, latent);
        logLikelihood[p] = tiles.of(images[p], point);
        for (int j = 0; j < latent; j++) {
          gradient[p * latent + j] = 0;
        }
        for (int i = 0; i < 2; i++) {
          double rest = pictures[images[p]][i];
          for (int j = 0; j < latent; j++) {
            rest -= weights[i][j] * point[j];
          }
          for (int j = 0; j < latent; j++) {
            gradient[p * latent + j] += weights[i][j] * rest / (deviation * deviation);
          }
        }
      }
    };
  }
}
