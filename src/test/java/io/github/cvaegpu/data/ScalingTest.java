// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScalingTest {
  private static int[] scaled(ImageSize from, ImageSize to, int... values) {
    byte[] grey = new byte[values.length];
    for (int i = 0; i < grey.length; i++) {
      grey[i] = (byte) values[i];
    }
    byte[] scaled = Scaling.scaled(grey, from, to);
    int[] result = new int[scaled.length];
    Arrays.setAll(result, i -> scaled[i] & 0xFF);
    return result;
  }

  @Test
  void theSameSizeIsTheSamePicture() {
    byte[] grey = {1, 2};
    assertSame(grey, Scaling.scaled(grey, new ImageSize(1, 2), new ImageSize(1, 2)));
  }

  /** Twice as wide: the new pixels' centres are a quarter of an old one beside the old centres. */
  @Test
  void growingIsLinearInterpolation() {
    assertArrayEquals(
        new int[] {0, 25, 75, 125, 175, 200},
        scaled(new ImageSize(1, 3), new ImageSize(1, 6), 0, 100, 200));
  }

  /**
   * To a half, the triangle is two old pixels wide each way: weights 1, 3, 3, 1 of 8 inside, and at
   * the edge those that are left of them.
   */
  @Test
  void shrinkingCountsEveryPixel() {
    assertArrayEquals(
        new int[] {100, 100, 50, 0},
        scaled(new ImageSize(1, 8), new ImageSize(1, 4), 100, 100, 100, 100, 100, 0, 0, 0));
    assertArrayEquals(
        new int[] {146, 255}, scaled(new ImageSize(4, 1), new ImageSize(2, 1), 0, 255, 255, 255));
  }

  @ParameterizedTest
  @CsvSource({"7,5,3,2", "3,2,7,5", "28,28,64,64", "100,1,1,100", "1,1,9,9", "5,300,11,13"})
  void aFlatPictureStaysFlat(int height, int width, int toHeight, int toWidth) {
    for (int value : new int[] {0, 1, 127, 254, 255}) {
      int[] grey = new int[height * width];
      Arrays.fill(grey, value);
      int[] expected = new int[toHeight * toWidth];
      Arrays.fill(expected, value);
      assertArrayEquals(
          expected,
          scaled(new ImageSize(height, width), new ImageSize(toHeight, toWidth), grey),
          "of " + value);
    }
  }

  @Test
  void heightAndWidthAreScaledEachByItself() {
    int[] scaled = scaled(new ImageSize(2, 1), new ImageSize(2, 3), 10, 200);
    assertArrayEquals(new int[] {10, 10, 10, 200, 200, 200}, scaled);
    assertEquals(6, scaled.length);
  }
}
