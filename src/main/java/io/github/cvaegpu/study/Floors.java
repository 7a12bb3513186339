// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.study.RunFigures.LabelFigure;
import java.util.List;

/**
 * What no reconstruction loss can be below: the entropy of the pixels, in nats per image.
 *
 * @param train of the training images
 * @param test of the test images
 * @param testByLabel of the test images of those labels that the study names; empty without labels
 */
record Floors(double train, double test, List<LabelFigure> testByLabel) {
  Floors {
    testByLabel = List.copyOf(testByLabel);
  }

  /** The floor of a label's test images; NaN if it is not known. */
  double test(int label) {
    return LabelFigure.of(testByLabel, label);
  }
}
