// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What a sweep varies: an option of {@code train}, and the values that it takes. */
public sealed interface Setting {
  /** The option without its dashes, e.g. {@code lr}. */
  String name();

  /**
   * The value at a place of the unit interval.
   *
   * @param u from 0 to 1, without 1
   */
  String at(double u);

  /** The values as the command line has them. */
  String spelled();

  /**
   * Values one by one.
   *
   * @param name of the option
   * @param values as the command line has each, no two alike
   */
  record Choice(String name, List<String> values) implements Setting {
    /** Refuses a choice of nothing, and one of the same thing twice. */
    public Choice {
      values = List.copyOf(values);
      if (values.isEmpty() || values.stream().anyMatch(String::isBlank)) {
        throw new InputException("--set %s has no value.".formatted(name));
      }
      Set<String> seen = new HashSet<>();
      for (String value : values) {
        if (!seen.add(value)) {
          throw new InputException("--set %s has %s twice.".formatted(name, value));
        }
      }
    }

    @Override
    public String at(double u) {
      return values.get((int) (u * values.size()));
    }

    @Override
    public String spelled() {
      // A value with commas of its own is an argument of its own.
      return values.stream().anyMatch(value -> value.contains(","))
          ? String.join(" and ", values)
          : String.join(",", values);
    }
  }

  /**
   * All values from one to another.
   *
   * @param name of the option
   * @param from the least
   * @param to the largest, above it
   * @param isLog whether equal shares of the unit interval are equal ratios
   * @param isWhole whether values are whole numbers
   */
  record Range(String name, double from, double to, boolean isLog, boolean isWhole)
      implements Setting {
    /** As many digits as a folder's name and a table can bear; the value is what they say. */
    private static final MathContext DIGITS = new MathContext(4);

    /** Refuses a range without inside. */
    public Range {
      if (!Double.isFinite(from) || !Double.isFinite(to) || !(from < to)) {
        throw new InputException(
            "--set %s goes from %s to %s: the first has to be the smaller."
                .formatted(name, Numbers.plain(from), Numbers.plain(to)));
      }
      if (isLog && !(from > 0)) {
        throw new InputException(
            "--set %s cannot be spaced by ratios from %s on: only from a number above 0."
                .formatted(name, Numbers.plain(from)));
      }
      if (isWhole && (from != Math.rint(from) || to != Math.rint(to))) {
        throw new InputException(
            "--set %s takes whole numbers, not %s..%s."
                .formatted(name, Numbers.plain(from), Numbers.plain(to)));
      }
    }

    @Override
    public String at(double u) {
      if (isWhole) {
        // Each whole number has as large a share as the next, by ratios as by differences.
        double value = isLog ? from * Math.pow((to + 1) / from, u) : from + u * (to + 1 - from);
        return String.format(Locale.ROOT, "%d", (long) Math.min(to, Math.floor(value)));
      }
      double value = isLog ? from * Math.pow(to / from, u) : from + u * (to - from);
      return new BigDecimal(value).round(DIGITS).stripTrailingZeros().toPlainString();
    }

    @Override
    public String spelled() {
      return (isLog ? "log:" : "") + Numbers.plain(from) + ".." + Numbers.plain(to);
    }
  }
}
