// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

/**
 * Images of two pixels, x = A z + noise, with z and noise normal: log p(x) is that of a normal
 * distribution with covariance A A^T + s^2 I.
 */
final class LinearGaussianTiles extends PointwiseLikelihood {
  private final double[][] images;
  private final double[][] weights;
  private final double deviation;

  /**
   * @param images (images, 2)
   * @param weights A, (2, latent)
   * @param deviation s, of the noise
   */
  LinearGaussianTiles(double[][] images, double[][] weights, double deviation) {
    super(weights[0].length, images.length);
    this.images = images;
    this.weights = weights;
    this.deviation = deviation;
  }

  /** log p(x) in closed form. */
  double evidence(int image) {
    double[][] covariance = new double[2][2];
    for (int i = 0; i < 2; i++) {
      covariance[i][i] = deviation * deviation;
      for (int j = 0; j < 2; j++) {
        for (int k = 0; k < latent(); k++) {
          covariance[i][j] += weights[i][k] * weights[j][k];
        }
      }
    }
    double determinant = covariance[0][0] * covariance[1][1] - covariance[0][1] * covariance[1][0];
    double x = images[image][0];
    double y = images[image][1];
    double square =
        (covariance[1][1] * x * x - 2 * covariance[0][1] * x * y + covariance[0][0] * y * y)
            / determinant;
    return -0.5 * (square + Math.log(determinant) + 2 * Math.log(2 * Math.PI));
  }

  @Override
  double of(int image, double[] z) {
    double sum = 0;
    for (int i = 0; i < 2; i++) {
      double mean = 0;
      for (int k = 0; k < z.length; k++) {
        mean += weights[i][k] * z[k];
      }
      double distance = (images[image][i] - mean) / deviation;
      sum += distance * distance + Math.log(2 * Math.PI * deviation * deviation);
    }
    return -0.5 * sum;
  }
}
