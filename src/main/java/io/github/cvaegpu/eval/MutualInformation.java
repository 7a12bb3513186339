// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import java.util.stream.IntStream;

/**
 * How much a latent point tells about which image it comes from: the mutual information of image
 * and latent point under the encoder, I(x; z) = E log q(z|x) / q(z), with q(z) the mean of q(z|x)
 * over the same images. It is the part of the KL divergence that is about the images; the rest, KL
 * - I, is how far q(z) is from the prior.
 *
 * <p>M. Hoffman, M. Johnson, "ELBO surgery", NIPS workshop on approximate inference 2016. Estimated
 * with one latent point an image, which is exact in q(z): no batch stands for the set. N images can
 * be told apart by ln N nats at most, and no estimate is above that, as q(z|x) is a part of N q(z).
 *
 * @param nats the estimate
 * @param standardError over images
 * @param ceiling ln N
 * @param images N, those that it is about
 */
public record MutualInformation(double nats, double standardError, double ceiling, int images) {
  /** Images that it is estimated from at most: the work grows with the square. */
  public static final int MAX_IMAGES = 10_000;

  /**
   * Estimates it from the first images of a set.
   *
   * @param seed of the latent points
   */
  static MutualInformation of(Posterior posterior, long seed) {
    int images = Math.min(MAX_IMAGES, posterior.size());
    double[] precisions = posterior.precisions();
    double[] ratios =
        IntStream.range(0, images)
            .parallel()
            .mapToDouble(image -> logRatio(posterior, precisions, images, image, seed))
            .toArray();
    var estimate = new Estimate.Builder();
    for (double ratio : ratios) {
      estimate.accept(ratio);
    }
    Estimate built = estimate.build();
    return new MutualInformation(built.mean(), built.standardError(), Math.log(images), images);
  }

  /** log q(z|x) - log q(z) for a point of one image. */
  private static double logRatio(
      Posterior posterior, double[] precisions, int images, int image, long seed) {
    float[] z = posterior.draw(image, seed);
    double[] logs = new double[images];
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < images; i++) {
      logs[i] = posterior.logDensity(i, z, precisions);
      largest = Math.max(largest, logs[i]);
    }
    double sum = 0;
    for (double log : logs) {
      sum += Math.exp(log - largest);
    }
    return logs[image] - (largest + Math.log(sum / images));
  }
}
