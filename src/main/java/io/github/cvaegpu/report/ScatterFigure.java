// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.report.Axes.Axis;
import io.github.cvaegpu.report.Axes.Point;
import java.awt.Color;
import java.awt.Graphics2D;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Runs as dots on two axes, in colours of a third. */
public final class ScatterFigure extends Figure {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 560;
  private static final int DOT = 9;
  private static final double MARGIN = 0.06;

  /** Colours that an eye tells apart in a legend. */
  private static final int CLASSES = 5;

  /** A tick that is a whole number but for its sum's last digits. */
  private static final double NEAR = 1e-6;

  private final Axes axes;
  private final int x;
  private final int y;

  /**
   * @param title of the figure
   * @param axes of the runs
   * @param x number of the axis across
   * @param y number of the axis up
   */
  public ScatterFigure(String title, Axes axes, int x, int y) {
    super(title, WIDTH, HEIGHT);
    this.axes = axes;
    this.x = x;
    this.y = y;
  }

  @Override
  protected void paint(Graphics2D graphics, Theme theme) {
    chart(theme).paint(graphics, WIDTH, HEIGHT);
  }

  XYChart chart(Theme theme) {
    XYChart chart =
        Charts.xy(
            WIDTH, HEIGHT, title(), axes.axes().get(x).name(), axes.axes().get(y).name(), theme);
    chart.getStyler().setDefaultSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
    chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
    chart.getStyler().setMarkerSize(DOT);
    double across = margin(x);
    chart.getStyler().setXAxisMin(axes.low(x) - across);
    chart.getStyler().setXAxisMax(axes.high(x) + across);
    chart.getStyler().setXAxisDecimalPattern(Charts.decimals(axes.high(x) - axes.low(x) + across));
    ticks(x).ifPresent(chart.getStyler()::setxAxisTickLabelsFormattingFunction);
    double up = margin(y);
    Charts.setYRange(chart, axes.low(y) - up, axes.high(y) + up);
    ticks(y).ifPresent(chart.getStyler()::setyAxisTickLabelsFormattingFunction);
    List<Point> drawn =
        axes.points().stream()
            .filter(point -> Double.isFinite(axes.along(x, point)))
            .filter(point -> Double.isFinite(axes.along(y, point)))
            .toList();
    add(chart, "none", of(drawn, -1), theme.frame());
    for (int c = 0; c < classes(); c++) {
      add(chart, name(c), of(drawn, c), Palette.ramp(wanted(c), theme));
    }
    Charts.setTicks(chart);
    return chart;
  }

  private double margin(int axis) {
    double range = axes.high(axis) - axes.low(axis);
    return range > 0 ? MARGIN * range : 0.5;
  }

  /** What stands at a tick of a ratio's axis, or of one of categories; empty of any other. */
  private Optional<Function<Double, String>> ticks(int number) {
    Axis axis = axes.axes().get(number);
    if (axis.isLog()) {
      return Optional.of(value -> Numbers.digits(Math.pow(10, value)));
    }
    List<String> categories = axis.categories();
    return categories.isEmpty()
        ? Optional.empty()
        : Optional.of(
            value -> {
              int nearest = (int) Math.rint(value);
              boolean isOne =
                  Math.abs(value - nearest) < NEAR && nearest >= 0 && nearest < categories.size();
              return isOne ? categories.get(nearest) : "";
            });
  }

  /** The points whose colour is a class's; those without one if it is -1. */
  private List<Point> of(List<Point> points, int colour) {
    return points.stream().filter(point -> colour(point) == colour).toList();
  }

  private int colour(Point point) {
    double place = axes.place(axes.colour(), point);
    return Double.isFinite(place) ? Math.min(classes() - 1, (int) (place * classes())) : -1;
  }

  private Axis colours() {
    return axes.axes().get(axes.colour());
  }

  private int classes() {
    return colours().categories().isEmpty() ? CLASSES : colours().categories().size();
  }

  /** Of the middle of a class. */
  private double wanted(int colour) {
    double middle = (colour + 0.5) / classes();
    return colours().wanted() == Axes.Wanted.LOW ? 1 - middle : middle;
  }

  private String name(int colour) {
    if (!colours().categories().isEmpty()) {
      return colours().categories().get(colour);
    }
    String from = bound(colour);
    String to = bound(colour + 1);
    return from.equals(to) ? from : from + " to " + to;
  }

  private String bound(int number) {
    double low = axes.low(axes.colour());
    double range = axes.high(axes.colour()) - low;
    double at = low + range * number / CLASSES;
    return colours().isLog() ? Numbers.digits(Math.pow(10, at)) : Charts.rounded(at, range);
  }

  private void add(XYChart chart, String name, List<Point> points, Color colour) {
    if (points.isEmpty()) {
      return;
    }
    XYSeries series =
        chart.addSeries(
            axes.axes().get(axes.colour()).name() + " " + name,
            points.stream().mapToDouble(point -> axes.along(x, point)).toArray(),
            points.stream().mapToDouble(point -> axes.along(y, point)).toArray());
    series.setMarker(SeriesMarkers.CIRCLE);
    series.setMarkerColor(colour);
  }
}
