// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.util.List;

/**
 * The dataset that was found for {@code --data}.
 *
 * @param dataset what to train on
 * @param reasons why the real data could not be had, one sentence without its full stop for each
 *     place tried; empty unless the dataset's status is {@code SYNTHETIC_FALLBACK}
 */
public record Resolution(Dataset dataset, List<String> reasons) {
  /** Copies the list. */
  public Resolution {
    reasons = List.copyOf(reasons);
  }
}
