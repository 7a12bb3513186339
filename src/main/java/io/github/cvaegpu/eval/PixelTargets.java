// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.model.Targets;

/** Images as what they are to be reconstructed as. */
interface PixelTargets {
  /** Pixels of an image. */
  int pixels();

  /** The target of a pixel. */
  float of(int image, int pixel);

  /**
   * Those of a set.
   *
   * @param targets what its pixels stand for
   */
  static PixelTargets of(Targets targets, ImageSet set) {
    float[] table = targets.table();
    byte[] bytes = set.pixels();
    int size = set.imageSize();
    return new PixelTargets() {
      @Override
      public int pixels() {
        return size;
      }

      @Override
      public float of(int image, int pixel) {
        return table[bytes[image * size + pixel] & 0xFF];
      }
    };
  }
}
