// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as people and engines take them. */
public final class Numbers {
  private Numbers() {}

  /**
   * A number as people write it: 0.0001 rather than 1.0E-4, and 10 rather than 10.0. One that is
   * not finite is as Java writes it.
   */
  public static String plain(double value) {
    return Double.isFinite(value)
        ? BigDecimal.valueOf(value).stripTrailingZeros().toPlainString()
        : Double.toString(value);
  }

  /**
   * A number in a format of {@code String.format}, but never a zero with a minus: what is rounded
   * to nothing has no direction.
   */
  public static String rounded(String format, double value) {
    String text = String.format(Locale.ROOT, format, value);
    return text.matches("-0(\\.0+)?") ? text.substring(1) : text;
  }

  /** Three digits, as people write numbers; one that is not finite is as Java writes it. */
  public static String digits(double value) {
    return !Double.isFinite(value)
        ? Double.toString(value)
        : plain(new BigDecimal(value).round(new MathContext(3)).doubleValue());
  }

  /**
   * A weight of the KL divergence: four decimals, or three digits of less than a thousandth, which
   * is much where losses are small.
   */
  public static String beta(double value) {
    double size = Math.abs(value);
    return size > 0 && size < 0.001 ? digits(value) : rounded("%.4f", value);
  }

  /** Whether a number stays positive and finite as a float, in which engines compute. */
  public static boolean isPositiveFloat(double value) {
    return (float) value > 0 && Float.isFinite((float) value);
  }
}
