// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import java.util.Arrays;

/**
 * The {@link io.github.cvaegpu.model.Likelihood} of images at shared latent points. The logarithm
 * of each of them is linear in the targets, but for what no point changes,
 *
 * <pre>
 *   log p(x|z) = sum over pixels of scale x l(z) - A(l(z)) - base(x)
 * </pre>
 *
 * so of all images and points it is the product of the images and the logits, less a number a point
 * and one an image: see {@link VaeModel#logits}. Black pixels, most of them, have no part in the
 * product.
 */
final class PixelTiles implements LatentLikelihood {
  /** Pixels that are added up in float, before the sum in double takes them. */
  private static final int FLOAT_PIXELS = 8 * RowSums.STEP;

  /**
   * Points that are decoded together: no more, and of large images as many as have so many logits.
   */
  private static final int MOST_POINTS = 4096;

  private static final int LOGITS = 1 << 24;

  private final VaeModel model;
  private final int inputs;
  private final int images;

  /** (points, inputs) of the points that were decoded last. */
  private float[] logits = {};

  /** (points) of the same. */
  private float[] logPartition = {};

  /**
   * Of the pixels that are not black: which of its image's it is, and its target, scaled. Each
   * image has a whole number of steps; what is left of the last one is pixel 0 with a target of 0.
   */
  private final char[] pixel;

  private final float[] target;
  private final int[] firstOfImage;

  /** What no point changes of an image's log likelihood, with a minus. */
  private final double[] base;

  /**
   * @param model whose decoder is asked
   * @param objective of the model
   * @param set of the images
   * @param first first image
   * @param count number of images
   */
  PixelTiles(VaeModel model, Objective objective, PixelTargets set, int first, int count) {
    this.model = model;
    inputs = model.shape().inputs();
    images = count;
    int size = set.pixels();
    firstOfImage = new int[count + 1];
    for (int i = 0; i < count; i++) {
      int there = 0;
      for (int p = 0; p < size; p++) {
        there += set.of(first + i, p) != 0 ? 1 : 0;
      }
      firstOfImage[i + 1] = firstOfImage[i] + Math.ceilDiv(there, RowSums.STEP) * RowSums.STEP;
    }
    pixel = new char[firstOfImage[count]];
    target = new float[pixel.length];
    base = new double[count];
    Likelihood likelihood = objective.likelihood();
    double sigma = objective.deviation();
    double scale = likelihood.scale(sigma);
    for (int i = 0; i < count; i++) {
      int at = firstOfImage[i];
      for (int p = 0; p < size; p++) {
        float x = set.of(first + i, p);
        if (x != 0) {
          pixel[at] = (char) p;
          target[at++] = (float) (scale * x);
          base[i] += likelihood.base(x, sigma);
        }
      }
    }
  }

  @Override
  public int latent() {
    return model.shape().latent();
  }

  @Override
  public int images() {
    return images;
  }

  @Override
  public int batch() {
    return Math.min(MOST_POINTS, LOGITS / inputs);
  }

  @Override
  public void decode(double[] z) {
    float[] points = new float[z.length];
    for (int i = 0; i < z.length; i++) {
      points[i] = (float) z[i];
    }
    int count = z.length / latent();
    if (logPartition.length != count) {
      logits = new float[count * inputs];
      logPartition = new float[count];
    }
    model.logits(points, count, logits, logPartition);
  }

  @Override
  public Tile tile(int points) {
    return new Points(points);
  }

  private final class Points implements Tile {
    /** (inputs, points): a pixel's row is a part of all scores that have the pixel. */
    private final float[][] rows;

    private final float[] part;
    private int first;

    Points(int points) {
      rows = new float[inputs][points];
      part = new float[points];
    }

    @Override
    public void take(int point) {
      first = point;
      for (int p = 0; p < inputs; p++) {
        float[] row = rows[p];
        for (int i = 0; i < row.length; i++) {
          row[i] = logits[(first + i) * inputs + p];
        }
      }
    }

    @Override
    public void score(int image, double[] result) {
      for (int i = 0; i < part.length; i++) {
        result[i] = -logPartition[first + i] - base[image];
      }
      int end = firstOfImage[image + 1];
      int at = firstOfImage[image];
      while (at < end) {
        Arrays.fill(part, 0);
        int endOfPart = Math.min(end, at + FLOAT_PIXELS);
        for (; at < endOfPart; at += RowSums.STEP) {
          RowSums.add(part, rows, pixel, target, at);
        }
        addTo(result, part);
      }
    }
  }

  private static void addTo(double[] sum, float[] part) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += part[i];
    }
  }
}
