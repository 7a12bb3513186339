// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PhiloxTest {
  /** The lines "philox4x32 10" of kat_vectors in the Random123 library: counter, key, block. */
  @ParameterizedTest
  @CsvSource({
    "00000000 00000000 00000000 00000000, 00000000 00000000, 6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    "ffffffff ffffffff ffffffff ffffffff, ffffffff ffffffff, 408f276d 41c83b0e a20bc7c6 6d5451fd",
    "243f6a88 85a308d3 13198a2e 03707344, a4093822 299f31d0, d16cfe09 94fdcceb 5001e420 24126ea1"
  })
  void agreesWithTheKnownAnswers(String counter, String key, String block) {
    int[] c = words(counter);
    int[] k = words(key);
    int[] out = {7, 0, 0, 0, 0, 9};
    Philox.block(k[0], k[1], c[0], c[1], c[2], c[3], out, 1);
    assertEquals(block, hex(Arrays.copyOfRange(out, 1, 5)));
    assertEquals(7, out[0], "the word before");
    assertEquals(9, out[5], "the word after");
  }

  @Test
  void aSeedIsTheKeyLowWordFirstAndTheStreamIsTheLastCounterWord() {
    int[] bySeed = new int[4];
    int[] byWords = new int[4];
    Philox.block(0x299f31d0_a4093822L, RandomPurpose.TRAINING_NOISE, 11, 12, 13, bySeed);
    Philox.block(0xa4093822, 0x299f31d0, 11, 12, 13, RandomPurpose.TRAINING_NOISE.id(), byWords, 0);
    assertArrayEquals(byWords, bySeed);
  }

  @Test
  void everyCoordinateMatters() {
    String origin = at(5, RandomPurpose.BATCH_ORDER, 0, 0, 0);
    assertNotEquals(origin, at(6, RandomPurpose.BATCH_ORDER, 0, 0, 0));
    assertNotEquals(origin, at(5 + (1L << 32), RandomPurpose.BATCH_ORDER, 0, 0, 0));
    assertNotEquals(origin, at(5, RandomPurpose.TRAINING_NOISE, 0, 0, 0));
    assertNotEquals(origin, at(5, RandomPurpose.BATCH_ORDER, 1, 0, 0));
    assertNotEquals(origin, at(5, RandomPurpose.BATCH_ORDER, 0, 1, 0));
    assertNotEquals(origin, at(5, RandomPurpose.BATCH_ORDER, 0, 0, 1));
  }

  @Test
  void streamNumbersArePartOfTheFormat() {
    String ids =
        Arrays.stream(RandomPurpose.values())
            .map(stream -> stream + "=" + stream.id())
            .collect(Collectors.joining(" "));
    assertEquals(
        "INITIAL_WEIGHTS=1 BATCH_ORDER=2 TRAINING_NOISE=3 EVALUATION_NOISE=4 SYNTHETIC_DIGITS=5"
            + " PRIOR_SAMPLES=6 SHOWN_IMAGES=7 ANNEALING=8 SPRITE_ORDER=9 FACTOR_VOTES=10"
            + " OWN_IMAGES=11 MIXTURE_STARTS=12 MIXTURE_PARTS=13 MIXTURE_SAMPLES=14"
            + " VALIDATION_IMAGES=15 BINARIZATION=16 SWEEP=17",
        ids);
  }

  @Test
  void uniformsUseTheTop24BitsAndKeepToTheirIntervals() {
    assertEquals(0f, Philox.uniform(0));
    assertEquals(0f, Philox.uniform(0xFF));
    assertEquals(0x1p-24f, Philox.uniform(0x100));
    assertEquals(0.5f, Philox.uniform(0x8000_0000));
    assertEquals(1 - 0x1p-24f, Philox.uniform(-1));
    assertTrue(Philox.uniform(-1) < 1);
    assertEquals(0x1p-24f, Philox.uniformNonZero(0));
    assertEquals(1f, Philox.uniformNonZero(-1));
  }

  private static String at(long seed, RandomPurpose stream, int c0, int c1, int c2) {
    int[] out = new int[4];
    Philox.block(seed, stream, c0, c1, c2, out);
    return hex(out);
  }

  private static int[] words(String hex) {
    return Arrays.stream(hex.split(" ")).mapToInt(w -> Integer.parseUnsignedInt(w, 16)).toArray();
  }

  private static String hex(int[] words) {
    return Arrays.stream(words).mapToObj("%08x"::formatted).collect(Collectors.joining(" "));
  }
}
