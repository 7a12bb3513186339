// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
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

  /**
   * Refuses options that belong to another kind of thing than the one that was chosen.
   *
   * @param chosen how it was chosen, e.g. {@code --control hold}
   * @param given names of options
   * @param isKnown whether what was chosen knows an option
   * @param kinds those that do
   */
  static void refuseWithoutEffect(
      String chosen,
      Collection<String> given,
      Predicate<String> isKnown,
      Function<String, List<String>> kinds) {
    for (String option : given) {
      if (!isKnown.test(option)) {
        throw new InputException(
            "%s has no effect with %s: it is for %s."
                .formatted(option, chosen, Sentences.and(kinds.apply(option))));
      }
    }
  }

  /**
   * What the options given stand for where it is not named.
   *
   * @param what it is, for the refusal
   * @param names of the options
   * @param first that knows them all, if one does
   */
  static <T> T implied(String what, List<String> names, Optional<T> first) {
    return first.orElseThrow(
        () ->
            new InputException(
                "No %s knows %s together: leave out what belongs to another."
                    .formatted(what, Sentences.and(names))));
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
