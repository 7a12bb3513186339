// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.cvaegpu.InputException;
import org.junit.jupiter.api.Test;

class ImageSetTest {
  @Test
  void knowsItsShapeAndKeepsItsPixels() {
    byte[] pixels = new byte[2 * 3 * 5];
    var images = new ImageSet(3, 5, pixels, new byte[] {7, (byte) 200});
    assertEquals(2, images.size());
    assertEquals(3, images.height());
    assertEquals(5, images.width());
    assertEquals(15, images.imageSize());
    assertSame(pixels, images.pixels());
    assertEquals(7, images.label(0));
    assertEquals(200, images.label(1));
  }

  @Test
  void refusesAnEmptySet() {
    var e =
        assertThrows(InputException.class, () -> new ImageSet(28, 28, new byte[0], new byte[0]));
    assertEquals("A set of 0 images of 28 x 28 pixels is empty.", e.getMessage());
    e = assertThrows(InputException.class, () -> new ImageSet(0, 28, new byte[0], new byte[1]));
    assertEquals("A set of 1 images of 0 x 28 pixels is empty.", e.getMessage());
  }

  @Test
  void refusesPixelsThatAreNotTheLabelsImages() {
    var e = assertThrows(InputException.class, () -> new ImageSet(2, 3, new byte[12], new byte[3]));
    assertEquals("3 labels do not go with 12 pixels of 2 x 3 images.", e.getMessage());
  }
}
