// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.util.List;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Lines through points that have an interval in both directions, and marks at some of them. */
public final class IntervalFigure extends Figure {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 540;

  /** What each name in the legend below takes, but for the first. */
  private static final int ENTRY = 24;

  private static final double MARGIN = 0.06;
  private static final float LINE = 1.8f;
  private static final float BAR = 1.1f;
  private static final int DOT = 6;
  private static final int MARK = 15;

  /** Colours run out before dashes do. */
  private static final int COLOURS = 6;

  private static final float[][] DASHES = {null, {7, 4}, {2, 4}, {9, 3, 2, 3}};

  /**
   * A point.
   *
   * @param x across
   * @param y up
   * @param xHalf half the width of the interval across; 0 for none
   * @param yHalf the same up
   */
  public record Point(double x, double y, double xHalf, double yHalf) {}

  /**
   * A line.
   *
   * @param name in the legend
   * @param points from left to right, one or more
   */
  public record Line(String name, List<Point> points) {
    /** Copies the list. */
    public Line {
      points = List.copyOf(points);
    }
  }

  /**
   * Marks of one kind.
   *
   * @param name in the legend
   * @param points that are marked, one or more
   */
  public record Marks(String name, List<Point> points) {
    /** Copies the list. */
    public Marks {
      points = List.copyOf(points);
    }
  }

  private final String xLabel;
  private final String yLabel;
  private final List<Line> lines;
  private final List<Marks> marks;

  /**
   * @param title of the figure
   * @param xLabel what is across, with its unit
   * @param yLabel what is up, with its unit
   * @param lines one or more, no two of a name
   * @param marks two kinds at most
   */
  public IntervalFigure(
      String title, String xLabel, String yLabel, List<Line> lines, List<Marks> marks) {
    super(title, WIDTH, HEIGHT + ENTRY * (lines.size() + marks.size() - 1));
    this.xLabel = xLabel;
    this.yLabel = yLabel;
    this.lines = List.copyOf(lines);
    this.marks = List.copyOf(marks);
  }

  @Override
  protected void paint(Graphics2D graphics, Theme theme) {
    chart(theme).paint(graphics, width(), height());
  }

  XYChart chart(Theme theme) {
    XYChart chart = Charts.xy(width(), height(), title(), xLabel, yLabel, theme);
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    chart.getStyler().setLegendLayout(LegendLayout.Vertical);
    chart.getStyler().setMarkerSize(DOT);
    setRanges(chart);
    for (int i = 0; i < lines.size(); i++) {
      addLine(chart, i, theme);
    }
    Marker[] kinds = {new Ring(), new Diamond()};
    for (int m = 0; m < marks.size(); m++) {
      List<Point> points = marks.get(m).points;
      XYSeries series = chart.addSeries(marks.get(m).name, xs(points), ys(points));
      series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
      series.setMarker(kinds[m % kinds.length]);
      series.setMarkerColor(theme.ink());
    }
    Charts.setTicks(chart);
    return chart;
  }

  private static double[] xs(List<Point> points) {
    return points.stream().mapToDouble(Point::x).toArray();
  }

  private static double[] ys(List<Point> points) {
    return points.stream().mapToDouble(Point::y).toArray();
  }

  private void setRanges(XYChart chart) {
    List<Point> all = lines.stream().flatMap(line -> line.points.stream()).toList();
    double left = all.stream().mapToDouble(it -> it.x - it.xHalf).min().orElse(0);
    double right = all.stream().mapToDouble(it -> it.x + it.xHalf).max().orElse(1);
    double low = all.stream().mapToDouble(it -> it.y - it.yHalf).min().orElse(0);
    double high = all.stream().mapToDouble(it -> it.y + it.yHalf).max().orElse(1);
    double across = right > left ? MARGIN * (right - left) : 0.5;
    double up = high > low ? MARGIN * (high - low) : 0.5;
    chart.getStyler().setXAxisMin(left - across);
    chart.getStyler().setXAxisMax(right + across);
    chart.getStyler().setXAxisDecimalPattern(Charts.decimals(right - left + 2 * across));
    Charts.setYRange(chart, low - up, high + up);
  }

  private void addLine(XYChart chart, int number, Theme theme) {
    Line line = lines.get(number);
    Color colour = Palette.awt(Palette.model(number, theme));
    for (int p = 0; p < line.points.size(); p++) {
      Point it = line.points.get(p);
      String name = line.name + " " + p;
      addBar(chart, name + " across", it.x - it.xHalf, it.x + it.xHalf, it.y, it.y, colour);
      addBar(chart, name + " up", it.x, it.x, it.y - it.yHalf, it.y + it.yHalf, colour);
    }
    XYSeries series = chart.addSeries(line.name, xs(line.points), ys(line.points));
    series.setMarker(SeriesMarkers.CIRCLE);
    series.setMarkerColor(colour);
    series.setLineColor(colour);
    series.setLineStyle(
        new BasicStroke(
            LINE,
            BasicStroke.CAP_BUTT,
            BasicStroke.JOIN_ROUND,
            10,
            DASHES[number / COLOURS % DASHES.length],
            0));
  }

  private static void addBar(
      XYChart chart,
      String name,
      double left,
      double right,
      double low,
      double high,
      Color colour) {
    if (left == right && low == high) {
      return;
    }
    XYSeries bar = chart.addSeries(name, new double[] {left, right}, new double[] {low, high});
    bar.setMarker(SeriesMarkers.NONE);
    bar.setLineColor(colour);
    bar.setLineStyle(new BasicStroke(BAR));
    bar.setShowInLegend(false);
  }

  /** A circle around a point, which stays in sight. */
  private static final class Ring extends Marker {
    @Override
    public void paint(Graphics2D graphics, double x, double y, int size) {
      graphics.setStroke(new BasicStroke(1.6f));
      graphics.draw(new Ellipse2D.Double(x - MARK / 2.0, y - MARK / 2.0, MARK, MARK));
    }
  }

  /** A square on its corner around a point. */
  private static final class Diamond extends Marker {
    @Override
    public void paint(Graphics2D graphics, double x, double y, int size) {
      double reach = MARK * 0.75;
      var path = new Path2D.Double();
      path.moveTo(x, y - reach);
      path.lineTo(x + reach, y);
      path.lineTo(x, y + reach);
      path.lineTo(x - reach, y);
      path.closePath();
      graphics.setStroke(new BasicStroke(1.6f));
      graphics.draw(path);
    }
  }
}
