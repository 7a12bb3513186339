// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.Numbers;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** How all charts look: thin grey axes, no frame, text that is read at half the size. */
final class Charts {
  static final int TEXT = 14;

  /** Name of the series of {@link #setTicks}. */
  static final String UNSEEN = "unseen";

  private static final int TITLE = 16;
  private static final int PADDING = 26;

  /** A title is centred over the plot, which the y axis moves to the right. */
  private static final int TITLE_MARGINS = 180;

  private static final Color INVISIBLE = new Color(0, 0, 0, 0);

  /** A level's dashes and gaps, pixels. */
  private static final float[] DASHES = {7, 5};

  private Charts() {}

  static XYChart xy(
      int width, int height, String title, String xLabel, String yLabel, Theme theme) {
    XYChart chart =
        new XYChartBuilder()
            .width(width)
            .height(height)
            .title(title)
            .xAxisTitle(xLabel)
            .yAxisTitle(yLabel)
            .build();
    style(chart.getStyler(), title, width, theme);
    return chart;
  }

  static void style(Styler styler, String title, int width, Theme theme) {
    styler.setChartBackgroundColor(theme.paper());
    styler.setPlotBackgroundColor(theme.paper());
    styler.setPlotBorderVisible(false);
    styler.setChartFontColor(theme.ink());
    styler.setChartTitleFont(Fonts.fitting(Font.BOLD, TITLE, title, width - TITLE_MARGINS));
    styler.setChartTitleBoxVisible(false);
    styler.setLegendFont(Fonts.font(Font.PLAIN, TEXT));
    styler.setLegendBorderColor(theme.paper());
    styler.setLegendBackgroundColor(theme.paper());
    styler.setChartPadding(PADDING);
    styler.setAntiAlias(true);
    styler.setAnnotationTextPanelFont(Fonts.font(Font.PLAIN, TEXT));
    styler.setAnnotationTextPanelFontColor(theme.ink());
    styler.setAnnotationTextPanelBackgroundColor(theme.veil());
    styler.setAnnotationTextPanelBorderColor(theme.frame());
    styler.setAnnotationTextPanelPadding(8);
    if (styler instanceof AxesChartStyler axes) {
      axes.setAxisTitleFont(Fonts.font(Font.PLAIN, TEXT));
      axes.setAxisTickLabelsFont(Fonts.font(Font.PLAIN, TEXT));
      axes.setAxisTickLabelsColor(theme.ink());
      axes.setAxisTickMarksColor(theme.grid());
      axes.setPlotGridLinesColor(theme.grid());
      axes.setPlotGridLinesStroke(new BasicStroke(1));
      axes.setPlotGridVerticalLinesVisible(false);
      axes.setMarkerSize(0);
      axes.setLocale(Locale.ROOT);
    }
  }

  /** The same for a chart over the steps of training, from 0 to the last step. */
  static XYChart overSteps(
      int width, int height, String title, String yLabel, int longest, Theme theme) {
    XYChart chart = xy(width, height, title, "step", yLabel, theme);
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    chart.getStyler().setLegendLayout(LegendLayout.Horizontal);
    chart.getStyler().setXAxisMin(0.0);
    chart.getStyler().setXAxisMax((double) longest);
    chart.getStyler().setXAxisDecimalPattern("#,##0");
    return chart;
  }

  /** Sets the range of the y axis. */
  static void setYRange(XYChart chart, double low, double high) {
    chart.getStyler().setYAxisMin(low);
    chart.getStyler().setYAxisMax(high);
    chart.getStyler().setYAxisDecimalPattern(decimals(high - low));
  }

  /**
   * Puts ticks at round numbers, as far apart as their labels need; called when all series and
   * ranges are there.
   */
  static void setTicks(XYChart chart) {
    // XChart puts ticks at the data themselves where those lie at equal distances, or so close that
    // it takes their distances for equal, and then does not look whether the labels fit. Points
    // that are not seen, far off any row of data, have it choose round numbers instead.
    XYSeries unseen =
        chart.addSeries(
            UNSEEN,
            beyond(chart.getStyler().getXAxisMin(), chart.getStyler().getXAxisMax()),
            beyond(chart.getStyler().getYAxisMin(), chart.getStyler().getYAxisMax()));
    unseen.setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
    unseen.setMarker(SeriesMarkers.NONE);
    unseen.setShowInLegend(false);
  }

  private static double[] beyond(double low, double high) {
    double range = 1 + high - low;
    return new double[] {high + range, high + 4 * range};
  }

  /** A pattern that tells the ticks of a range apart. */
  static String decimals(double range) {
    int digits = (int) Math.ceil(2 - Math.log10(range));
    return "0" + (digits > 0 ? "." + "#".repeat(Math.min(12, digits)) : "");
  }

  /** A value to a hundredth of a range: the digits that tell a few of its values apart. */
  static String rounded(double value, double range) {
    if (!(range > 0)) {
      return Numbers.digits(value);
    }
    int places = 2 - (int) Math.ceil(Math.log10(range));
    return new BigDecimal(value)
        .setScale(Math.max(0, places), RoundingMode.HALF_EVEN)
        .toPlainString();
  }

  /**
   * Draws a level across a chart, dashed, with its name in the legend.
   *
   * @param longest the last step
   */
  static void addLevel(XYChart chart, String name, double value, int longest, Theme theme) {
    XYSeries level = chart.addSeries(name, new double[] {0, longest}, new double[] {value, value});
    level.setMarker(SeriesMarkers.NONE);
    level.setLineColor(theme.ink());
    level.setLineStyle(
        new BasicStroke(1.2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 10, DASHES, 0));
  }

  /** Draws an area without a line around it. */
  static void addArea(XYChart chart, String name, double[] x, double[] y, Color colour) {
    XYSeries area = chart.addSeries(name, x, y);
    area.setXYSeriesRenderStyle(XYSeriesRenderStyle.PolygonArea);
    area.setFillColor(colour);
    area.setLineColor(INVISIBLE);
    area.setMarker(SeriesMarkers.NONE);
    area.setShowInLegend(false);
  }
}
