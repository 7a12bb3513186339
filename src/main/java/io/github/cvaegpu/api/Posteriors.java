// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.api;

import io.github.cvaegpu.eval.Posterior;
import java.util.Objects;

/**
 * What an encoder makes of images: for each a normal distribution over the latent space, whose
 * dimensions are independent.
 */
public final class Posteriors {
  private final Posterior posterior;

  Posteriors(Posterior posterior) {
    this.posterior = posterior;
  }

  /** Number of images. */
  public int size() {
    return posterior.size();
  }

  /** Latent dimensions. */
  public int latent() {
    return posterior.latent();
  }

  /**
   * The mean of one image's, (latent).
   *
   * @param image from 0 to {@link #size} - 1
   */
  public float[] mean(int image) {
    return posterior.mean(Objects.checkIndex(image, size()));
  }

  /**
   * The logarithm of each dimension's variance, of one image's, (latent).
   *
   * @param image from 0 to {@link #size} - 1
   */
  public float[] logVariance(int image) {
    return posterior.logVariance(Objects.checkIndex(image, size()));
  }

  /** The means of all, (images, latent): what {@link Model#decode} takes. */
  public float[] means() {
    return posterior.means();
  }
}
