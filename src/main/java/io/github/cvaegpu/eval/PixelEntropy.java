// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.data.ImageSet;

/**
 * The floor under every reconstruction loss: no decoder can get below the entropy of the pixels
 * themselves, each taken as the probability of a white one. For pixels that are black or white it
 * is 0; for grey ones it is not, and a loss is to be read by how far it is above.
 *
 * <p>Cross-entropy of target x and prediction p is least at p = x, where it is the entropy -x log x
 * - (1 - x) log(1 - x): T. Cover, J. Thomas, "Elements of information theory", theorem 2.6.3.
 */
public final class PixelEntropy {
  private static final int LEVELS = 256;

  private PixelEntropy() {}

  /** Mean over images of the sum over pixels, in nats per image. */
  public static double mean(ImageSet images) {
    long[] counts = new long[LEVELS];
    for (byte pixel : images.pixels()) {
      counts[pixel & 0xFF]++;
    }
    double sum = 0;
    for (int level = 1; level < LEVELS - 1; level++) {
      double x = level / (LEVELS - 1.0);
      sum -= counts[level] * (x * Math.log(x) + (1 - x) * Math.log1p(-x));
    }
    return sum / images.size();
  }
}
