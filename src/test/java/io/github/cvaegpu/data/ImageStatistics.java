// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

/**
 * What a set of images is like.
 *
 * @param mean mean intensity, 0 to 1
 * @param density share of pixels that are not black
 */
record ImageStatistics(double mean, double density) {
  static ImageStatistics of(ImageSet images) {
    long sum = 0;
    long lit = 0;
    for (byte pixel : images.pixels()) {
      int value = Byte.toUnsignedInt(pixel);
      sum += value;
      lit += value > 0 ? 1 : 0;
    }
    double pixels = images.pixels().length;
    return new ImageStatistics(sum / 255.0 / pixels, lit / pixels);
  }
}
