// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.random.Philox;
import io.github.cvaegpu.random.RandomPurpose;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class InitialWeightsTest {
  private static final ParameterLayout STUDY = new ParameterLayout(VaeShape.study());

  @Test
  void everyTensorFillsItsIntervalAndNoMore() {
    float[] parameters = InitialWeights.draw(STUDY, 0);
    for (Linear layer : layers(STUDY)) {
      checkUniform(
          parameters, layer.weight(), layer.weightSize(), layer.in(), layer.name() + ".weight");
      checkUniform(parameters, layer.bias(), layer.out(), layer.in(), layer.name() + ".bias");
    }
  }

  /** Mean and variance of a uniform variable on [-b, b) are 0 and b^2 / 3: six standard errors. */
  private static void checkUniform(float[] all, int offset, int count, int in, String name) {
    double bound = 1 / Math.sqrt(in);
    double mean = 0;
    double square = 0;
    double largest = 0;
    for (int i = offset; i < offset + count; i++) {
      mean += all[i] / bound / count;
      square += Math.pow(all[i] / bound, 2) / count;
      largest = Math.max(largest, Math.abs(all[i]));
    }
    assertTrue(largest <= (float) bound, () -> name + " leaves its interval");
    assertTrue(largest >= bound * (1 - 10.0 / count), () -> name + " does not fill its interval");
    assertEquals(0, mean, 6 * Math.sqrt(1.0 / 3 / count), name);
    assertEquals(1.0 / 3, square, 6 * Math.sqrt(4.0 / 45 / count), name);
  }

  @Test
  void theFloatsBetweenTensorsAreZero() {
    var layout = new ParameterLayout(new VaeShape(23, List.of(7, 5), 3));
    float[] parameters = InitialWeights.draw(layout, 4);
    assertEquals(layout.size(), parameters.length);
    boolean[] used = new boolean[parameters.length];
    for (var tensor : layout.tensors()) {
      for (int i = 0; i < tensor.size(); i++) {
        used[tensor.offset() + i] = true;
        assertNotEquals(0f, parameters[tensor.offset() + i], tensor.name());
      }
    }
    for (int i = 0; i < used.length; i++) {
      if (!used[i]) {
        assertEquals(0, Float.floatToRawIntBits(parameters[i]));
      }
    }
  }

  @Test
  void anElementIsAddressedByTensorAndIndex() {
    var layout = new ParameterLayout(new VaeShape(23, List.of(7), 1));
    float[] parameters = InitialWeights.draw(layout, 77);
    var tensors = layout.tensors();
    for (int t = 0; t < tensors.size(); t++) {
      var tensor = tensors.get(t);
      int in = layers(layout).get(t / 2).in();
      for (int i = 0; i < tensor.size(); i++) {
        int[] words = new int[4];
        Philox.block(77, RandomPurpose.INITIAL_WEIGHTS, i / 4, t, 0, words);
        double uniform = (words[i % 4] >>> 8) / 16777216.0;
        double expected = (2 * uniform - 1) / Math.sqrt(in);
        assertEquals(expected, parameters[tensor.offset() + i], 1e-7, tensor.name());
      }
    }
  }

  @Test
  void aSeedGivesTheSameWeightsAndAnotherSeedOthers() {
    assertArrayEquals(InitialWeights.draw(STUDY, 1), InitialWeights.draw(STUDY, 1), 0f);
    float[] one = InitialWeights.draw(STUDY, 1);
    float[] two = InitialWeights.draw(STUDY, 2);
    int same = 0;
    for (var tensor : STUDY.tensors()) {
      for (int i = tensor.offset(); i < tensor.offset() + tensor.size(); i++) {
        same += one[i] == two[i] ? 1 : 0;
      }
    }
    // Of 669,188 pairs of 24-bit numbers, 0.04 are expected to coincide.
    assertTrue(same <= 2, same + " of the weights coincide");
  }

  private static List<Linear> layers(ParameterLayout layout) {
    List<Linear> layers = new ArrayList<>(layout.encoder());
    layers.addAll(layout.decoder());
    return layers;
  }
}
