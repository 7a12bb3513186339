// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.util.List;

/**
 * The dataset that was found for {@code --data}.
 *
 * @param dataset what to train on
 * @param reasons why the real data could not be had, one sentence without its full stop for each
 *     place tried; empty unless the dataset's status is {@code SYNTHETIC_FALLBACK}
 * @param warnings what the user should know of how it was read, complete sentences
 */
public record Resolution(Dataset dataset, List<String> reasons, List<String> warnings) {
  /** Copies the lists. */
  public Resolution {
    reasons = List.copyOf(reasons);
    warnings = List.copyOf(warnings);
  }

  /** What was read, in two parts. */
  static Resolution of(Parts parts, Reading reading) {
    return new Resolution(parts.dataset(reading.testPart()), List.of(), parts.warnings());
  }
}
