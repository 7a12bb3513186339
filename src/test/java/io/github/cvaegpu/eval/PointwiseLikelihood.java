// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

/** log p(x|z) by a formula for one image and one point. */
abstract class PointwiseLikelihood implements LatentLikelihood {
  private final int latent;
  private final int images;

  PointwiseLikelihood(int latent, int images) {
    this.latent = latent;
    this.images = images;
  }

  /** The formula. */
  abstract double of(int image, double[] z);

  @Override
  public int latent() {
    return latent;
  }

  @Override
  public int images() {
    return images;
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
        double[] point = new double[latent];
        for (int p = 0; p < points; p++) {
          System.arraycopy(z, p * latent, point, 0, latent);
          result[p] = of(image, point);
        }
      }
    };
  }
}
