// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import java.util.Arrays;

/**
 * Label MIG: by how much the dimension that tells most about the label tells more than the second
 * best, I(z_1; label) - I(z_2; label), as a share of the label's entropy.
 *
 * <p>The mutual information gap of R. Chen et al., "Isolating sources of disentanglement in
 * variational autoencoders", NeurIPS 2018, over one factor, the label; over a dataset's factors it
 * would be a measure of disentanglement, which a label alone cannot be. As in F. Locatello et al.,
 * "Challenging common assumptions in the unsupervised learning of disentangled representations",
 * ICML 2019: posterior means in 20 bins of equal width between the smallest and the largest.
 */
final class LabelGap {
  static final int BINS = 20;

  private LabelGap() {}

  /**
   * Measures it.
   *
   * @return from 0 to 1; with one dimension the second best tells 0; NaN if all labels are the same
   */
  static double of(Posterior posterior) {
    double[] labels = new double[256];
    for (int i = 0; i < posterior.size(); i++) {
      labels[posterior.images().label(i)]++;
    }
    double entropy = entropy(labels, posterior.size());
    double[] informations = new double[Math.max(2, posterior.latent())];
    for (int j = 0; j < posterior.latent(); j++) {
      informations[j] = information(posterior, j, labels.length, entropy);
    }
    Arrays.sort(informations);
    int best = informations.length - 1;
    return entropy > 0 ? (informations[best] - informations[best - 1]) / entropy : Double.NaN;
  }

  /** I(bin; label) = H(bin) + H(label) - H(bin, label). */
  private static double information(
      Posterior posterior, int dimension, int labels, double labelEntropy) {
    float smallest = Float.POSITIVE_INFINITY;
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < posterior.size(); i++) {
      smallest = Math.min(smallest, posterior.mean(i, dimension));
      largest = Math.max(largest, posterior.mean(i, dimension));
    }
    double[] bins = new double[BINS];
    double[] both = new double[BINS * labels];
    double width = ((double) largest - smallest) / BINS;
    for (int i = 0; i < posterior.size(); i++) {
      double place = width > 0 ? (posterior.mean(i, dimension) - smallest) / width : 0;
      int bin = Math.min(BINS - 1, (int) place);
      bins[bin]++;
      both[bin * labels + posterior.images().label(i)]++;
    }
    return entropy(bins, posterior.size()) + labelEntropy - entropy(both, posterior.size());
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
