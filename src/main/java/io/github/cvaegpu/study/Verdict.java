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
  CANNOT_BE_TOLD;

  /** For people, e.g. {@code does not hold}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
