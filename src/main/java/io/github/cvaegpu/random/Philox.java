// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.random;

/**
 * Philox4x32-10, a counter-based random number generator: a block of four 32-bit words is a pure
 * function of a 64-bit key and a 128-bit counter, so a number is <em>addressed</em>, not drawn in
 * turn. Nothing depends on how many threads ask, or in which order.
 *
 * <p>Source: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011; checked against the known-answer vectors of the authors' Random123 library.
 *
 * <p>This project's address of a block: the key is the run's seed; counter word 3 is the
 * {@linkplain RandomPurpose purpose}; counter words 0, 1 and 2 are the purpose's own coordinates.
 */
public final class Philox {
  private static final int M0 = 0xD2511F53;
  private static final int M1 = 0xCD9E8D57;
  private static final int W0 = 0x9E3779B9;
  private static final int W1 = 0xBB67AE85;

  /** Words in a block. */
  public static final int BLOCK = 4;

  private Philox() {}

  /**
   * Writes the block at a counter.
   *
   * @param key0 low word of the key
   * @param key1 high word of the key
   * @param c0 counter word 0
   * @param c1 counter word 1
   * @param c2 counter word 2
   * @param c3 counter word 3
   * @param out receives four words at {@code at}
   * @param at first index written
   */
  public static void block(int key0, int key1, int c0, int c1, int c2, int c3, int[] out, int at) {
    int k0 = key0;
    int k1 = key1;
    int x0 = c0;
    int x1 = c1;
    int x2 = c2;
    int x3 = c3;
    for (int round = 0; round < 10; round++) {
      long p0 = (M0 & 0xFFFFFFFFL) * (x0 & 0xFFFFFFFFL);
      long p1 = (M1 & 0xFFFFFFFFL) * (x2 & 0xFFFFFFFFL);
      x0 = (int) (p1 >>> 32) ^ x1 ^ k0;
      x1 = (int) p1;
      x2 = (int) (p0 >>> 32) ^ x3 ^ k1;
      x3 = (int) p0;
      k0 += W0;
      k1 += W1;
    }
    out[at] = x0;
    out[at + 1] = x1;
    out[at + 2] = x2;
    out[at + 3] = x3;
  }

  /**
   * Writes a block of the numbers that a seed has for a purpose.
   *
   * @param seed the run's seed
   * @param purpose what the numbers are for
   * @param c0 first coordinate, counted in blocks
   * @param c1 second coordinate
   * @param c2 third coordinate
   * @param out receives four words from index 0
   */
  public static void block(long seed, RandomPurpose purpose, int c0, int c1, int c2, int[] out) {
    block((int) seed, (int) (seed >>> 32), c0, c1, c2, purpose.id(), out, 0);
  }

  /**
   * Maps a word to a float in [0, 1): the top 24 bits, so every value is exact and 1 is never
   * reached.
   */
  public static float uniform(int word) {
    return (word >>> 8) * 0x1p-24f;
  }

  /** Maps a word to a float in (0, 1]: safe to take the logarithm of. */
  public static float uniformNonZero(int word) {
    return ((word >>> 8) + 1) * 0x1p-24f;
  }
}
