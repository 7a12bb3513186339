// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import java.util.regex.Pattern;

/** Names that a program gives to what it brings along: fit for files, terminals and pages. */
public final class PlainName {
  private static final Pattern FORM = Pattern.compile("[\\p{L}\\p{N} ._+-]{1,60}");

  private PlainName() {}

  /**
   * Refuses any other.
   *
   * @param what it names, as the subject of a sentence
   * @param name 1 to 60 letters, digits, spaces and signs of {@code ._+-}; null is refused too
   * @throws InputException if it is not
   */
  public static void require(String what, String name) {
    if (name == null || !FORM.matcher(name).matches()) {
      throw new InputException(
          "%s has 1 to 60 letters, digits, spaces and signs of ._+-, which \"%s\" is not."
              .formatted(what, name));
    }
  }
}
