// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

/**
 * Images of two pixels, x = A z + noise, with z and noise normal: log p(x) is that of a normal
 * distribution with covariance A A^T + s^2 I.
 */
final class LinearGaussianTiles implements LatentLikelihood {
  private final double[][] images;
  private final double[][] weights;
  private final double deviation;

  /**
   * @param images (images, 2)
   * @param weights A, (2, latent)
   * @param deviation s, of the noise
   */
  LinearGaussianTiles(double[][] images, double[][] weights, double deviation) {
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
  public int latent() {
    return weights[0].length;
  }

  @Override
  public int images() {
    return images.length;
  }

  @Override
  public Tile tile(int points) {
    return new Tile() {
      private double[] z = new double[0];

      @Override
      public void decode(double[] taken) {
        z = taken.clone();
      }

      @Override
      public void score(int image, double[] result) {
        for (int p = 0; p < points; p++) {
          double sum = 0;
          for (int i = 0; i < 2; i++) {
            double mean = 0;
            for (int k = 0; k < latent(); k++) {
              mean += weights[i][k] * z[p * latent() + k];
            }
            double distance = (images[image][i] - mean) / deviation;
            sum += distance * distance + Math.log(2 * Math.PI * deviation * deviation);
          }
          result[p] = -0.5 * sum;
        }
      }
    };
  }
}
