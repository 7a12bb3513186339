// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import java.util.Arrays;

/** log p(x|z) by a formula for one image and one point. */
abstract class PointwiseLikelihood implements LatentLikelihood {
  private final int latent;
  private final int images;
  private int batch = 1000;
  private double[] z = {};

  PointwiseLikelihood(int latent, int images) {
    this.latent = latent;
    this.images = images;
  }

  /** Decodes that many points at a time. */
  void batch(int points) {
    batch = points;
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
  public int batch() {
    return batch;
  }

  @Override
  public void decode(double[] points) {
    z = points;
  }

  @Override
  public Tile tile(int points) {
    return new Tile() {
      private int first;

      @Override
      public void take(int point) {
        first = point;
      }

      @Override
      public void score(int image, double[] result) {
        for (int p = 0; p < points; p++) {
          int at = (first + p) * latent;
          result[p] = of(image, Arrays.copyOfRange(z, at, at + latent));
        }
      }
    };
  }
}
