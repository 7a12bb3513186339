// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.util.Locale;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler;

/** How all charts look: thin grey axes, no frame, text that is read at half the size. */
final class Charts {
  static final Color INK = new Color(0x33, 0x33, 0x33);
  private static final Color GRID = new Color(0xe4, 0xe4, 0xe4);

  private static final int TEXT = 14;
  private static final int TITLE = 16;

  private Charts() {}

  static XYChart xy(int width, int height, String title, String xLabel, String yLabel) {
    XYChart chart =
        new XYChartBuilder()
            .width(width)
            .height(height)
            .title(title)
            .xAxisTitle(xLabel)
            .yAxisTitle(yLabel)
            .build();
    style(chart.getStyler());
    chart.getStyler().setXAxisDecimalPattern("#,##0");
    chart.getStyler().setYAxisDecimalPattern("0.####");
    return chart;
  }

  static void style(Styler styler) {
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setChartFontColor(INK);
    styler.setChartTitleFont(Fonts.font(Font.BOLD, TITLE));
    styler.setChartTitleBoxVisible(false);
    styler.setLegendFont(Fonts.font(Font.PLAIN, TEXT));
    styler.setLegendBorderColor(Color.WHITE);
    styler.setLegendBackgroundColor(Color.WHITE);
    styler.setChartPadding(26);
    styler.setAntiAlias(true);
    styler.setAnnotationTextPanelFont(Fonts.font(Font.PLAIN, TEXT));
    styler.setAnnotationTextPanelFontColor(INK);
    styler.setAnnotationTextPanelBackgroundColor(new Color(255, 255, 255, 230));
    styler.setAnnotationTextPanelBorderColor(new Color(0xbb, 0xbb, 0xbb));
    styler.setAnnotationTextPanelPadding(8);
    if (styler instanceof AxesChartStyler axes) {
      axes.setAxisTitleFont(Fonts.font(Font.PLAIN, TEXT));
      axes.setAxisTickLabelsFont(Fonts.font(Font.PLAIN, TEXT));
      axes.setAxisTickLabelsColor(INK);
      axes.setAxisTickMarksColor(GRID);
      axes.setPlotGridLinesColor(GRID);
      axes.setPlotGridLinesStroke(new BasicStroke(1));
      axes.setPlotGridVerticalLinesVisible(false);
      axes.setMarkerSize(0);
      axes.setLocale(Locale.ROOT);
    }
  }
}
