// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;

/** What options that were given, or null where they were not, say beside what a run has. */
final class Given {
  private Given() {}

  /** What was given, or else something else. */
  static <T> T or(T given, T otherwise) {
    return Objects.requireNonNullElse(given, otherwise);
  }

  /**
   * Refuses a number that an option does not take.
   *
   * @param option its name
   * @param given what it was given
   * @param least the smallest that it takes
   * @param most the largest
   */
  static void requireIn(String option, int given, int least, int most) {
    if (given < least || given > most) {
      throw new InputException(
          String.format(
              Locale.ROOT, "%s must be from %d to %d, not %d.", option, least, most, given));
    }
  }

  /**
   * Refuses a setting that a run does not have.
   *
   * @throws InputException if it was given and differs
   */
  static void requireSame(String option, Object asked, Object running) {
    if (asked != null && !asked.equals(running)) {
      throw new InputException(
          "The run was started with %s %s and cannot go on with %s."
              .formatted(option, spelled(running), spelled(asked)));
    }
  }

  /** A value as the command line has it. */
  private static String spelled(Object value) {
    if (value instanceof Double number) {
      return Numbers.plain(number);
    }
    if (value instanceof List<?> list) {
      return list.isEmpty()
          ? "none"
          : list.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
    return String.valueOf(value);
  }
}
