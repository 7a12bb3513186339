// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.random;

/**
 * Random orders: a Fisher-Yates shuffle with Philox words, so that any order can be had without
 * those before it.
 */
public final class Permutation {
  private Permutation() {}

  /**
   * The numbers from 0 to size - 1 in a random order.
   *
   * @param size how many
   * @param seed where random numbers come from
   * @param purpose what the order is for
   * @param number which of the purpose's orders
   */
  public static int[] of(int size, long seed, RandomPurpose purpose, int number) {
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      order[i] = i;
    }
    int[] words = new int[Philox.BLOCK];
    for (int i = size - 1; i > 0; i--) {
      int draw = size - 1 - i;
      int word = 2 * (draw % 2);
      if (word == 0) {
        Philox.block(seed, purpose, draw / 2, number, 0, words);
      }
      long bits = (words[word] & 0xFFFFFFFFL) << 32 | (words[word + 1] & 0xFFFFFFFFL);
      // The high half of bits * (i + 1): uniform in 0..i, with a bias below 2^-32.
      int j = (int) Math.unsignedMultiplyHigh(bits, i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return order;
  }
}
