// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a model draws as one latent dimension after the other goes from one end of a range to the
 * other: as an animated GIF with a column a starting point and a row a dimension, all rows at once,
 * there and back; or, of one point, as a picture with a column a value.
 */
public final class Traversal {
  /** As far as a dimension goes from 0 where nobody says: nearly all of the prior is within. */
  public static final float REACH = 3;

  private static final int STEPS = 24;
  private static final int SCALE = 2;
  private static final int GAP = 3;

  /** Rows, for a model with more dimensions than can be looked at. */
  private static final int MAX_DIMENSIONS = 8;

  private final PointDecoder decoder;
  private final List<float[]> points;
  private final List<Integer> dimensions;
  private final float reach;
  private final int height;
  private final int width;

  /**
   * @param decoder of the model
   * @param points where each column starts, (latent)
   * @param dimensions the rows; no more than eight are drawn
   * @param height rows of an image
   * @param width columns of an image
   */
  public Traversal(
      PointDecoder decoder, List<float[]> points, List<Integer> dimensions, int height, int width) {
    this(
        decoder,
        points,
        dimensions.subList(0, Math.min(MAX_DIMENSIONS, dimensions.size())),
        REACH,
        height,
        width);
  }

  /**
   * @param decoder of the model
   * @param points where each column starts, (latent)
   * @param dimensions the rows
   * @param reach how far a dimension goes from 0
   * @param height rows of an image
   * @param width columns of an image
   */
  public Traversal(
      PointDecoder decoder,
      List<float[]> points,
      List<Integer> dimensions,
      float reach,
      int height,
      int width) {
    this.decoder = decoder;
    this.points = List.copyOf(points);
    this.dimensions = List.copyOf(dimensions);
    this.reach = reach;
    this.height = height;
    this.width = width;
  }

  /** Writes the animation. */
  public void write(Path file) {
    Figure.write(file, gif(SCALE));
  }

  /**
   * The animation.
   *
   * @param scale pixels of it for one of an image
   */
  public byte[] gif(int scale) {
    var grid = new ImageGrid(height, width, scale, GAP);
    return Gif.of(
        () ->
            IntStream.range(0, 2 * STEPS)
                .mapToObj(step -> grid.draw(images(position(step, reach)), points.size()))
                .iterator());
  }

  /**
   * A picture of the first point: a row a dimension, from -reach at the left to reach at the right.
   *
   * @param steps columns, two or more
   */
  public byte[] png(int steps) {
    List<float[]> cells = new ArrayList<>();
    for (int dimension : dimensions) {
      for (int s = 0; s < steps; s++) {
        cells.add(moved(points.getFirst(), dimension, -reach + 2 * reach * s / (steps - 1)));
      }
    }
    return ImageGrid.png(
        ImageGrid.fitting(height, width, steps, dimensions.size())
            .draw(decoder.decode(cells), steps));
  }

  /** There and back: -reach, ..., reach, ..., just above -reach. */
  static float position(int step, float reach) {
    int there = step <= STEPS ? step : 2 * STEPS - step;
    return -reach + 2 * reach * there / STEPS;
  }

  private List<float[]> images(float value) {
    List<float[]> cells = new ArrayList<>();
    for (int dimension : dimensions) {
      points.forEach(point -> cells.add(moved(point, dimension, value)));
    }
    return decoder.decode(cells);
  }

  /** The point with another value in one dimension. */
  private static float[] moved(float[] point, int dimension, float value) {
    float[] z = point.clone();
    z[dimension] = value;
    return z;
  }
}
