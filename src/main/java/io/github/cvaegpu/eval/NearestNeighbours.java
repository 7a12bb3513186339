// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Tells an image's label by those of the training images whose posterior means are nearest to its
 * own: whether a latent space keeps the labels apart, with no assumption on the shape of the parts.
 *
 * <p>T. Cover, P. Hart, "Nearest neighbor pattern classification", IEEE Trans. Inf. Theory 13
 * (1967). Euclidean distance; the most frequent label wins, of equally frequent ones that of the
 * nearest neighbour among them; of equally distant images the earlier one is the nearer.
 */
final class NearestNeighbours {
  private final Posterior train;
  private final int neighbours;

  /**
   * @param train what to compare with
   * @param neighbours how many; all, if there are fewer images
   */
  NearestNeighbours(Posterior train, int neighbours) {
    this.train = train;
    this.neighbours = Math.min(neighbours, train.size());
  }

  /** Share of a test set's images whose label is told right. */
  double accuracy(Posterior test) {
    long right =
        IntStream.range(0, test.size())
            .parallel()
            .filter(image -> label(test, image) == test.images().label(image))
            .count();
    return (double) right / test.size();
  }

  private int label(Posterior test, int image) {
    float[] distances = new float[neighbours];
    int[] labels = new int[neighbours];
    int found = 0;
    int latent = train.latent();
    for (int i = 0; i < train.size(); i++) {
      float distance = 0;
      for (int j = 0; j < latent; j++) {
        float difference = train.mean(i, j) - test.mean(image, j);
        distance += difference * difference;
      }
      if (found == neighbours && distance >= distances[found - 1]) {
        continue;
      }
      int at = found < neighbours ? found++ : found - 1;
      for (; at > 0 && distances[at - 1] > distance; at--) {
        distances[at] = distances[at - 1];
        labels[at] = labels[at - 1];
      }
      distances[at] = distance;
      labels[at] = train.images().label(i);
    }
    return mostFrequent(labels);
  }

  /** Of labels from the nearest to the furthest. */
  private static int mostFrequent(int[] labels) {
    int best = labels[0];
    long bestCount = 0;
    for (int label : labels) {
      long count = Arrays.stream(labels).filter(other -> other == label).count();
      if (count > bestCount) {
        best = label;
        bestCount = count;
      }
    }
    return best;
  }
}
