// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.util.List;

/**
 * The shapes of the sprites, in a circle of radius 1 with x to the right and y down; all cover
 * about the same area. Sums and products alone decide what is inside, so it is the same on every
 * machine.
 */
enum SpriteShape {
  /** The same again after a quarter of a turn. */
  SQUARE {
    @Override
    boolean contains(double x, double y) {
      return Math.abs(x) <= 0.7 && Math.abs(y) <= 0.7;
    }
  },
  /** The same again after half a turn. */
  ELLIPSE {
    @Override
    boolean contains(double x, double y) {
      return x * x + y * y / (0.6 * 0.6) <= 1;
    }
  },
  /** The curve (x^2 + y^2 - 1)^3 = x^2 y^3, with y up, and with its middle at the origin. */
  HEART {
    @Override
    boolean contains(double x, double y) {
      double across = x / 0.75;
      double up = 0.15 - y / 0.75;
      double ring = across * across + up * up - 1;
      return ring * ring * ring <= across * across * up * up * up;
    }
  };

  /** By their numbers. */
  static final List<SpriteShape> ALL = List.of(SQUARE, ELLIPSE, HEART);

  /** Whether a point is inside. */
  abstract boolean contains(double x, double y);
}
