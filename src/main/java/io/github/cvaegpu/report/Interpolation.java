// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.ImageSize;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** What a model draws along a straight line in its latent space. */
public final class Interpolation {
  private final List<float[]> images;
  private final ImageSize size;

  /**
   * @param decoder of the model
   * @param start (latent) first point
   * @param end (latent) last point
   * @param steps points, two or more
   * @param size of an image
   */
  public Interpolation(
      PointDecoder decoder, float[] start, float[] end, int steps, ImageSize size) {
    this.size = size;
    List<float[]> points = new ArrayList<>();
    for (int s = 0; s < steps; s++) {
      double share = s / (steps - 1.0);
      float[] z = new float[start.length];
      for (int j = 0; j < z.length; j++) {
        z[j] = (float) ((1 - share) * start[j] + share * end[j]);
      }
      points.add(z);
    }
    images = decoder.decode(points);
  }

  /** A picture in one row, between the two images that the ends stand for. */
  public byte[] png(ImageSet set, int first, int last) {
    List<float[]> row = new ArrayList<>(images);
    row.addFirst(ShownImages.pixels(set, first));
    row.addLast(ShownImages.pixels(set, last));
    var grid = ImageGrid.fitting(size.height(), size.width(), row.size(), 1);
    return ImageGrid.png(grid.draw(row, row.size()));
  }

  /** An animation there and back. */
  public byte[] gif() {
    var grid = ImageGrid.fitting(size.height(), size.width(), 1, 1);
    int last = images.size() - 1;
    return Gif.of(
        () ->
            IntStream.range(0, 2 * last)
                .mapToObj(i -> grid.draw(List.of(images.get(i <= last ? i : 2 * last - i)), 1))
                .iterator());
  }
}
