// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import java.util.List;
import java.util.Locale;

/**
 * The images that a model's decoder has for latent points, one point at a time and in plain Java:
 * for pictures, where a few hundred are drawn and no engine is worth setting up.
 *
 * <p>Not thread-safe.
 */
public final class Decoder {
  private final Likelihood likelihood;
  private final ParameterLayout layout;
  private final float[] parameters;
  private float[] input;
  private float[] output;

  /**
   * @param likelihood what the decoder's outputs mean
   * @param layout where each tensor is
   * @param parameters all parameters; not copied
   */
  public Decoder(Likelihood likelihood, ParameterLayout layout, float[] parameters) {
    if (parameters.length != layout.size()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "%d parameters for a layout of %d", parameters.length, layout.size()));
    }
    this.likelihood = likelihood;
    this.layout = layout;
    this.parameters = parameters;
    int widest =
        layout.decoder().stream()
            .mapToInt(layer -> Math.max(layer.in(), layer.out()))
            .max()
            .orElseThrow();
    input = new float[widest];
    output = new float[widest];
  }

  /**
   * Decodes one point.
   *
   * @param z (latent)
   * @return (inputs) means of the pixels, of which 0 is black and 1 white
   */
  public float[] decode(float[] z) {
    if (z.length != layout.shape().latent()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "a point of %d dimensions for %d", z.length, layout.shape().latent()));
    }
    System.arraycopy(z, 0, input, 0, z.length);
    List<Linear> layers = layout.decoder();
    Activation activation = layout.shape().activation();
    for (Linear layer : layers) {
      apply(layer);
      if (!layer.equals(layers.getLast())) {
        for (int o = 0; o < layer.out(); o++) {
          output[o] = (float) activation.value(output[o]);
        }
      }
      float[] free = input;
      input = output;
      output = free;
    }
    float[] image = new float[layout.shape().inputs()];
    for (int i = 0; i < image.length; i++) {
      image[i] = (float) likelihood.mean(input[i]);
    }
    return image;
  }

  private void apply(Linear layer) {
    for (int o = 0; o < layer.out(); o++) {
      float sum = parameters[layer.bias() + o];
      int row = layer.weight() + o * layer.in();
      for (int i = 0; i < layer.in(); i++) {
        sum += parameters[row + i] * input[i];
      }
      output[o] = sum;
    }
  }
}
