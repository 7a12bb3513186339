// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.data.ImageSet;
import java.util.Random;

/** Images of random pixels, a given share of which is not zero. */
public final class RandomImages {
  private RandomImages() {}

  /** Images of a seed. */
  public static ImageSet of(int count, int height, int width, double density, long seed) {
    var random = new Random(seed);
    byte[] pixels = new byte[count * height * width];
    for (int i = 0; i < pixels.length; i++) {
      if (random.nextDouble() < density) {
        pixels[i] = (byte) random.nextInt(1, 256);
      }
    }
    return new ImageSet(height, width, pixels, new byte[count]);
  }
}
