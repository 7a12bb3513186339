// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.model.Linear;
import io.github.cvaegpu.model.ParameterLayout;
import java.util.Arrays;
import java.util.List;

/**
 * The decoder's outputs at some latent points, in float and plain Java, with those of the hidden
 * layers, which the engines keep to themselves: derivatives go back through them.
 *
 * <p>Points are the last index of all arrays, so that a unit's row is a weighted sum of rows.
 */
final class LogitTile {
  private final ParameterLayout layout;
  private final float[] parameters;

  /** Of the latent points and of each layer: (units, points). */
  private final float[][][] rows;

  /**
   * @param parameters all of them; not copied
   * @param points how many there are at a time
   */
  LogitTile(ParameterLayout layout, float[] parameters, int points) {
    this.layout = layout;
    this.parameters = parameters;
    List<Linear> layers = layout.decoder();
    rows = new float[layers.size() + 1][][];
    rows[0] = new float[layout.shape().latent()][points];
    for (int l = 0; l < layers.size(); l++) {
      rows[l + 1] = new float[layers.get(l).out()][points];
    }
  }

  /**
   * Decodes other points.
   *
   * @param z (points, latent)
   */
  void decode(double[] z) {
    int latent = rows[0].length;
    for (int i = 0; i < z.length; i++) {
      rows[0][i % latent][i / latent] = (float) z[i];
    }
    List<Linear> layers = layout.decoder();
    for (int l = 0; l < layers.size(); l++) {
      apply(layers.get(l), rows[l], rows[l + 1], l + 1 < layers.size());
    }
  }

  /** (inputs, points) logits, overwritten by the next points. */
  float[][] logits() {
    return rows[rows.length - 1];
  }

  /** (units, points) what a layer of the decoder reads, from 0; overwritten as well. */
  float[][] inputsOf(int layer) {
    return rows[layer];
  }

  private void apply(Linear layer, float[][] in, float[][] out, boolean isHidden) {
    for (int o = 0; o < layer.out(); o++) {
      Arrays.fill(out[o], parameters[layer.bias() + o]);
    }
    RowSums.addProduct(out, in, parameters, layer.weight());
    if (isHidden) {
      for (float[] row : out) {
        activate(row);
      }
    }
  }

  private void activate(float[] row) {
    switch (layout.shape().activation()) {
      case RELU -> {
        for (int p = 0; p < row.length; p++) {
          row[p] = Math.max(0, row[p]);
        }
      }
      case TANH -> {
        for (int p = 0; p < row.length; p++) {
          row[p] = (float) Math.tanh(row[p]);
        }
      }
    }
  }
}
