// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.random.Philox;
import io.github.cvaegpu.random.RandomPurpose;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BinarizationTest {
  private static final long SEED = 0x299f31d0_a4093822L;

  /** Each image has a pixel of every value, and one more that is black. */
  private static ImageSet everyValue(int images) {
    byte[] pixels = new byte[images * 257];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i % 257);
    }
    return ImageSet.withoutLabels(257, 1, pixels, images);
  }

  @Test
  void aPixelIsWhiteAsOftenAsItIsBright() {
    int images = 20_000;
    ImageSet grey = everyValue(images);
    for (ImageSet drawn :
        new ImageSet[] {Binarization.standard(grey), Binarization.ofEpoch(grey, SEED, 3)}) {
      int[] white = new int[257];
      for (int i = 0; i < drawn.pixels().length; i++) {
        int pixel = drawn.pixels()[i] & 0xFF;
        assertTrue(pixel == 0 || pixel == 255, "pixel " + pixel);
        white[i % 257] += pixel / 255;
      }
      for (int v = 0; v < 256; v++) {
        double p = v / 255.0;
        double deviation = Math.sqrt(images * p * (1 - p));
        assertEquals(images * p, white[v], 5 * deviation, "of value " + v);
      }
      assertEquals(0, white[256]);
    }
  }

  /** Of two draws, of two images, and of two neighbours: both are white as often as by chance. */
  @Test
  void drawsImagesAndPixelsDoNotKnowOfEachOther() {
    int count = 250_000;
    byte[] pixels = new byte[count];
    Arrays.fill(pixels, (byte) 51);
    ImageSet grey = ImageSet.withoutLabels(500, 1, pixels, 500);
    byte[] first = Binarization.ofEpoch(grey, SEED, 0).pixels();
    for (byte[] other :
        new byte[][] {
          Binarization.ofEpoch(grey, SEED, 1).pixels(),
          Binarization.ofEpoch(grey, SEED + 1, 0).pixels(),
          Binarization.standard(grey).pixels(),
          turned(first, 1),
          turned(first, 4),
          turned(first, 500)
        }) {
      int both = 0;
      for (int i = 0; i < count; i++) {
        both += (first[i] & other[i]) != 0 ? 1 : 0;
      }
      double p = 0.2 * 0.2;
      assertEquals(count * p, both, 5 * Math.sqrt(count * p * (1 - p)));
    }
  }

  private static byte[] turned(byte[] bytes, int by) {
    byte[] turned = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      turned[i] = bytes[(i + by) % bytes.length];
    }
    return turned;
  }

  /** By hand: a word's share of 2^32 is below the intensity. 81 pixels are no whole blocks. */
  @Test
  void aPixelIsAddressedByItsPlaceItsImageAndTheEpoch() {
    ImageSet grey = TinyImages.draw(1203, 4);
    byte[] drawn = Binarization.ofEpoch(grey, SEED, 6).pixels();
    int[] words = new int[4];
    for (int i = 0; i < grey.size(); i++) {
      for (int p = 0; p < 81; p++) {
        Philox.block(SEED, RandomPurpose.BINARIZATION, p / 4, i, 7, words);
        double share = (words[p % 4] & 0xFFFF_FFFFL) * 0x1p-32;
        int v = grey.pixels()[i * 81 + p] & 0xFF;
        assertEquals(share < v / 255.0 ? 255 : 0, drawn[i * 81 + p] & 0xFF, i + ", " + p);
      }
    }
  }

  @Test
  void theStandardDrawIsThatOfNoEpoch() {
    ImageSet grey = TinyImages.draw(2, 4);
    int[] words = new int[4];
    byte[] drawn = Binarization.standard(grey).pixels();
    for (int i = 0; i < 162; i++) {
      Philox.block(0, RandomPurpose.BINARIZATION, i % 81 / 4, i / 81, 0, words);
      double share = (words[i % 81 % 4] & 0xFFFF_FFFFL) * 0x1p-32;
      assertEquals(share < (grey.pixels()[i] & 0xFF) / 255.0, drawn[i] != 0);
    }
  }

  /** The tasks of a parallel stream stay in the pool of the thread that begins it. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 8})
  void theBitsAreThoseOfAnyNumberOfThreads(int threads) {
    ImageSet grey = TinyImages.draw(2300, 4);
    byte[] expected = Binarization.ofEpoch(grey, SEED, 1).pixels();
    try (var pool = new ForkJoinPool(threads)) {
      assertArrayEquals(
          expected, pool.submit(() -> Binarization.ofEpoch(grey, SEED, 1)).join().pixels());
    }
  }

  @Test
  void theFirstImagesAreTheSameWhateverComesAfterThem() {
    ImageSet grey = TinyImages.draw(700, 4);
    assertArrayEquals(
        Binarization.standard(grey).first(30).pixels(),
        Binarization.standard(grey.first(30)).pixels());
  }

  @Test
  void whatIsBlackAndWhiteStaysAsItIs() {
    ImageSet drawn = Binarization.standard(TinyImages.draw(50, 4));
    assertArrayEquals(drawn.pixels(), Binarization.ofEpoch(drawn, SEED, 2).pixels());
  }

  @Test
  void theGreyImagesAndAllElseStayAsTheyAre() {
    var factors = new Factors(List.of(new Factors.Factor("height", 20, true)), new byte[20]);
    ImageSet grey = TinyImages.draw(20, 4).withFactors(factors);
    byte[] before = grey.pixels().clone();
    ImageSet drawn = Binarization.standard(grey);
    assertArrayEquals(before, grey.pixels());
    assertEquals(grey.shape(), drawn.shape());
    assertEquals(factors, drawn.factors().orElseThrow());
    assertArrayEquals(
        IntStream.range(0, 20).map(grey::label).toArray(),
        IntStream.range(0, 20).map(drawn::label).toArray());
  }

  @Test
  void itIsKnownWhetherThereIsGrey() {
    ImageSet grey = TinyImages.draw(20, 4);
    assertTrue(grey.hasGrey());
    ImageSet drawn = Binarization.standard(grey);
    assertFalse(drawn.hasGrey());
    assertFalse(drawn.picked(new int[] {3, 1}).hasGrey());
    byte[] pixels = drawn.pixels().clone();
    pixels[pixels.length - 1] = 1;
    assertTrue(ImageSet.withoutLabels(9, 9, pixels, 20).hasGrey());
    pixels[pixels.length - 1] = (byte) 254;
    assertTrue(ImageSet.withoutLabels(9, 9, pixels, 20).hasGrey());
    pixels[pixels.length - 1] = (byte) 255;
    assertFalse(ImageSet.withoutLabels(9, 9, pixels, 20).hasGrey());
  }
}
