// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.random;

/**
 * Standard normal noise addressed by (seed, purpose, step, row, column).
 *
 * <p>A Philox block gives four uniforms and, by the Box-Muller transform, four normals: columns
 * {@code 4b .. 4b+3} of a row come from the block with coordinates (b, row, step). Uniforms are
 * floats of 24 bits; the transform is computed in double and rounded once to float, so that another
 * engine's float transform differs from it by rounding only.
 *
 * <p>Source: G. Box, M. Muller, "A note on the generation of random normal deviates", Ann. Math.
 * Stat. 29 (1958).
 */
public final class GaussianNoise {
  private GaussianNoise() {}

  /**
   * Rows of noise from the first on, at step 0.
   *
   * @param seed whoever's it is
   * @param purpose which noise
   * @param rows how many
   * @param columns latent dimensions
   * @return (rows, columns)
   */
  public static float[] rows(long seed, RandomPurpose purpose, int rows, int columns) {
    float[] noise = new float[Math.multiplyExact(rows, columns)];
    for (int i = 0; i < rows; i++) {
      row(seed, purpose, 0, i, noise, i * columns, columns);
    }
    return noise;
  }

  /**
   * Fills one row of noise.
   *
   * @param seed the run's seed
   * @param purpose which noise
   * @param step training step (from 0), or the first sample's index in an evaluation
   * @param row row of the batch
   * @param out receives {@code columns} values from {@code at}
   * @param at first index written
   * @param columns latent dimensions
   */
  public static void row(
      long seed, RandomPurpose purpose, int step, int row, float[] out, int at, int columns) {
    int[] words = new int[Philox.BLOCK];
    for (int block = 0; block * Philox.BLOCK < columns; block++) {
      Philox.block(seed, purpose, block, row, step, words);
      int left = Math.min(Philox.BLOCK, columns - block * Philox.BLOCK);
      for (int pair = 0; pair < left; pair += 2) {
        double radius = Math.sqrt(-2 * StrictMath.log(Philox.uniformNonZero(words[pair])));
        double angle = 2 * Math.PI * Philox.uniform(words[pair + 1]);
        int index = at + block * Philox.BLOCK + pair;
        out[index] = (float) (radius * StrictMath.cos(angle));
        if (pair + 1 < left) {
          out[index + 1] = (float) (radius * StrictMath.sin(angle));
        }
      }
    }
  }
}
