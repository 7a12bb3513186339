// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.cvaegpu.engine.ReferenceVae;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DecoderTest {
  /** logit = 3 relu(2 z - 1) - 6, so 0 at z = 1.5 and -6 for z below 0.5. */
  @Test
  void appliesWeightsBiasesReluAndSigmoid() {
    var layout = new ParameterLayout(new VaeShape(1, List.of(1), 1));
    float[] parameters = new float[layout.size()];
    set(parameters, layout.decoder().get(0), 2, -1);
    set(parameters, layout.decoder().get(1), 3, -6);
    var decoder = new Decoder(Likelihood.BERNOULLI, layout, parameters);
    assertArrayEquals(new float[] {0.5f}, decoder.decode(new float[] {1.5f}));
    float dark = (float) (1 / (1 + Math.exp(6)));
    assertArrayEquals(new float[] {dark}, decoder.decode(new float[] {0.4f}));
    assertArrayEquals(new float[] {dark}, decoder.decode(new float[] {-100}));
  }

  /** logit = 3 tanh(2 z - 1) - 2. */
  @Test
  void appliesTanh() {
    var layout = new ParameterLayout(new VaeShape(1, List.of(1), 1, Activation.TANH));
    float[] parameters = new float[layout.size()];
    set(parameters, layout.decoder().get(0), 2, -1);
    set(parameters, layout.decoder().get(1), 3, -2);
    var decoder = new Decoder(Likelihood.BERNOULLI, layout, parameters);
    assertEquals(1 / (1 + Math.exp(2)), decoder.decode(new float[] {0.5f})[0], 1e-7);
    assertEquals(1 / (1 + Math.exp(-1)), decoder.decode(new float[] {100})[0], 1e-7);
    assertEquals(1 / (1 + Math.exp(5)), decoder.decode(new float[] {-100})[0], 1e-7);
    double logit = 3 * Math.tanh(-0.5) - 2;
    assertEquals(1 / (1 + Math.exp(-logit)), decoder.decode(new float[] {0.25f})[0], 1e-7);
  }

  private static void set(float[] parameters, Linear layer, float weight, float bias) {
    parameters[layer.weight()] = weight;
    parameters[layer.bias()] = bias;
  }

  @ParameterizedTest
  @EnumSource
  void drawsWhatTheReferenceDoes(Activation activation) {
    var shape = new VaeShape(37, List.of(23, 50, 7), 3, activation);
    var reference = new ReferenceVae(shape);
    var random = new Random(4);
    ParameterLayout layout = reference.layout();
    float[] parameters = new float[layout.size()];
    double[] doubles = new double[layout.size()];
    for (int i = 0; i < parameters.length; i++) {
      parameters[i] = random.nextFloat() - 0.5f;
      doubles[i] = parameters[i];
    }
    double[][] pixels = new double[5][shape.inputs()];
    double[][] noise = new double[5][shape.latent()];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.doubles(shape.inputs()).toArray();
      noise[i] = random.doubles(shape.latent(), -2, 2).toArray();
    }
    ReferenceVae.Step step = reference.step(doubles, pixels, noise, 1);
    var decoder = new Decoder(Likelihood.BERNOULLI, layout, parameters);
    for (int i = 0; i < pixels.length; i++) {
      float[] z = {(float) step.z()[i][0], (float) step.z()[i][1], (float) step.z()[i][2]};
      float[] drawn = decoder.decode(z);
      assertEquals(shape.inputs(), drawn.length);
      for (int p = 0; p < drawn.length; p++) {
        assertEquals(1 / (1 + Math.exp(-step.logits()[i][p])), drawn[p], 1e-5);
      }
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    var layout = new ParameterLayout(new VaeShape(4, List.of(3), 2));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Decoder(Likelihood.BERNOULLI, layout, new float[3]));
    var decoder = new Decoder(Likelihood.BERNOULLI, layout, new float[layout.size()]);
    assertThrows(IllegalArgumentException.class, () -> decoder.decode(new float[3]));
  }
}
