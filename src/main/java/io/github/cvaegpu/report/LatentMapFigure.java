// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.eval.Posterior;
import java.awt.Graphics2D;
import java.util.DoubleSummaryStatistics;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Posterior means of a set of images, coloured by label where there are labels. */
public final class LatentMapFigure extends Figure {
  private static final int WIDTH = 860;
  private static final int HEIGHT = 760;
  private static final int DOT = 5;
  private static final int DOT_ALPHA = 130;
  private static final double MARGIN = 0.04;
  private static final int LABELS = 256;

  private final Posterior posterior;
  private final Projection projection;

  /**
   * @param title of the figure
   * @param posterior of the images to show
   */
  public LatentMapFigure(String title, Posterior posterior) {
    super(title, WIDTH, HEIGHT);
    this.posterior = posterior;
    projection = Projection.of(posterior);
  }

  @Override
  protected void paint(Graphics2D graphics, Theme theme) {
    chart(theme).paint(graphics, WIDTH, HEIGHT);
  }

  XYChart chart(Theme theme) {
    XYChart chart =
        Charts.xy(WIDTH, HEIGHT, title(), projection.xLabel(), projection.yLabel(), theme);
    chart.getStyler().setDefaultSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
    chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
    chart.getStyler().setMarkerSize(DOT);
    // The same scale on both axes, so that distances can be compared.
    DoubleSummaryStatistics x = range(projection::x);
    DoubleSummaryStatistics y = range(projection::y);
    double extent = Math.max(x.getMax() - x.getMin(), y.getMax() - y.getMin());
    double reach = (0.5 + MARGIN) * (extent > 0 ? extent : 1);
    chart.getStyler().setXAxisMin((x.getMin() + x.getMax()) / 2 - reach);
    chart.getStyler().setXAxisMax((x.getMin() + x.getMax()) / 2 + reach);
    chart.getStyler().setXAxisDecimalPattern(Charts.decimals(2 * reach));
    Charts.setYRange(
        chart, (y.getMin() + y.getMax()) / 2 - reach, (y.getMin() + y.getMax()) / 2 + reach);
    if (posterior.images().hasLabels()) {
      for (int label = 0; label < LABELS; label++) {
        add(chart, label, theme);
      }
    } else {
      add(chart, -1, theme);
    }
    Charts.setTicks(chart);
    return chart;
  }

  private DoubleSummaryStatistics range(IntToDoubleFunction coordinate) {
    return IntStream.range(0, posterior.size()).mapToDouble(coordinate).summaryStatistics();
  }

  /** The images of a label, or all if it is -1. */
  private void add(XYChart chart, int label, Theme theme) {
    int[] images =
        IntStream.range(0, posterior.size())
            .filter(i -> label < 0 || posterior.images().label(i) == label)
            .toArray();
    if (images.length == 0) {
      return;
    }
    double[] x = new double[images.length];
    double[] y = new double[images.length];
    for (int i = 0; i < images.length; i++) {
      x[i] = projection.x(images[i]);
      y[i] = projection.y(images[i]);
    }
    XYSeries series =
        chart.addSeries(label < 0 ? "images (no labels)" : String.valueOf(label), x, y);
    series.setMarker(SeriesMarkers.CIRCLE);
    series.setMarkerColor(Palette.translucent(Palette.label(Math.max(0, label), theme), DOT_ALPHA));
  }
}
