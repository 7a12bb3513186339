// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.random.GaussianNoise;
import io.github.cvaegpu.random.Philox;
import io.github.cvaegpu.random.RandomPurpose;

/**
 * The random numbers of annealing, addressed by what is done, step, image and chain: whatever the
 * threads and whoever else is annealed, a chain has the same.
 *
 * <p>Coordinates of {@link RandomPurpose#ANNEALING}: the block of normals, or {@link #CHOICES} for
 * those of a move, or of pixels; image and chain; the stage and the step in it.
 *
 * @param seed the run's
 * @param stage what is done
 */
record AnnealingNoise(long seed, Stage stage) {
  /** What numbers are for. */
  enum Stage {
    TUNING(0),
    FORWARD(1),
    SIMULATION(2),
    SIMULATED_TUNING(3),
    SIMULATED_FORWARD(4),
    SIMULATED_BACKWARD(5);

    private final int id;

    Stage(int id) {
      this.id = id;
    }

    /** Part of the numbers' definition. */
    int id() {
      return id;
    }
  }

  /** Most chains of an image. */
  static final int MAX_CHAINS = 1024;

  /** Most steps. */
  static final int MAX_STEPS = 1 << 24;

  /** No latent space has as many blocks of normals. */
  private static final int CHOICES = 1 << 20;

  private static int row(int image, int chain) {
    return image * MAX_CHAINS + chain;
  }

  private int step(int step) {
    return stage.id() * MAX_STEPS + step;
  }

  /** Standard normal numbers, as many as there is room for. */
  void normals(int step, int image, int chain, float[] result) {
    GaussianNoise.row(
        seed, RandomPurpose.ANNEALING, step(step), row(image, chain), result, 0, result.length);
  }

  /**
   * Words for a move's choices, or for pixels.
   *
   * @param block from 0
   * @param words receives {@link Philox#BLOCK} of them
   */
  void words(int block, int step, int image, int chain, int[] words) {
    Philox.block(
        seed, RandomPurpose.ANNEALING, CHOICES + block, row(image, chain), step(step), words);
  }
}
