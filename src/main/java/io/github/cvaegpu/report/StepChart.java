// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.util.Optional;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * A chart over the steps of training, as all figures of curves are. The y axis spans what comes
 * after the first hundredth of the steps, and the level: the losses of an untrained network would
 * leave no room for the rest.
 */
final class StepChart {
  static final int WIDTH = 900;
  static final int HEIGHT = 540;

  private static final double SKIPPED = 0.01;
  private static final double MARGIN = 0.05;

  private final XYChart chart;
  private final int longest;
  private final Optional<Level> level;
  private final Theme theme;
  private double smallest;
  private double largest;

  /**
   * @param title of the chart
   * @param yLabel what the values are, with their unit
   * @param longest number of steps of the longest curve
   * @param level to hold the curves against
   * @param theme of the page
   */
  StepChart(String title, String yLabel, int longest, Optional<Level> level, Theme theme) {
    chart = Charts.overSteps(WIDTH, HEIGHT, title, yLabel, longest, theme);
    this.longest = longest;
    this.level = level;
    this.theme = theme;
    smallest = level.map(Level::value).orElse(Double.POSITIVE_INFINITY);
    largest = level.map(Level::value).orElse(Double.NEGATIVE_INFINITY);
  }

  static void paint(XYChart chart, Graphics2D graphics) {
    chart.paint(graphics, WIDTH, HEIGHT);
  }

  /** The first of a curve's points that the y axis has to show. */
  static int firstShown(int points) {
    return (int) (SKIPPED * points);
  }

  /** Makes the y axis reach over a range. */
  void show(double low, double high) {
    smallest = Math.min(smallest, low);
    largest = Math.max(largest, high);
  }

  double smallest() {
    return smallest;
  }

  double largest() {
    return largest;
  }

  /**
   * Adds a line in a model's colour.
   *
   * @param name in the legend
   * @param steps from left to right
   * @param values one a step
   * @param model number of the model
   * @param width of the line, pixels
   */
  void addLine(String name, double[] steps, double[] values, int model, float width) {
    XYSeries line = chart.addSeries(name, steps, values);
    line.setMarker(SeriesMarkers.NONE);
    line.setLineColor(Palette.awt(Palette.model(model, theme)));
    line.setLineStyle(new BasicStroke(width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
  }

  /** The same with the area inside an outline, behind lines that are added later. */
  void addArea(String name, double[] steps, double[] outline, int model, int alpha) {
    Charts.addArea(
        chart, name, steps, outline, Palette.translucent(Palette.model(model, theme), alpha));
  }

  /** The chart, when all lines are there. */
  XYChart finished() {
    double margin = largest > smallest ? MARGIN * (largest - smallest) : 1;
    Charts.setYRange(chart, smallest - margin, largest + margin);
    level.ifPresent(it -> Charts.addLevel(chart, it.name(), it.value(), longest, theme));
    Charts.setTicks(chart);
    return chart;
  }
}
