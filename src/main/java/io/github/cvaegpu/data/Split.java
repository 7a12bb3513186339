// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.util.Locale;

/** A part of a dataset. */
public enum Split {
  /** Held-out images. */
  TEST,
  /** Images to train on. */
  TRAIN,
  /** Those of the training images that a run was only scored on. */
  VALIDATION;

  /** As the command line and output have it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
