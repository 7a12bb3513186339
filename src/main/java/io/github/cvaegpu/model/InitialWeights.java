// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import io.github.cvaegpu.random.Philox;
import io.github.cvaegpu.random.RandomPurpose;
import java.util.List;

/**
 * Initial parameters: weights and biases uniform in [-1/sqrt(in), 1/sqrt(in)), the default of
 * PyTorch's {@code nn.Linear} whatever the activation, from Philox: element i of tensor t is word
 * {@code i % 4} of the block at (i / 4, t, 0).
 */
public final class InitialWeights {
  private InitialWeights() {}

  /**
   * Draws the parameters of a seed.
   *
   * @param layout where each tensor goes
   * @param seed the run's seed
   * @return {@code layout.size()} floats, zero between tensors
   */
  public static float[] draw(ParameterLayout layout, long seed) {
    float[] parameters = new float[layout.size()];
    int tensor = 0;
    for (var chain : List.of(layout.encoder(), layout.decoder())) {
      for (Linear layer : chain) {
        float bound = (float) (1 / Math.sqrt(layer.in()));
        fill(parameters, layer.weight(), layer.weightSize(), bound, seed, tensor++);
        fill(parameters, layer.bias(), layer.out(), bound, seed, tensor++);
      }
    }
    return parameters;
  }

  private static void fill(
      float[] into, int offset, int count, float bound, long seed, int tensor) {
    int[] words = new int[Philox.BLOCK];
    for (int i = 0; i < count; i++) {
      if (i % Philox.BLOCK == 0) {
        Philox.block(seed, RandomPurpose.INITIAL_WEIGHTS, i / Philox.BLOCK, tensor, 0, words);
      }
      into[offset + i] = bound * (2 * Philox.uniform(words[i % Philox.BLOCK]) - 1);
    }
  }
}
