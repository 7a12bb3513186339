// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

/** log p(x|z) of the images of a set at latent points that they share. */
interface LatentLikelihood {
  /** Latent dimensions. */
  int latent();

  /** Number of images. */
  int images();

  /**
   * Room for latent points that are decoded together, for one thread at a time.
   *
   * @param points how many
   */
  Tile tile(int points);

  /** Latent points, decoded once for all images. */
  interface Tile {
    /**
     * Takes other points.
     *
     * @param z (points, latent)
     */
    void decode(double[] z);

    /**
     * log p(x|z) of one image at each point, in nats.
     *
     * @param result receives (points)
     */
    void score(int image, double[] result);
  }
}
