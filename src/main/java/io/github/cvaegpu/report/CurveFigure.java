// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import java.awt.Graphics2D;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.knowm.xchart.AnnotationTextPanel;
import org.knowm.xchart.XYChart;

/**
 * Curves over the steps of training, as the study draws them, with the mean of the last steps of
 * each in a box.
 */
public final class CurveFigure extends Figure {
  /** Stretches of steps that a curve is thinned to: one a pixel. */
  private static final int STRETCHES = 760;

  private static final float LINE = 1.4f;

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
    super(title, StepChart.WIDTH, StepChart.HEIGHT);
    this.yLabel = yLabel;
    this.curves = List.copyOf(curves);
    this.level = level;
  }

  @Override
  protected void paint(Graphics2D graphics, Theme theme) {
    StepChart.paint(chart(theme), graphics);
  }

  XYChart chart(Theme theme) {
    int longest = curves.stream().mapToInt(curve -> curve.values.length).max().orElse(1);
    var chart = new StepChart(title(), yLabel, longest, level, theme);
    for (int i = 0; i < curves.size(); i++) {
      Curve curve = curves.get(i);
      int[] kept = Thinned.of(curve.values, STRETCHES).indices();
      double[] steps = new double[kept.length];
      double[] values = new double[kept.length];
      for (int k = 0; k < kept.length; k++) {
        steps[k] = kept[k] + 1;
        values[k] = curve.values[kept[k]];
      }
      for (int k = StepChart.firstShown(curve.values.length); k < curve.values.length; k++) {
        chart.show(curve.values[k], curve.values[k]);
      }
      chart.addLine(curve.name, steps, values, i, LINE);
    }
    XYChart finished = chart.finished();
    String box = box();
    if (!box.isEmpty()) {
      boolean falls = curves.getFirst().values[0] > curves.getFirst().lastMean.orElse(0);
      double range = chart.largest() - chart.smallest();
      finished.addAnnotation(
          new AnnotationTextPanel(
              box, longest * 0.68, chart.smallest() + (falls ? 0.78 : 0.08) * range, false));
    }
    return finished;
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
