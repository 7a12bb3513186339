// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.random.Permutation;
import io.github.cvaegpu.random.RandomPurpose;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Chooses images to show: one of each label, in an order of its own, as many as fit a page. */
public final class ShownImages {
  /** Images without labels that stand for one of each. */
  private static final int UNLABELLED = 10;

  /** Images of a row: of more labels some are not shown. */
  private static final int MOST = 16;

  private ShownImages() {}

  /**
   * Chooses.
   *
   * @param images what to choose from
   * @param seed another one gives other images
   * @return one image of each of sixteen labels at most, or ten where there are no labels
   */
  public static List<Integer> choose(ImageSet images, long seed) {
    int[] order = Permutation.of(images.size(), seed, RandomPurpose.SHOWN_IMAGES, 0);
    Map<Integer, Integer> first = new LinkedHashMap<>();
    for (int image : order) {
      if (images.hasLabels() && first.size() < MOST) {
        first.putIfAbsent(images.label(image), image);
      } else if (!images.hasLabels() && first.size() < UNLABELLED) {
        first.put(image, image);
      }
    }
    return List.copyOf(first.values());
  }

  /** An image's intensities, from 0 to 1. */
  public static float[] pixels(ImageSet images, int image) {
    float[] pixels = new float[images.imageSize()];
    for (int p = 0; p < pixels.length; p++) {
      pixels[p] = (images.pixels()[image * pixels.length + p] & 0xFF) / 255f;
    }
    return pixels;
  }
}
