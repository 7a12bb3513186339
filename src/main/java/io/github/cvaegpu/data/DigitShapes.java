// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.util.ArrayList;
import java.util.List;

/**
 * How the ten digits are written by hand: for each digit one or more shapes, each a few strokes in
 * a unit box with x to the right and y down. A stroke is a smooth curve through its points; strokes
 * that meet in a corner share a point.
 */
final class DigitShapes {

  /**
   * One way of writing a digit.
   *
   * @param points x and y of each point in turn
   * @param strokes for each stroke its points, as indices of pairs; a stroke whose last point is
   *     its first is a closed curve
   */
  record Shape(List<Double> points, List<List<Integer>> strokes) {
    /** Number of points. */
    int size() {
      return points.size() / 2;
    }
  }

  /** By digit, then by shape. */
  static final List<List<Shape>> ALL =
      List.of(
          List.of( // 0: closed, and with ends that overlap
              shape(
                  stroke(
                      .50, 0, .22, .18, .12, .52, .26, .90, .55, 1, .82, .78, .88, .42, .76, .10,
                      .50, 0)),
              shape(
                  stroke(
                      .62, .03, .30, .08, .12, .45, .22, .88, .52, 1, .80, .80, .87, .42, .74, .10,
                      .46, .02))),
          List.of( // 1: a stick, twice as common as one with a flag
              shape(stroke(.52, 0, .50, .5, .48, 1)),
              shape(stroke(.54, 0, .50, .45, .49, 1)),
              shape(stroke(.30, .22, .44, .12, .54, 0), stroke(.54, 0, .53, .5, .52, 1))),
          List.of( // 2: with a corner, and with a loop
              shape(
                  stroke(.16, .24, .38, .02, .72, .07, .80, .34, .52, .66, .14, .96),
                  stroke(.14, .96, .50, .94, .92, .92)),
              shape(
                  stroke(
                      .18, .18, .46, 0, .78, .16, .70, .46, .40, .80, .16, .96, .08, .84, .28, .76,
                      .58, .92, .94, .90))),
          List.of( // 3: with a corner, and with a small loop in the middle
              shape(
                  stroke(.18, .10, .48, 0, .78, .14, .70, .36, .40, .47),
                  stroke(.40, .47, .74, .54, .84, .78, .54, 1, .12, .92)),
              shape(
                  stroke(
                      .16, .12, .48, 0, .76, .16, .62, .40, .40, .48, .42, .42, .66, .50, .82, .74,
                      .56, .98, .14, .94))),
          List.of( // 4: open, and closed
              shape(
                  stroke(.22, .04, .14, .32, .20, .52, .50, .54, .82, .46),
                  stroke(.80, .02, .74, .48, .70, 1)),
              shape(
                  stroke(.62, 0, .36, .30, .10, .62),
                  stroke(.10, .62, .50, .62, .92, .58),
                  stroke(.62, 0, .63, .50, .60, 1))),
          List.of( // 5: with corners, and rounded at the left
              shape(
                  stroke(.86, .02, .56, .03, .30, .05),
                  stroke(.30, .05, .26, .24, .22, .44),
                  stroke(.22, .44, .54, .38, .80, .58, .76, .86, .44, 1, .10, .90)),
              shape(
                  stroke(.82, 0, .54, .05, .36, .04),
                  stroke(.36, .04, .24, .30, .44, .46, .74, .62, .70, .88, .42, 1, .14, .94))),
          List.of( // 6: with a wide loop, and with a narrow one
              shape(
                  stroke(
                      .70, .02, .38, .22, .18, .58, .26, .90, .52, 1, .78, .84, .72, .58, .46, .54,
                      .22, .72)),
              shape(
                  stroke(
                      .52, 0, .30, .30, .22, .66, .34, .94, .56, .98, .72, .78, .62, .60, .42, .64,
                      .28, .82))),
          List.of( // 7: plain, curved, and crossed
              shape(stroke(.10, .10, .48, .07, .86, .05), stroke(.86, .05, .62, .48, .44, 1)),
              shape(
                  stroke(.12, .16, .20, .06, .56, .09, .84, .04),
                  stroke(.84, .04, .72, .46, .60, 1)),
              shape(
                  stroke(.10, .08, .48, .07, .84, .04),
                  stroke(.84, .04, .60, .48, .40, 1),
                  stroke(.30, .54, .54, .51, .80, .48))),
          List.of( // 8: one closed curve that crosses itself
              shape(
                  stroke(
                      .78, .14, .54, 0, .26, .16, .34, .36, .66, .58, .78, .80, .50, 1, .22, .82,
                      .36, .58, .64, .38, .78, .14)),
              shape(
                  stroke(
                      .70, .10, .48, .02, .30, .18, .40, .38, .62, .56, .70, .80, .48, .98, .26,
                      .80, .40, .56, .62, .36, .70, .10))),
          List.of( // 9: with a straight tail, and with a curved one
              shape(
                  stroke(.76, .16, .50, .02, .22, .18, .26, .44, .54, .48, .76, .16),
                  stroke(.76, .16, .74, .56, .68, 1)),
              shape(
                  stroke(
                      .78, .18, .52, .01, .24, .20, .30, .46, .58, .44, .78, .18, .80, .52, .66,
                      .90, .30, .98))));

  private DigitShapes() {}

  private static double[] stroke(double... coordinates) {
    return coordinates;
  }

  private static Shape shape(double[]... strokes) {
    List<Double> points = new ArrayList<>();
    List<List<Integer>> indices = new ArrayList<>();
    for (double[] stroke : strokes) {
      List<Integer> line = new ArrayList<>();
      for (int i = 0; i < stroke.length; i += 2) {
        line.add(point(points, stroke[i], stroke[i + 1]));
      }
      indices.add(List.copyOf(line));
    }
    return new Shape(List.copyOf(points), List.copyOf(indices));
  }

  /** Index of a point, which is shared where the same coordinates were given before. */
  private static int point(List<Double> points, double x, double y) {
    for (int i = 0; i < points.size(); i += 2) {
      if (points.get(i) == x && points.get(i + 1) == y) {
        return i / 2;
      }
    }
    points.add(x);
    points.add(y);
    return points.size() / 2 - 1;
  }
}
