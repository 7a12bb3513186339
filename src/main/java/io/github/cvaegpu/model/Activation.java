// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import java.util.Locale;

/**
 * What a hidden layer of the encoder or decoder makes of its sums, each for itself.
 *
 * <p>Each formula is here once, in double. Engines have it in float, and the HTML page in its
 * script: all of them by {@link #text}, and all of them are compared with what is here.
 */
public enum Activation {
  /** {@code max(x, 0)}, the study's. Its slope at 0 is taken for 0. */
  RELU {
    @Override
    public double value(double x) {
      return Math.max(x, 0);
    }

    @Override
    public double slope(double y) {
      return y > 0 ? 1 : 0;
    }
  },

  /** The hyperbolic tangent, whose slope is {@code 1 - tanh(x)^2}. */
  TANH {
    @Override
    public double value(double x) {
      return Math.tanh(x);
    }

    @Override
    public double slope(double y) {
      // Not 1 - y y, which cancels where y is near 1.
      return (1 - y) * (1 + y);
    }
  };

  /**
   * What comes out.
   *
   * @param x the sum
   */
  public abstract double value(double x);

  /**
   * Derivative of the {@link #value} by the sum.
   *
   * @param y the value: neither function needs the sum for it
   */
  public abstract double slope(double y);

  /** The name by which files, kernels and the page's script know it, in lower case. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** As the command line has it. */
  @Override
  public String toString() {
    return text();
  }
}
