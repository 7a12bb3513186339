// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.Targets;
import java.util.Arrays;

/**
 * {@link io.github.cvaegpu.model.Likelihood#BERNOULLI} of images at shared latent points. Its
 * logarithm is linear in the targets,
 *
 * <pre>
 *   log p(x|z) = sum over pixels of x l(z) - log(1 + exp l(z))
 * </pre>
 *
 * so of all images and points it is the product of the images and the logits, less a number a
 * point. Black pixels, most of them, have no part in the product.
 */
final class BernoulliTiles implements LatentLikelihood {
  /** Pixels that are added up in float, before the sum in double takes them. */
  private static final int FLOAT_PIXELS = 4 * RowSums.STEP;

  /** Factors of up to 2 that a double takes with room to spare. */
  private static final int FACTORS = 512;

  private final ParameterLayout layout;
  private final float[] parameters;
  private final int images;

  /**
   * Of the pixels that are not black: which of its image's it is, and its target. Each image has a
   * whole number of steps; what is left of the last one is pixel 0 with a target of 0.
   */
  private final char[] pixel;

  private final float[] target;
  private final int[] firstOfImage;

  /**
   * @param parameters all of the network's; not copied
   * @param set whose images
   * @param first first image
   * @param count number of images
   */
  BernoulliTiles(
      Targets targets,
      ParameterLayout layout,
      float[] parameters,
      ImageSet set,
      int first,
      int count) {
    this.layout = layout;
    this.parameters = parameters;
    images = count;
    byte[] pixels = set.pixels();
    int size = set.imageSize();
    firstOfImage = new int[count + 1];
    for (int i = 0; i < count; i++) {
      int there = 0;
      for (int p = 0; p < size; p++) {
        there += pixels[(first + i) * size + p] != 0 ? 1 : 0;
      }
      firstOfImage[i + 1] = firstOfImage[i] + Math.ceilDiv(there, RowSums.STEP) * RowSums.STEP;
    }
    pixel = new char[firstOfImage[count]];
    target = new float[pixel.length];
    for (int i = 0; i < count; i++) {
      int at = firstOfImage[i];
      for (int p = 0; p < size; p++) {
        int value = pixels[(first + i) * size + p] & 0xFF;
        if (value != 0) {
          pixel[at] = (char) p;
          target[at++] = (float) targets.of(value);
        }
      }
    }
  }

  @Override
  public int latent() {
    return layout.shape().latent();
  }

  @Override
  public int images() {
    return images;
  }

  @Override
  public Tile tile(int points) {
    return new Points(points);
  }

  private final class Points implements Tile {
    private final LogitTile decoder;
    private final double[] black;
    private final double[] product;
    private final float[] part;

    Points(int points) {
      decoder = new LogitTile(layout, parameters, points);
      black = new double[points];
      product = new double[points];
      part = new float[points];
    }

    @Override
    public void decode(double[] z) {
      decoder.decode(z);
      Arrays.fill(black, 0);
      Arrays.fill(product, 1);
      int factors = 0;
      for (float[] row : decoder.logits()) {
        for (int i = 0; i < row.length; i++) {
          double logit = row[i];
          black[i] -= Math.max(logit, 0);
          product[i] *= 1 + Math.exp(-Math.abs(logit));
        }
        if (++factors % FACTORS == 0) {
          takeLogarithms();
        }
      }
      takeLogarithms();
    }

    /** A logarithm for many pixels: that of their product. */
    private void takeLogarithms() {
      for (int i = 0; i < black.length; i++) {
        black[i] -= Math.log(product[i]);
        product[i] = 1;
      }
    }

    @Override
    public void score(int image, double[] result) {
      System.arraycopy(black, 0, result, 0, black.length);
      float[][] logits = decoder.logits();
      int end = firstOfImage[image + 1];
      int at = firstOfImage[image];
      while (at < end) {
        Arrays.fill(part, 0);
        int endOfPart = Math.min(end, at + FLOAT_PIXELS);
        for (; at < endOfPart; at += RowSums.STEP) {
          RowSums.add(part, logits, pixel, target, at);
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
