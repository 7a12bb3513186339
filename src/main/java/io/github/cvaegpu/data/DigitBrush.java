// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.random.Philox;
import io.github.cvaegpu.random.RandomPurpose;
import java.util.Arrays;
import java.util.List;

/**
 * Draws one synthetic digit after another. An image is a pure function of (seed, split, image); the
 * scratch arrays are reused, so a brush belongs to one thread.
 *
 * <p>All arithmetic is in doubles with {@link StrictMath} for the transcendental functions: the
 * bytes are the same on every machine.
 */
final class DigitBrush {
  private static final int SIDE = SyntheticDigits.SIDE;

  /** Standard deviation of a control point's place, in units of the digit's height. */
  private static final double WOBBLE = 0.035;

  /** Straight pieces between two control points. */
  private static final int PIECES = 6;

  /** The edge of a stroke fades over this many pixels to either side, as a scanned one does. */
  private static final double SOFTNESS = 0.56;

  /** Pixels between the middle of a stroke and the image's edge: all but the widest stay inside. */
  private static final double MARGIN = 2.6;

  /** More than any shape in {@link DigitShapes} makes. */
  private static final int MAX_POINTS = 128;

  private final long seed;
  private final int split;
  private final int[] words = new int[Philox.BLOCK];
  private final double[] x = new double[MAX_POINTS];
  private final double[] y = new double[MAX_POINTS];
  private final boolean[] penDown = new boolean[MAX_POINTS];
  private final double[] distance2 = new double[SIDE * SIDE];
  private int image;
  private int drawn;
  private int points;

  DigitBrush(long seed, int split) {
    this.seed = seed;
    this.split = split;
  }

  /**
   * Draws an image.
   *
   * @param index of the image in its split
   * @param pixels receives SIDE * SIDE unsigned bytes
   * @param at first index written
   * @return the digit drawn, 0 to 9
   */
  int draw(int index, byte[] pixels, int at) {
    image = index;
    drawn = 0;
    int digit = below(DigitShapes.ALL.size());
    List<DigitShapes.Shape> shapes = DigitShapes.ALL.get(digit);
    trace(shapes.get(below(shapes.size())));
    transform();
    paint(pixels, at);
    return digit;
  }

  /** The shape's curves with its control points moved a little, as points joined by lines. */
  private void trace(DigitShapes.Shape shape) {
    double[] controlX = new double[shape.size()];
    double[] controlY = new double[shape.size()];
    for (int i = 0; i < shape.size(); i++) {
      controlX[i] = shape.points().get(2 * i) + WOBBLE * normal();
      controlY[i] = shape.points().get(2 * i + 1) + WOBBLE * normal();
    }
    points = 0;
    for (List<Integer> stroke : shape.strokes()) {
      boolean closed = stroke.getFirst().equals(stroke.getLast());
      add(controlX[stroke.getFirst()], controlY[stroke.getFirst()], false);
      int last = stroke.size() - 1;
      for (int i = 0; i < last; i++) {
        int before = stroke.get(i > 0 ? i - 1 : closed ? last - 1 : 0);
        int from = stroke.get(i);
        int to = stroke.get(i + 1);
        int after = stroke.get(i + 1 < last ? i + 2 : closed ? 1 : last);
        for (int piece = 1; piece <= PIECES; piece++) {
          double t = (double) piece / PIECES;
          add(
              catmullRom(controlX[before], controlX[from], controlX[to], controlX[after], t),
              catmullRom(controlY[before], controlY[from], controlY[to], controlY[after], t),
              true);
        }
      }
    }
  }

  private void add(double px, double py, boolean down) {
    x[points] = px;
    y[points] = py;
    penDown[points++] = down;
  }

  /** The cubic from b to c whose slopes there are those of the chords a-c and b-d. */
  private static double catmullRom(double a, double b, double c, double d, double t) {
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
  }

  /**
   * Slants, turns and stretches the digit, then fits it as MNIST's were: into a box of about 20
   * pixels, with the centre of mass in the middle of the image.
   */
  private void transform() {
    double stretch = 0.92 * StrictMath.exp(0.15 * normal());
    double shear = 0.22 + 0.22 * normal();
    double angle = 0.09 * normal();
    double cos = StrictMath.cos(angle);
    double sin = StrictMath.sin(angle);
    double minX = Double.POSITIVE_INFINITY;
    double maxX = Double.NEGATIVE_INFINITY;
    double minY = Double.POSITIVE_INFINITY;
    double maxY = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < points; i++) {
      double slanted = stretch * (x[i] - 0.5) + shear * (0.5 - y[i]);
      double upright = y[i] - 0.5;
      x[i] = cos * slanted - sin * upright;
      y[i] = sin * slanted + cos * upright;
      minX = Math.min(minX, x[i]);
      maxX = Math.max(maxX, x[i]);
      minY = Math.min(minY, y[i]);
      maxY = Math.max(maxY, y[i]);
    }
    double scale = (16.4 + 2.0 * uniform()) / Math.max(maxX - minX, maxY - minY);
    double length = 0;
    double massX = 0;
    double massY = 0;
    for (int i = 1; i < points; i++) {
      if (penDown[i]) {
        double piece = length(x[i] - x[i - 1], y[i] - y[i - 1]);
        length += piece;
        massX += piece * (x[i] + x[i - 1]) / 2;
        massY += piece * (y[i] + y[i - 1]) / 2;
      }
    }
    double shiftX = shift(scale * massX / length, scale * minX, scale * maxX);
    double shiftY = shift(scale * massY / length, scale * minY, scale * maxY);
    for (int i = 0; i < points; i++) {
      x[i] = scale * x[i] + shiftX;
      y[i] = scale * y[i] + shiftY;
    }
  }

  /** Brings the centre of mass near the middle, but no end of the digit to the image's edge. */
  private double shift(double mass, double min, double max) {
    double wanted = (SIDE - 1) / 2.0 - mass + uniform() - 0.5;
    return Math.clamp(wanted, MARGIN - min, SIDE - 1 - MARGIN - max);
  }

  private void paint(byte[] pixels, int at) {
    double radius = Math.clamp(1.19 * StrictMath.exp(0.24 * normal()), 0.75, 2.2);
    double reach = radius + SOFTNESS;
    Arrays.fill(distance2, reach * reach);
    for (int i = 1; i < points; i++) {
      if (penDown[i]) {
        approach(x[i - 1], y[i - 1], x[i], y[i], reach);
      }
    }
    for (int i = 0; i < distance2.length; i++) {
      double cover = (reach - Math.sqrt(distance2[i])) / (2 * SOFTNESS);
      pixels[at + i] = (byte) (255 * Math.min(1, cover) + 0.5);
    }
  }

  /**
   * Lowers the squared distance of every pixel that is nearer to this line than to those before.
   */
  private void approach(double ax, double ay, double bx, double by, double reach) {
    double dx = bx - ax;
    double dy = by - ay;
    double length2 = Math.max(dx * dx + dy * dy, 1e-12);
    int firstRow = Math.max(0, (int) Math.ceil(Math.min(ay, by) - reach));
    int lastRow = Math.min(SIDE - 1, (int) Math.floor(Math.max(ay, by) + reach));
    int firstColumn = Math.max(0, (int) Math.ceil(Math.min(ax, bx) - reach));
    int lastColumn = Math.min(SIDE - 1, (int) Math.floor(Math.max(ax, bx) + reach));
    for (int row = firstRow; row <= lastRow; row++) {
      for (int column = firstColumn; column <= lastColumn; column++) {
        double t = Math.clamp(((column - ax) * dx + (row - ay) * dy) / length2, 0, 1);
        double offX = column - ax - t * dx;
        double offY = row - ay - t * dy;
        int pixel = row * SIDE + column;
        distance2[pixel] = Math.min(distance2[pixel], offX * offX + offY * offY);
      }
    }
  }

  private static double length(double dx, double dy) {
    return Math.sqrt(dx * dx + dy * dy);
  }

  private int word() {
    if (drawn % Philox.BLOCK == 0) {
      Philox.block(seed, RandomPurpose.SYNTHETIC_DIGITS, drawn / Philox.BLOCK, image, split, words);
    }
    return words[drawn++ % Philox.BLOCK];
  }

  private int below(int bound) {
    return (int) (((word() & 0xFFFFFFFFL) * bound) >>> 32);
  }

  private double uniform() {
    return Philox.uniform(word());
  }

  /** A standard normal by the Box-Muller transform. */
  private double normal() {
    double radius = Math.sqrt(-2 * StrictMath.log(Philox.uniformNonZero(word())));
    return radius * StrictMath.cos(2 * Math.PI * uniform());
  }
}
