// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

/**
 * log p(x|z) of images and its derivative by z, at latent points that each image has of its own.
 */
interface LatentGradient {
  /** Latent dimensions. */
  int latent();

  /**
   * Room for latent points that are looked at together, for one thread at a time. What is said of a
   * point does not depend on which others are with it.
   *
   * @param images of each point, whose image it is of; not copied
   */
  Room room(int[] images);

  /** Latent points, one column of work each. */
  interface Room {
    /**
     * Looks at other points.
     *
     * @param z (points, latent)
     * @param logLikelihood receives (points) log p(x|z), nats
     * @param gradient receives (points, latent) derivatives of it by z
     */
    void at(double[] z, double[] logLikelihood, double[] gradient);
  }
}
