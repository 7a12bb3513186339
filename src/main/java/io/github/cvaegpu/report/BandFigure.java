// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import java.awt.Graphics2D;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.knowm.xchart.XYChart;

/**
 * The mean of several seeds' curves with a band of one standard deviation to each side, drawn at
 * evenly spaced steps.
 */
public final class BandFigure extends Figure {
  private static final int POINTS = 400;
  private static final float LINE = 1.8f;
  private static final int BAND_ALPHA = 60;

  /**
   * One model's seeds.
   *
   * @param name of the model
   * @param seeds a curve a seed, two or more; entry i belongs to step i + 1
   */
  public record Band(String name, List<float[]> seeds) {
    /** Copies the list. */
    public Band {
      seeds = List.copyOf(seeds);
    }

    int length() {
      return seeds.stream().mapToInt(seed -> seed.length).min().orElse(0);
    }

    double mean(int step) {
      return seeds.stream().mapToDouble(seed -> seed[step]).average().orElseThrow();
    }

    double deviation(int step) {
      double mean = mean(step);
      double squares =
          seeds.stream().mapToDouble(seed -> (seed[step] - mean) * (seed[step] - mean)).sum();
      return Math.sqrt(squares / (seeds.size() - 1));
    }
  }

  private final String yLabel;
  private final List<Band> bands;
  private final Optional<Level> level;

  /**
   * @param title of the figure
   * @param yLabel what the values are, with their unit
   * @param bands one or more
   */
  public BandFigure(String title, String yLabel, List<Band> bands) {
    this(title, yLabel, bands, Optional.empty());
  }

  /**
   * @param title of the figure
   * @param yLabel what the values are, with their unit
   * @param bands one or more
   * @param level to hold them against
   */
  public BandFigure(String title, String yLabel, List<Band> bands, Optional<Level> level) {
    super(title, StepChart.WIDTH, StepChart.HEIGHT);
    this.yLabel = yLabel;
    this.bands = List.copyOf(bands);
    this.level = level;
  }

  @Override
  protected void paint(Graphics2D graphics, Theme theme) {
    StepChart.paint(chart(theme), graphics);
  }

  XYChart chart(Theme theme) {
    int longest = bands.stream().mapToInt(Band::length).max().orElse(1);
    var chart = new StepChart(title(), yLabel, longest, level, theme);
    for (int b = 0; b < bands.size(); b++) {
      Band band = bands.get(b);
      int points = Math.min(POINTS, band.length());
      double[] steps = new double[points];
      double[] means = new double[points];
      double[] outline = new double[2 * points];
      double[] outlineSteps = new double[2 * points];
      for (int p = 0; p < points; p++) {
        int step = (int) ((long) (band.length() - 1) * p / Math.max(1, points - 1));
        double deviation = band.deviation(step);
        steps[p] = step + 1;
        means[p] = band.mean(step);
        outlineSteps[p] = steps[p];
        outlineSteps[2 * points - 1 - p] = steps[p];
        outline[p] = means[p] + deviation;
        outline[2 * points - 1 - p] = means[p] - deviation;
        if (p >= StepChart.firstShown(points)) {
          chart.show(means[p] - deviation, means[p] + deviation);
        }
      }
      chart.addArea(band.name + " band", outlineSteps, outline, b, BAND_ALPHA);
      chart.addLine(
          String.format(Locale.ROOT, "%s, mean of %d seeds", band.name, band.seeds.size()),
          steps,
          means,
          b,
          LINE);
    }
    return chart.finished();
  }
}
