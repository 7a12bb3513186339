// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Linear;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import java.util.Arrays;
import java.util.List;

/**
 * The {@link Likelihood} and its derivative by z, back through the decoder: of a logit it is that
 * of the loss with a minus, of a hidden unit what its activation's slope makes of it.
 *
 * <p>Products are in float as in {@link LogitTile}, sums over pixels in double.
 */
final class PixelGradient implements LatentGradient {
  /** Factors of up to 2 that a double takes with room to spare. */
  private static final int FACTORS = 512;

  private final Objective objective;
  private final ParameterLayout layout;
  private final float[] parameters;
  private final PixelTargets images;

  /** Weights of each layer of the decoder the other way round, (in, out). */
  private final float[][] transposed;

  /**
   * @param parameters all of the network's; not copied
   * @param images that are looked at
   */
  PixelGradient(
      Objective objective, ParameterLayout layout, float[] parameters, PixelTargets images) {
    this.objective = objective;
    this.layout = layout;
    this.parameters = parameters;
    this.images = images;
    List<Linear> layers = layout.decoder();
    transposed = new float[layers.size()][];
    for (int l = 0; l < transposed.length; l++) {
      Linear layer = layers.get(l);
      float[] turned = new float[layer.weightSize()];
      for (int o = 0; o < layer.out(); o++) {
        for (int i = 0; i < layer.in(); i++) {
          turned[i * layer.out() + o] = parameters[layer.weight() + o * layer.in() + i];
        }
      }
      transposed[l] = turned;
    }
  }

  @Override
  public int latent() {
    return layout.shape().latent();
  }

  @Override
  public Room room(int[] ofPoints) {
    return new Points(ofPoints);
  }

  private final class Points implements Room {
    private final LogitTile decoder;

    /** (pixels, points). */
    private final float[][] target;

    /** Derivatives by what each layer reads: (units, points). */
    private final float[][][] slopes;

    private final double[] product;

    Points(int[] ofPoints) {
      int points = ofPoints.length;
      decoder = new LogitTile(layout, parameters, points);
      int pixels = images.pixels();
      target = new float[pixels][points];
      for (int i = 0; i < points; i++) {
        for (int p = 0; p < pixels; p++) {
          target[p][i] = images.of(ofPoints[i], p);
        }
      }
      slopes = new float[transposed.length][][];
      for (int l = 0; l < slopes.length; l++) {
        slopes[l] = new float[layout.decoder().get(l).in()][points];
      }
      product = new double[points];
    }

    @Override
    public void at(double[] z, double[] logLikelihood, double[] gradient) {
      decoder.decode(z);
      float[][] above = decoder.logits();
      likelihood(above, logLikelihood);
      for (int l = slopes.length - 1; l >= 0; l--) {
        float[][] units = decoder.inputsOf(l);
        for (float[] row : slopes[l]) {
          Arrays.fill(row, 0);
        }
        RowSums.addProduct(slopes[l], above, transposed[l], 0);
        if (l > 0) {
          goThrough(layout.shape().activation(), slopes[l], units);
        }
        above = slopes[l];
      }
      int latent = latent();
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] = above[i % latent][i / latent];
      }
    }

    /** The likelihood of logits, each of which becomes its derivative. */
    private void likelihood(float[][] logits, double[] sum) {
      Arrays.fill(sum, 0);
      if (objective.likelihood() == Likelihood.BERNOULLI) {
        bernoulli(logits, sum);
        return;
      }
      Likelihood likelihood = objective.likelihood();
      double sigma = objective.deviation();
      // What is the same for all pixels, once.
      double scale = likelihood.scale(sigma);
      for (int p = 0; p < logits.length; p++) {
        float[] row = logits[p];
        float[] x = target[p];
        for (int i = 0; i < row.length; i++) {
          double logit = row[i];
          sum[i] -= likelihood.loss(logit, x[i], sigma);
          row[i] = (float) ((x[i] - likelihood.mean(logit)) * scale);
        }
      }
    }

    /** The same of the one that is asked for most, in fewer elementary functions. */
    private void bernoulli(float[][] logits, double[] sum) {
      Arrays.fill(product, 1);
      for (int p = 0; p < logits.length; p++) {
        float[] row = logits[p];
        float[] x = target[p];
        for (int i = 0; i < row.length; i++) {
          double logit = row[i];
          double small = Math.exp(-Math.abs(logit));
          double mean = (logit < 0 ? small : 1) / (1 + small);
          sum[i] += x[i] * logit - Math.max(logit, 0);
          product[i] *= 1 + small;
          row[i] = (float) (x[i] - mean);
        }
        if ((p + 1) % FACTORS == 0) {
          takeLogarithms(sum);
        }
      }
      takeLogarithms(sum);
    }

    /** A logarithm for many pixels: that of their product. */
    private void takeLogarithms(double[] sum) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] -= Math.log(product[i]);
        product[i] = 1;
      }
    }
  }

  /** Derivatives by what hidden units were given, from those by what they put out. */
  private static void goThrough(Activation activation, float[][] slopes, float[][] units) {
    for (int u = 0; u < units.length; u++) {
      float[] unit = units[u];
      float[] slope = slopes[u];
      switch (activation) {
        case RELU -> {
          for (int i = 0; i < unit.length; i++) {
            slope[i] = unit[i] > 0 ? slope[i] : 0;
          }
        }
        case TANH -> {
          for (int i = 0; i < unit.length; i++) {
            slope[i] *= (1 - unit[i]) * (1 + unit[i]);
          }
        }
      }
    }
  }
}
