// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.Digests;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/**
 * One run of a sweep.
 *
 * @param index of the run, from 0
 * @param combination which of the sweep's combinations of settings it is of, from 0; all seeds of
 *     one have the same number
 * @param values what the combination gives each setting, in the sweep's order
 * @param seed of the run
 */
public record SweepPoint(
    int index, int combination, SequencedMap<String, String> values, long seed) {
  /** Characters of a name that a file system, a terminal and a spreadsheet all take. */
  private static final int LONGEST = 120;

  private static final int DIGEST = 8;

  /** Keeps the values from being changed. */
  public SweepPoint {
    values = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(values));
  }

  /** The run's name, and its folder's: its settings and its seed. */
  public String name() {
    String seed = "seed=" + this.seed;
    return values.isEmpty() ? seed : settings() + "_" + seed;
  }

  /** Its settings without the seed, e.g. {@code lr=0.001_kl=8}; empty if the sweep has none. */
  public String settings() {
    String text =
        values.entrySet().stream()
            .map(entry -> entry.getKey() + "=" + entry.getValue().replaceAll("[^\\w.+-]", "-"))
            .collect(Collectors.joining("_"));
    if (text.length() <= LONGEST) {
      return text;
    }
    String digest = Digests.sha256(text.getBytes(StandardCharsets.UTF_8)).substring(0, DIGEST);
    return text.substring(0, LONGEST - DIGEST - 1) + "-" + digest;
  }
}
