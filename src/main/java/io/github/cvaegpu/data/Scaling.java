// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.util.Arrays;

/**
 * Pictures in another size, by the triangle filter: linear interpolation where a picture grows;
 * where it shrinks the triangle is as much wider, so that every pixel counts. In double precision,
 * rounded once, to the nearest; the same bits everywhere.
 *
 * <p>Height and width are scaled each by itself, so that another shape distorts the picture. Pixels
 * beyond the edge weigh nothing. This is what Pillow calls BILINEAR, but for its rounding between
 * the directions.
 */
final class Scaling {
  /** Weights of the pixels that make one, the first of which is {@code from}; they add up to 1. */
  private static final class Window {
    private final int from;
    private final double[] weights;

    private Window(int from, double[] weights) {
      this.from = from;
      this.weights = weights;
    }

    static Window[] all(int size, int target) {
      Window[] windows = new Window[target];
      double scale = (double) size / target;
      double reach = Math.max(1, scale);
      for (int i = 0; i < target; i++) {
        double centre = (i + 0.5) * scale;
        int from = (int) Math.max(0, Math.ceil(centre - reach - 0.5));
        int to = (int) Math.min(size - 1, Math.floor(centre + reach - 0.5));
        double[] weights = new double[to - from + 1];
        double sum = 0;
        for (int j = 0; j < weights.length; j++) {
          weights[j] = Math.max(0, 1 - Math.abs(from + j + 0.5 - centre) / reach);
          sum += weights[j];
        }
        for (int j = 0; j < weights.length; j++) {
          weights[j] /= sum;
        }
        windows[i] = new Window(from, weights);
      }
      return windows;
    }
  }

  private Scaling() {}

  /**
   * Scales a picture.
   *
   * @param grey unsigned bytes, (row, column) with the column fastest
   * @param from its size
   * @param to the size wanted
   * @return the picture in that size; the array itself if that is the size that it has
   */
  static byte[] scaled(byte[] grey, ImageSize from, ImageSize to) {
    if (from.equals(to)) {
      return grey;
    }
    Window[] rows = Window.all(from.height(), to.height());
    Window[] columns = Window.all(from.width(), to.width());
    byte[] scaled = new byte[to.pixels()];
    double[] line = new double[from.width()];
    for (int y = 0; y < to.height(); y++) {
      mix(grey, rows[y], line);
      for (int x = 0; x < to.width(); x++) {
        double value = 0;
        double[] weights = columns[x].weights;
        for (int j = 0; j < weights.length; j++) {
          value += weights[j] * line[columns[x].from + j];
        }
        scaled[y * to.width() + x] = (byte) (int) Math.min(0xFF, value + 0.5);
      }
    }
    return scaled;
  }

  /** The mean of some rows, by their weights. */
  private static void mix(byte[] grey, Window rows, double[] line) {
    Arrays.fill(line, 0);
    for (int i = 0; i < rows.weights.length; i++) {
      int at = (rows.from + i) * line.length;
      double weight = rows.weights[i];
      for (int x = 0; x < line.length; x++) {
        line[x] += weight * (grey[at + x] & 0xFF);
      }
    }
  }
}
