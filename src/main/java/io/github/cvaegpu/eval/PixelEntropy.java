// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.data.ImageSet;
import java.util.function.IntPredicate;

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
    return mean(images, image -> true);
  }

  /**
   * The same over the images of one label.
   *
   * @return NaN for a label that no image has
   */
  public static double mean(ImageSet images, int label) {
    return mean(images, image -> images.label(image) == label);
  }

  private static double mean(ImageSet images, IntPredicate isMeant) {
    long[] counts = new long[LEVELS];
    int meant = 0;
    for (int image = 0; image < images.size(); image++) {
      if (!isMeant.test(image)) {
        continue;
      }
      meant++;
      int first = image * images.imageSize();
      for (int p = first; p < first + images.imageSize(); p++) {
        counts[images.pixels()[p] & 0xFF]++;
      }
    }
    double sum = 0;
    for (int level = 1; level < LEVELS - 1; level++) {
      double x = level / (LEVELS - 1.0);
      sum -= counts[level] * (x * Math.log(x) + (1 - x) * Math.log1p(-x));
    }
    return sum / meant;
  }
}
