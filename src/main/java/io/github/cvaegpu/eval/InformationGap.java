// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/**
 * The mutual information gap of something that is known of images, a label or a factor: by how much
 * the dimension that tells most about it tells more than the second best, I(z_1; v) - I(z_2; v), as
 * a share of its entropy.
 *
 * <p>R. Chen et al., "Isolating sources of disentanglement in variational autoencoders", NeurIPS
 * 2018. As in F. Locatello et al., "Challenging common assumptions in the unsupervised learning of
 * disentangled representations", ICML 2019: posterior means in 20 bins of equal width between the
 * smallest and the largest.
 */
final class InformationGap {
  static final int BINS = 20;

  private InformationGap() {}

  /**
   * Measures it.
   *
   * @param value of each image, below {@code values}
   * @return from 0 to 1; with one dimension the second best tells 0; NaN if all values are the same
   */
  static double of(Posterior posterior, IntUnaryOperator value, int values) {
    double[] counts = new double[values];
    for (int i = 0; i < posterior.size(); i++) {
      counts[value.applyAsInt(i)]++;
    }
    double entropy = entropy(counts, posterior.size());
    double[] informations = new double[Math.max(2, posterior.latent())];
    for (int j = 0; j < posterior.latent(); j++) {
      informations[j] = information(posterior, j, value, values, entropy);
    }
    Arrays.sort(informations);
    int best = informations.length - 1;
    return entropy > 0 ? (informations[best] - informations[best - 1]) / entropy : Double.NaN;
  }

  /** I(bin; value) = H(bin) + H(value) - H(bin, value). */
  private static double information(
      Posterior posterior, int dimension, IntUnaryOperator value, int values, double valueEntropy) {
    float smallest = Float.POSITIVE_INFINITY;
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < posterior.size(); i++) {
      smallest = Math.min(smallest, posterior.mean(i, dimension));
      largest = Math.max(largest, posterior.mean(i, dimension));
    }
    double[] bins = new double[BINS];
    double[] both = new double[BINS * values];
    double width = ((double) largest - smallest) / BINS;
    for (int i = 0; i < posterior.size(); i++) {
      double place = width > 0 ? (posterior.mean(i, dimension) - smallest) / width : 0;
      int bin = Math.min(BINS - 1, (int) place);
      bins[bin]++;
      both[bin * values + value.applyAsInt(i)]++;
    }
    return entropy(bins, posterior.size()) + valueEntropy - entropy(both, posterior.size());
  }

  private static double entropy(double[] counts, int total) {
    double entropy = 0;
    for (double count : counts) {
      double p = count / total;
      entropy -= count > 0 ? p * Math.log(p) : 0;
    }
    return entropy;
  }
}
