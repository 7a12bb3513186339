// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Marks such as {@code @NAME@} in a text, and what takes their place. */
final class Marks {
  /** A line that is a mark alone has lines of its own in its place, perhaps none. */
  private static final Pattern MARK = Pattern.compile("(?m)^@([A-Z]+)@\n|@([A-Z]+)@");

  private Marks() {}

  /**
   * Fills a text in. What takes a mark's place is left as it is: a folder's name may look like a
   * mark.
   *
   * @param values of all marks; that of a line's own ends with a line feed or is empty
   */
  static String filled(String text, Map<String, String> values) {
    return MARK.matcher(text)
        .replaceAll(
            mark -> {
              String name = mark.group(1) == null ? mark.group(2) : mark.group(1);
              String value = values.get(name);
              if (value == null) {
                throw new IllegalStateException("nothing for " + name);
              }
              return Matcher.quoteReplacement(value);
            });
  }
}
