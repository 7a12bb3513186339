// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import java.util.List;

/** Parts of sentences. */
final class Sentences {
  private Sentences() {}

  /** A list as people write it: "a", "a and b", "a, b and c". */
  static String and(List<String> words) {
    int last = words.size() - 1;
    return last < 1
        ? String.join("", words)
        : String.join(", ", words.subList(0, last)) + " and " + words.get(last);
  }
}
