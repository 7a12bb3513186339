// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import java.util.Locale;

/** What measuring says of a claim. */
public enum Verdict {
  /** It is so. */
  HOLDS,
  /** It is not so. */
  DOES_NOT_HOLD,
  /** The runs do not say. */
  CANNOT_BE_TOLD,
  /** There is one seed: a figure, but nothing that says how far another seed's would be from it. */
  ONE_SEED;

  /** For people, e.g. {@code does not hold}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
