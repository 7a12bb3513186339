// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.knowm.xchart.AnnotationTextPanel;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Curves over the steps of training, as the study draws them, with the mean of the last steps of
 * each in a box. The y axis spans what comes after the first hundredth of the steps: the losses of
 * an untrained network would leave no room for the rest.
 */
public final class CurveFigure extends Figure {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 540;

  /** Stretches of steps that a curve is thinned to: one a pixel. */
  private static final int STRETCHES = 760;

  private static final double SKIPPED = 0.01;
  private static final double MARGIN = 0.05;

  /**
   * A curve.
   *
   * @param name of the model
   * @param values entry i belongs to step i + 1, not empty
   * @param lastMean mean of the last steps, for the box
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  public record Curve(String name, float[] values, OptionalDouble lastMean) {
    /** A loss as means of the last 100 steps at each step; the box has the last of them. */
    public static Curve smoothed(String name, float[] values) {
      return new Curve(
          name, Series.windowMeans(values), OptionalDouble.of(Series.lastMean(values)));
    }
  }

  private final String yLabel;
  private final List<Curve> curves;
  private final Optional<Level> level;

  /**
   * @param title of the figure
   * @param yLabel what the values are, with their unit
   * @param curves one or more
   */
  public CurveFigure(String title, String yLabel, List<Curve> curves) {
    this(title, yLabel, curves, Optional.empty());
  }

  /**
   * @param title of the figure
   * @param yLabel what the values are, with their unit
   * @param curves one or more
   * @param level to hold them against
   */
  public CurveFigure(String title, String yLabel, List<Curve> curves, Optional<Level> level) {
    super(title, WIDTH, HEIGHT);
    this.yLabel = yLabel;
    this.curves = List.copyOf(curves);
    this.level = level;
  }

  @Override
  protected void paint(Graphics2D graphics, Theme theme) {
    chart(theme).paint(graphics, WIDTH, HEIGHT);
  }

  XYChart chart(Theme theme) {
    int longest = curves.stream().mapToInt(curve -> curve.values.length).max().orElse(1);
    XYChart chart = Charts.overSteps(WIDTH, HEIGHT, title(), yLabel, longest, theme);
    double smallest = level.map(Level::value).orElse(Double.POSITIVE_INFINITY);
    double largest = level.map(Level::value).orElse(Double.NEGATIVE_INFINITY);
    for (int i = 0; i < curves.size(); i++) {
      Curve curve = curves.get(i);
      int[] kept = Thinned.of(curve.values, STRETCHES).indices();
      double[] steps = new double[kept.length];
      double[] values = new double[kept.length];
      for (int k = 0; k < kept.length; k++) {
        steps[k] = kept[k] + 1;
        values[k] = curve.values[kept[k]];
      }
      for (int k = (int) (SKIPPED * curve.values.length); k < curve.values.length; k++) {
        smallest = Math.min(smallest, curve.values[k]);
        largest = Math.max(largest, curve.values[k]);
      }
      XYSeries series = chart.addSeries(curve.name, steps, values);
      series.setMarker(SeriesMarkers.NONE);
      series.setLineColor(Palette.awt(Palette.model(i, theme)));
      series.setLineStyle(new BasicStroke(1.4f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    }
    double margin = largest > smallest ? MARGIN * (largest - smallest) : 1;
    Charts.setYRange(chart, smallest - margin, largest + margin);
    level.ifPresent(it -> Charts.addLevel(chart, it.name(), it.value(), longest, theme));
    Charts.setTicks(chart);
    String box = box();
    if (!box.isEmpty()) {
      boolean falls = curves.getFirst().values[0] > curves.getFirst().lastMean.orElse(0);
      chart.addAnnotation(
          new AnnotationTextPanel(
              box, longest * 0.68, smallest + (falls ? 0.78 : 0.08) * (largest - smallest), false));
    }
    return chart;
  }

  /** What is in the box; empty for no box. */
  String box() {
    String lines =
        curves.stream()
            .filter(curve -> curve.lastMean.isPresent())
            .map(
                curve ->
                    String.format(
                        Locale.ROOT, "\n%s  %.2f", curve.name, curve.lastMean.getAsDouble()))
            .collect(Collectors.joining());
    return lines.isEmpty() ? "" : "Mean of the last 100 steps" + lines;
  }
}
