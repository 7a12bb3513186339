// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import java.util.Locale;

/** How a sweep goes through what its settings can be. */
public enum Search {
  /** Every combination. */
  GRID,
  /** Combinations drawn at random, each by its index alone. */
  RANDOM,
  /** Those of the Sobol sequence, which lie more evenly than random ones. */
  SOBOL;

  /** As the command line and files have it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
