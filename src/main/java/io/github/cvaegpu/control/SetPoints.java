// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

/** What is said of set points of the KL divergence, in nats per image. */
public final class SetPoints {
  private SetPoints() {}

  /**
   * The study's rule, z + 2 sqrt(z KL_1 + 1); with z = 2 the study's 2 + 2 sqrt(2 KL_1 + 1). It is
   * known from that study and code like it alone, and promises nothing: for z = 2 it asks for more
   * than KL_1 below 12 nats and for less above.
   *
   * @param latent z, the latent dimensions
   * @param klOfBetaOne KL_1, the KL divergence of a beta-VAE with beta = 1
   */
  public static double study(int latent, double klOfBetaOne) {
    return latent + 2 * Math.sqrt(latent * klOfBetaOne + 1);
  }

  /**
   * The most that a latent point can tell about which of the training images it comes from: ln N. A
   * KL divergence above it goes into the distance of all latent points together from the prior.
   *
   * @param images N
   */
  public static double ceiling(int images) {
    return Math.log(images);
  }
}
