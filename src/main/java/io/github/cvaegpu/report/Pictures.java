// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.model.Decoder;
import io.github.cvaegpu.random.GaussianNoise;
import io.github.cvaegpu.random.RandomPurpose;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.commons.statistics.distribution.NormalDistribution;

/** What a model draws. */
public final class Pictures {
  private static final int GRID = 20;
  private static final int SAMPLES = 10;

  private final Decoder decoder;
  private final int latent;
  private final int height;
  private final int width;

  /**
   * @param decoder of the model
   * @param latent its latent dimensions
   * @param images whose height and width its images have
   */
  public Pictures(Decoder decoder, int latent, ImageSet images) {
    this.decoder = decoder;
    this.latent = latent;
    height = images.height();
    width = images.width();
  }

  /**
   * The decoded grid over a latent plane: 20 x 20 points at the quantiles of the prior, so that
   * each stands for the same share of it; the second dimension grows upwards, other dimensions are
   * 0.
   *
   * @param name of the model
   * @param first dimension from left to right
   * @param second dimension from bottom to top; ignored where there is only one
   */
  public Figure decodedGrid(String name, int first, int second) {
    var prior = NormalDistribution.of(0, 1);
    List<ImageGridFigure.Row> rows = new ArrayList<>();
    for (int r = GRID - 1; r >= 0; r--) {
      List<float[]> images = new ArrayList<>();
      for (int c = 0; c < GRID; c++) {
        float[] z = new float[latent];
        z[first] = (float) prior.inverseCumulativeProbability((c + 0.5) / GRID);
        if (latent > 1) {
          z[second] = (float) prior.inverseCumulativeProbability((r + 0.5) / GRID);
        }
        images.add(decoder.decode(z));
      }
      rows.add(new ImageGridFigure.Row("", images));
    }
    String plane =
        latent > 1
            ? String.format(Locale.ROOT, "z%d (right) and z%d (up)", first + 1, second + 1)
            : "z1 (right)";
    String others = latent > 2 ? ", other dimensions 0" : "";
    return new ImageGridFigure(
        "%s over %s%s".formatted(name, plane, others),
        new ImageGridFigure.Cells(height, width, scale(GRID), 0),
        rows);
  }

  /**
   * A hundred images of latent points drawn from the prior.
   *
   * @param name of the model
   * @param seed of the points; the same points for every model
   */
  public Figure samples(String name, long seed) {
    List<ImageGridFigure.Row> rows = new ArrayList<>();
    for (int r = 0; r < SAMPLES; r++) {
      List<float[]> images = new ArrayList<>();
      for (int c = 0; c < SAMPLES; c++) {
        float[] z = new float[latent];
        GaussianNoise.row(seed, RandomPurpose.PRIOR_SAMPLES, r, c, z, 0, latent);
        images.add(decoder.decode(z));
      }
      rows.add(new ImageGridFigure.Row("", images));
    }
    return new ImageGridFigure(
        "%s: samples from the prior".formatted(name),
        new ImageGridFigure.Cells(height, width, scale(SAMPLES), 4),
        rows);
  }

  /** So many enlarged images side by side are readable and no more than about 1,000 pixels. */
  private int scale(int count) {
    return Math.max(1, 1000 / (count * Math.max(height, width)));
  }
}
