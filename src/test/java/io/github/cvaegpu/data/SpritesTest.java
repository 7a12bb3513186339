// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.Digests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpritesTest {
  private static final int PIXELS = 32 * 32;
  private static final Dataset SPRITES = Sprites.standard();

  /** The pixels of the one image with these values, wherever it is. */
  private static byte[] image(int... values) {
    for (ImageSet images : new ImageSet[] {SPRITES.train(), SPRITES.test()}) {
      Factors factors = images.factors().orElseThrow();
      for (int i = 0; i < images.size(); i++) {
        boolean found = true;
        for (int factor = 0; factor < values.length; factor++) {
          found &= factors.value(i, factor) == values[factor];
        }
        if (found) {
          return Arrays.copyOfRange(images.pixels(), i * PIXELS, (i + 1) * PIXELS);
        }
      }
    }
    throw new AssertionError("no image " + Arrays.toString(values));
  }

  private static int light(byte[] image) {
    int sum = 0;
    for (byte pixel : image) {
      sum += pixel & 0xFF;
    }
    return sum;
  }

  /** Where the light is on average, in pixels from the left, or from above. */
  private static double middle(byte[] image, boolean across) {
    double sum = 0;
    for (int i = 0; i < PIXELS; i++) {
      sum += ((across ? i % 32 : i / 32) + 0.5) * (image[i] & 0xFF);
    }
    return sum / light(image);
  }

  /** The dataset is part of what a run's numbers mean: a changed pixel must not go unnoticed. */
  @Test
  void theBytesAreThoseOfEarlierVersions() {
    assertEquals(
        Map.of(
            "train-images-idx3-ubyte",
            "fcdbdc9ef6bbaf682b53d855b3f1a8db518e31b07d0b492a8da1616fb25fbf25",
            "train-labels-idx1-ubyte",
            "b198cf3aec1e7e9259928c4ff5300360847a7b8f69ea6089bc7817bdee673fe4",
            "train-factors-idx2-ubyte",
            "2c8bd3077b66391400b6024dca3d5349027218786400b181463d68bce472fc03",
            "t10k-images-idx3-ubyte",
            "5ac2a48f8486d2a26bae6e008c96c9685075b472ec3413e8901f1b07eae8043b",
            "t10k-labels-idx1-ubyte",
            "fd7c6b416e405d2ee9e6b59f1104c639858ea6eece07d6946ae4f000f407b73f",
            "t10k-factors-idx2-ubyte",
            "f60555a489e84aa2d15c53765f590f50dd984f88e1fd56cdb0d0b1d6b4402f4e"),
        SPRITES.sha256());
  }

  @Test
  void theChecksumsAreThoseOfIdxFiles(@TempDir Path folder) throws IOException {
    int count = Sprites.TEST_IMAGES;
    Path images = folder.resolve("images");
    Files.write(images, IdxBytes.idx(new int[] {2051, count, 32, 32}, SPRITES.test().pixels()));
    assertEquals(
        IdxFile.read(images, IdxFile.Kind.IMAGES).sha256(),
        SPRITES.sha256().get("t10k-images-idx3-ubyte"));
    byte[] labels = new byte[count];
    byte[] values = new byte[5 * count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) SPRITES.test().label(i);
      for (int factor = 0; factor < 5; factor++) {
        values[5 * i + factor] = (byte) SPRITES.test().factors().orElseThrow().value(i, factor);
      }
    }
    Path file =
        Files.write(folder.resolve("labels"), IdxBytes.idx(new int[] {2049, count}, labels));
    assertEquals(
        IdxFile.read(file, IdxFile.Kind.LABELS).sha256(),
        SPRITES.sha256().get("t10k-labels-idx1-ubyte"));
    assertEquals(
        Digests.sha256(IdxBytes.idx(new int[] {2050, count, 5}, values)),
        SPRITES.sha256().get("t10k-factors-idx2-ubyte"));
  }

  @Test
  void everyCombinationIsThereOnce() {
    Set<Integer> seen = new HashSet<>();
    for (ImageSet images : new ImageSet[] {SPRITES.train(), SPRITES.test()}) {
      Factors factors = images.factors().orElseThrow();
      assertEquals(Sprites.FACTORS, factors.all());
      for (int i = 0; i < images.size(); i++) {
        int number = 0;
        for (int factor = 0; factor < 5; factor++) {
          number = number * factors.all().get(factor).size() + factors.value(i, factor);
        }
        assertTrue(seen.add(number), number + " is there twice");
        assertEquals(factors.value(i, 0), images.label(i));
      }
    }
    assertEquals(3 * 5 * 16 * 12 * 12, seen.size());
    assertEquals(30_000, SPRITES.train().size());
    assertEquals(4_560, SPRITES.test().size());
    assertEquals(Dataset.Status.SYNTHETIC, SPRITES.status());
    assertEquals("sprites", SPRITES.name());
  }

  /** Squares come back after a quarter of a turn, ellipses after half a turn; nothing else does. */
  @Test
  void imagesDifferExceptForTheShapesSymmetries() {
    Set<String> images = new HashSet<>();
    for (ImageSet set : new ImageSet[] {SPRITES.train(), SPRITES.test()}) {
      for (int i = 0; i < set.size(); i++) {
        images.add(Digests.sha256(Arrays.copyOfRange(set.pixels(), i * PIXELS, (i + 1) * PIXELS)));
      }
    }
    assertEquals(5 * 12 * 12 * (16 / 4 + 16 / 2 + 16), images.size());
    for (int rotation = 0; rotation < 16; rotation++) {
      assertArrayEquals(image(0, 2, rotation, 5, 6), image(0, 2, (rotation + 4) % 16, 5, 6));
      assertArrayEquals(image(1, 2, rotation, 5, 6), image(1, 2, (rotation + 8) % 16, 5, 6));
    }
  }

  @Test
  void aPlaceIsAPixelAndAHalf() {
    for (int place = 0; place < 12; place++) {
      // A square and an ellipse have their light in their middle.
      for (int shape = 0; shape < 2; shape++) {
        byte[] image = image(shape, 4, 3, place, 11 - place);
        assertEquals(7.75 + 1.5 * place, middle(image, true), 0.01);
        assertEquals(7.75 + 1.5 * (11 - place), middle(image, false), 0.01);
      }
    }
  }

  @Test
  void aScaleIsALength() {
    for (int shape = 0; shape < 3; shape++) {
      double largest = light(image(shape, 4, 1, 4, 4));
      for (int scale = 0; scale < 5; scale++) {
        double side = (scale + 4) / 8.0;
        assertEquals(side * side, light(image(shape, scale, 1, 4, 4)) / largest, 0.01);
      }
    }
    // The square's sides are 1.4 of the radius, 7 pixels; the heart's curve has an area of 3.662.
    // At
    // this rotation few of its points lie on one line.
    assertEquals(49 * 1.96, light(image(0, 4, 1, 4, 4)) / 255.0, 0.5);
    assertEquals(49 * 0.6 * Math.PI, light(image(1, 4, 1, 4, 4)) / 255.0, 0.5);
    assertEquals(49 * 3.662 * 0.75 * 0.75, light(image(2, 4, 1, 4, 4)) / 255.0, 0.5);
  }

  @Test
  void aHeartStandsUprightAndTurnsClockwise() {
    byte[] upright = image(2, 4, 0, 5, 5);
    byte[] across = image(2, 4, 0, 6, 5);
    for (int i = 0; i < PIXELS; i++) {
      assertEquals(upright[i], across[i / 32 * 32 + 31 - i % 32]);
    }
    // Its light is above its middle, and after a quarter of a turn to the right of it.
    assertTrue(middle(upright, false) < 15.2, "" + middle(upright, false));
    byte[] turned = image(2, 4, 4, 5, 5);
    assertTrue(middle(turned, true) > 15.3, "" + middle(turned, true));
    assertEquals(light(upright), light(turned));
  }

  @Test
  void shapesAreWhiteOnBlackAndInsideTheImage() {
    byte[] square = image(0, 4, 0, 0, 11);
    int grey = 0;
    for (byte pixel : square) {
      grey += pixel != 0 && pixel != (byte) 255 ? 1 : 0;
    }
    assertEquals(0, square[0]);
    assertEquals((byte) 255, square[24 * 32 + 7]);
    // The square's sides are 9.8 pixels long: at most four sides of 11 grey pixels.
    assertTrue(grey <= 44, grey + " grey pixels");
    for (int place : new int[] {0, 11}) {
      for (int shape = 0; shape < 3; shape++) {
        for (int rotation = 0; rotation < 16; rotation++) {
          assertEquals(
              light(image(shape, 4, rotation, place, place)),
              light(image(shape, 4, rotation, 6 - place % 2, 6 - place % 2)),
              "cut off at the edge");
        }
      }
    }
  }

  @Test
  void seedsDiffer() {
    Dataset other = Sprites.split(1);
    assertNotEquals(SPRITES.sha256(), other.sha256());
    assertFalse(Arrays.equals(SPRITES.test().pixels(), other.test().pixels()));
  }
}
