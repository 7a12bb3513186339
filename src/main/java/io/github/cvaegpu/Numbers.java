// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import java.math.BigDecimal;

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

  /** Whether a number stays positive and finite as a float, in which engines compute. */
  public static boolean isPositiveFloat(double value) {
    return (float) value > 0 && Float.isFinite((float) value);
  }
}
