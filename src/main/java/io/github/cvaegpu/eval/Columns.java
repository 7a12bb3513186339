// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import java.util.stream.IntStream;

/**
 * Posterior means by dimension, each dimension with the order of its values: what trees are grown
 * from.
 *
 * @param values by dimension and image
 * @param order by dimension, the images from the one with the smallest value on; of equal values
 *     the first image first
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
record Columns(float[][] values, int[][] order) {
  /** The means of the first images, or of all if there are fewer. */
  static Columns of(Posterior posterior, int count) {
    int images = Math.min(count, posterior.size());
    float[][] values = new float[posterior.latent()][images];
    int[][] order = new int[posterior.latent()][];
    for (int j = 0; j < values.length; j++) {
      float[] column = values[j];
      for (int i = 0; i < images; i++) {
        column[i] = posterior.mean(i, j);
      }
      order[j] =
          IntStream.range(0, images)
              .boxed()
              .sorted((a, b) -> Float.compare(column[a], column[b]))
              .mapToInt(Integer::intValue)
              .toArray();
    }
    return new Columns(values, order);
  }

  /** Number of images. */
  int images() {
    return values[0].length;
  }
}
