// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.Numbers;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Runs as points of several axes: what pictures of many runs are drawn of. The names are those of
 * the page's JSON.
 *
 * @param axes one or more
 * @param points each with a value for every axis
 * @param colour number of the axis that colours points
 */
public record Axes(List<Axis> axes, List<Point> points, int colour) {
  /** Values that are marked one by one. */
  private static final int MOST_MARKS = 8;

  /** Marks of more values. */
  private static final int MARKS = 5;

  /** Characters of a number that needs no rounding. */
  private static final int SHORT = 5;

  /** Which values of an axis are wanted. */
  public enum Wanted {
    /** Large ones. */
    HIGH,
    /** Small ones. */
    LOW,
    /** No end more than the other. */
    NEITHER
  }

  /**
   * An axis.
   *
   * @param name of it, with a unit where it has one
   * @param categories what values 0, 1, 2 and so on stand for; empty of an axis of numbers
   * @param isLog whether equal ratios have equal lengths; all values are above 0 then
   * @param wanted which end is
   */
  public record Axis(String name, List<String> categories, boolean isLog, Wanted wanted) {
    /** Copies the list. */
    public Axis {
      categories = List.copyOf(categories);
    }
  }

  /**
   * A run.
   *
   * @param name of it
   * @param values one an axis; NaN where it has none
   */
  public record Point(String name, List<Double> values) {
    /** Copies the list. */
    public Point {
      values = List.copyOf(values);
    }
  }

  /** Copies the lists. */
  public Axes {
    axes = List.copyOf(axes);
    points = List.copyOf(points);
    if (colour < 0 || colour >= axes.size()) {
      throw new IllegalArgumentException("axis " + colour + " of " + axes.size());
    }
  }

  /** A point's value as the axis has it: the logarithm to base 10 where it has ratios. */
  double along(int axis, Point point) {
    double value = point.values.get(axis);
    return axes.get(axis).isLog ? Math.log10(value) : value;
  }

  private DoubleStream all(int axis) {
    return points.stream().mapToDouble(point -> along(axis, point)).filter(Double::isFinite);
  }

  /** The smallest value of {@link #along}; 0 if no point has one. */
  double low(int axis) {
    return axes.get(axis).categories.isEmpty() ? all(axis).min().orElse(0) : 0;
  }

  /** The largest value of {@link #along}; 0 if no point has one. */
  double high(int axis) {
    return axes.get(axis).categories.isEmpty()
        ? all(axis).max().orElse(0)
        : axes.get(axis).categories.size() - 1.0;
  }

  /** Where a point is on an axis, from 0 to 1; NaN if it is not. */
  double place(int axis, Point point) {
    double low = low(axis);
    double high = high(axis);
    double value = along(axis, point);
    return Double.isFinite(value) && high <= low ? 0.5 : (value - low) / (high - low);
  }

  /**
   * Where marks stand on an axis, as {@link #along} has it: at its values where these are few, else
   * at equal distances.
   */
  List<Double> marks(int axis) {
    if (!axes.get(axis).categories.isEmpty()) {
      return IntStream.range(0, axes.get(axis).categories.size())
          .mapToObj(c -> (double) c)
          .toList();
    }
    List<Double> values = all(axis).distinct().sorted().boxed().toList();
    if (values.size() <= MOST_MARKS) {
      return values;
    }
    double low = low(axis);
    double step = (high(axis) - low) / (MARKS - 1);
    return IntStream.range(0, MARKS).mapToObj(m -> low + m * step).toList();
  }

  /** A value of {@link #along} for people. */
  String text(int axis, double value) {
    Axis its = axes.get(axis);
    if (!its.categories.isEmpty()) {
      return its.categories.get((int) Math.rint(value));
    }
    if (its.isLog) {
      return Numbers.digits(Math.pow(10, value));
    }
    // Settings are short as they are.
    String whole = Numbers.plain(value);
    return whole.length() <= SHORT ? whole : Charts.rounded(value, high(axis) - low(axis));
  }

  /** How wanted a point's value on an axis is, from 0 to 1; NaN if it has none. */
  double wanted(int axis, Point point) {
    double place = place(axis, point);
    return axes.get(axis).wanted == Wanted.LOW ? 1 - place : place;
  }
}
