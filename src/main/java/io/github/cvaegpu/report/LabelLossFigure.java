// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.eval.Estimate;
import java.awt.Graphics2D;
import java.util.List;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;

/** Reconstruction loss label by label, models side by side, with two standard errors each way. */
public final class LabelLossFigure extends Figure {
  private static final int WIDTH = 900;

  /** What is beside the bars, and what a label needs: three digits and a space. */
  private static final int AXIS_SPACE = 140;

  private static final int LABEL_SPACE = 38;

  private static final int HEIGHT = 500;

  /**
   * A model.
   *
   * @param name of the model
   * @param losses one a label, in the order of the labels
   */
  public record Bars(String name, List<Estimate> losses) {
    /** Copies the list. */
    public Bars {
      losses = List.copyOf(losses);
    }
  }

  private final List<Integer> labels;
  private final List<Bars> models;

  /**
   * @param title of the figure
   * @param labels along the axis
   * @param models one or more
   */
  public LabelLossFigure(String title, List<Integer> labels, List<Bars> models) {
    super(title, Math.max(WIDTH, AXIS_SPACE + LABEL_SPACE * labels.size()), HEIGHT);
    this.labels = List.copyOf(labels);
    this.models = List.copyOf(models);
  }

  @Override
  protected void paint(Graphics2D graphics, Theme theme) {
    chart(theme).paint(graphics, width(), HEIGHT);
  }

  CategoryChart chart(Theme theme) {
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(width())
            .height(HEIGHT)
            .title(title())
            .xAxisTitle("label")
            .yAxisTitle("RL, nats per image")
            .build();
    Charts.style(chart.getStyler(), title(), width(), theme);
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    chart.getStyler().setLegendLayout(LegendLayout.Horizontal);
    chart.getStyler().setAvailableSpaceFill(0.7);
    chart.getStyler().setYAxisMin(0.0);
    chart.getStyler().setErrorBarsColor(theme.ink());
    for (int m = 0; m < models.size(); m++) {
      Bars bars = models.get(m);
      CategorySeries series =
          chart.addSeries(
              bars.name,
              labels,
              bars.losses.stream().map(Estimate::mean).toList(),
              bars.losses.stream().map(loss -> 2 * loss.standardError()).toList());
      series.setFillColor(Palette.awt(Palette.model(m, theme)));
    }
    return chart;
  }
}
