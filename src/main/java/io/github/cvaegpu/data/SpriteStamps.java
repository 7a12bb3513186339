// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

/**
 * The sprites' shapes in every size and rotation, as stamps of pixels that need only be put where
 * they belong. A pixel has the share of its 8 x 8 points that are inside the shape.
 *
 * <p>Places are 1.5 pixels apart, so a stamp lies on the pixels in one of two ways along each axis,
 * and the same shape has the very same edges in every second place.
 */
final class SpriteStamps {
  /** Rows and columns of a stamp: the largest shape has a diameter of 14 pixels. */
  static final int SIDE = 15;

  /** Points along a pixel's edge. */
  private static final int FINE = 8;

  /** Radius of the largest shape, in points. */
  private static final int RADIUS = 7 * FINE;

  /** Where the box of the largest shape begins in its first place, in points. */
  private static final int FIRST = 6;

  /** From one place to the next, in points. */
  private static final int STEP = 12;

  private static final int TURNS = Sprites.ROTATIONS;

  private final byte[][] stamps = new byte[Sprites.SHAPES * Sprites.SCALES * TURNS * 4][];

  /** Draws them all. */
  SpriteStamps() {
    for (int shape = 0; shape < Sprites.SHAPES; shape++) {
      for (int scale = 0; scale < Sprites.SCALES; scale++) {
        for (int rotation = 0; rotation < TURNS; rotation++) {
          boolean[] points = points(SpriteShape.ALL.get(shape), scale, rotation);
          for (int y = 0; y < 2; y++) {
            for (int x = 0; x < 2; x++) {
              stamps[index(shape, scale, rotation, x, y)] =
                  stamp(points, start(x) % FINE, start(y) % FINE);
            }
          }
        }
      }
    }
  }

  private static int index(int shape, int scale, int rotation, int x, int y) {
    return (((shape * Sprites.SCALES + scale) * TURNS + rotation) * 2 + y % 2) * 2 + x % 2;
  }

  /** Where the box of points begins in a place, in points. */
  private static int start(int place) {
    return FIRST + STEP * place;
  }

  /** Which points are inside a shape, in a box of twice the largest radius. */
  private static boolean[] points(SpriteShape shape, int scale, int rotation) {
    // From half the radius to all of it.
    double radius = RADIUS * (scale + 4) / 8.0;
    double cos = cos(rotation);
    double sin = cos(rotation + 3 * TURNS / 4);
    boolean[] points = new boolean[4 * RADIUS * RADIUS];
    for (int row = 0; row < 2 * RADIUS; row++) {
      for (int column = 0; column < 2 * RADIUS; column++) {
        double x = (column - RADIUS + 0.5) / radius;
        double y = (row - RADIUS + 0.5) / radius;
        points[row * 2 * RADIUS + column] = shape.contains(cos * x + sin * y, cos * y - sin * x);
      }
    }
    return points;
  }

  /**
   * Cosine of a rotation. Those of angles that differ by quarters of a turn are the same numbers,
   * so that a shape that looks the same after such a turn has the same pixels.
   */
  private static double cos(int rotation) {
    int quarter = TURNS / 4;
    double angle = 2 * Math.PI / TURNS * (rotation % quarter);
    return switch (rotation / quarter % 4) {
      case 0 -> StrictMath.cos(angle);
      case 1 -> -StrictMath.sin(angle);
      case 2 -> -StrictMath.cos(angle);
      default -> StrictMath.sin(angle);
    };
  }

  /** Puts a box of points on pixels, so many points from a pixel's left and upper edge. */
  private static byte[] stamp(boolean[] points, int left, int top) {
    int[] inside = new int[SIDE * SIDE];
    for (int row = 0; row < 2 * RADIUS; row++) {
      for (int column = 0; column < 2 * RADIUS; column++) {
        int pixel = (row + top) / FINE * SIDE + (column + left) / FINE;
        inside[pixel] += points[row * 2 * RADIUS + column] ? 1 : 0;
      }
    }
    byte[] stamp = new byte[SIDE * SIDE];
    for (int i = 0; i < stamp.length; i++) {
      stamp[i] = (byte) ((inside[i] * 255 + FINE * FINE / 2) / (FINE * FINE));
    }
    return stamp;
  }

  /**
   * Draws an image.
   *
   * @param shape which shape
   * @param scale 0 is the smallest
   * @param rotation in sixteenths of a turn, clockwise
   * @param x place from the left
   * @param y place from above
   * @param pixels receives SIDE * SIDE pixels of {@link Sprites}; they are black
   * @param at first index written
   */
  void draw(int shape, int scale, int rotation, int x, int y, byte[] pixels, int at) {
    byte[] stamp = stamps[index(shape, scale, rotation, x, y)];
    int corner = at + start(y) / FINE * Sprites.SIDE + start(x) / FINE;
    for (int row = 0; row < SIDE; row++) {
      System.arraycopy(stamp, row * SIDE, pixels, corner + row * Sprites.SIDE, SIDE);
    }
  }
}
