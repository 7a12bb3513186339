// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

/** log p(x|z) of the images of a set at latent points that they share. */
interface LatentLikelihood {
  /** Latent dimensions. */
  int latent();

  /** Number of images. */
  int images();

  /** About how many points to decode together: enough to keep an engine busy, in little memory. */
  int batch();

  /**
   * Decodes points, in place of those before; no tile may be in use meanwhile.
   *
   * @param z (points, latent)
   */
  void decode(double[] z);

  /**
   * Room for some of the points that were decoded last, for one thread at a time.
   *
   * @param points how many
   */
  Tile tile(int points);

  /** Some of the points, of which one thread scores images. */
  interface Tile {
    /** Takes the points from this one on, in place of those before. */
    void take(int first);

    /**
     * log p(x|z) of one image at each point, in nats.
     *
     * @param result receives (points)
     */
    void score(int image, double[] result);
  }
}
