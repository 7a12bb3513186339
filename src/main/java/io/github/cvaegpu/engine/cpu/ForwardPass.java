// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.Targets;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.List;

/**
 * The network's activations for a number of rows, and what computes them: layer by layer, so that a
 * layer's weights stay in a core's cache for all rows of a thread. Rows are independent.
 */
final class ForwardPass {
  /** Images: (rows, inputs). */
  final float[][] x;

  /** Outputs of the encoder's hidden layers: (rows, hidden[i]). */
  final List<float[][]> encoded = new ArrayList<>();

  /** Posterior means, then log variances: (rows, 2 latent). */
  final float[][] heads;

  /** Latent points: (rows, latent). */
  final float[][] z;

  /** Outputs of the decoder's hidden layers: (rows, hidden[last - i]). */
  final List<float[][]> decoded = new ArrayList<>();

  /** Outputs of the last layer: (rows, inputs). */
  final float[][] logits;

  private final Network parameters;
  private final float[] targets;
  private final Activation activation;

  ForwardPass(VaeShape shape, Targets targets, Network parameters, int capacity) {
    this.parameters = parameters;
    this.targets = targets.table();
    activation = shape.activation();
    x = new float[capacity][shape.inputs()];
    for (int width : shape.hidden()) {
      encoded.add(new float[capacity][width]);
    }
    heads = new float[capacity][2 * shape.latent()];
    z = new float[capacity][shape.latent()];
    for (int width : shape.hidden().reversed()) {
      decoded.add(new float[capacity][width]);
    }
    logits = new float[capacity][shape.inputs()];
  }

  /** Takes an image into a row of x. */
  void gather(byte[] pixels, int image, int row) {
    float[] to = x[row];
    for (int i = 0; i < to.length; i++) {
      to[i] = targets[pixels[image * to.length + i] & 0xFF];
    }
  }

  /** From images to heads. */
  void encode(WeightedRows products, int first, int end) {
    run(products, parameters.encoder(), x, encoded, heads, first, end);
  }

  /** From latent points to logits. */
  void decode(WeightedRows products, int first, int end) {
    run(products, parameters.decoder(), z, decoded, logits, first, end);
  }

  /** Layers with the activation f between: y = f(x W + b). */
  private void run(
      WeightedRows products,
      List<Layer> layers,
      float[][] from,
      List<float[][]> hidden,
      float[][] to,
      int first,
      int end) {
    float[][] in = from;
    for (int i = 0; i < hidden.size(); i++) {
      float[][] out = hidden.get(i);
      for (int r = first; r < end; r++) {
        layers.get(i).forward(products, in[r], out[r]);
        Layer.activate(activation, out[r]);
      }
      in = out;
    }
    for (int r = first; r < end; r++) {
      layers.getLast().forward(products, in[r], to[r]);
    }
  }
}
