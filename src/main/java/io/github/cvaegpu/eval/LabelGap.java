// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

/**
 * Label MIG: the {@link InformationGap} of one factor, the label; over a dataset's factors it is a
 * measure of disentanglement, which a label alone cannot be.
 */
final class LabelGap {
  private static final int LABELS = 256;

  private LabelGap() {}

  /**
   * Measures it.
   *
   * @return from 0 to 1; with one dimension the second best tells 0; NaN if all labels are the same
   */
  static double of(Posterior posterior) {
    return InformationGap.of(posterior, posterior.images()::label, LABELS);
  }
}
