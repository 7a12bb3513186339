// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.eval.LossFloor;
import io.github.cvaegpu.model.Objective;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyntheticDigitsTest {
  private static final LossFloor FLOOR = new LossFloor(Objective.study());

  /** The dataset is part of what a run's numbers mean: a changed pixel must not go unnoticed. */
  @Test
  void theBytesAreThoseOfEarlierVersions() {
    assertEquals(
        Map.of(
            "train-images-idx3-ubyte",
            "f916f32643adba73788559339efce0eb1cfc50f8e95028f9a7660c507790a6f2",
            "train-labels-idx1-ubyte",
            "89a6922df5c7a9fd4ca4f1aabdec607154bf28ef3cb5109e393460d9e56ea874",
            "t10k-images-idx3-ubyte",
            "1fa8832f504e76ceeaea624fcf82fabc6ef6ad4cf1edca49482140f1230388c2",
            "t10k-labels-idx1-ubyte",
            "ad24999552bf3221849d27f9bbac0f85715075522931eb44eb99426b47900372"),
        SyntheticDigits.draw(7, 201, 53).sha256());
  }

  @Test
  void theChecksumsAreThoseOfIdxFiles(@TempDir Path folder) throws IOException {
    Dataset digits = SyntheticDigits.draw(3, 40, 9);
    Path images = folder.resolve("images");
    Files.write(images, IdxBytes.idx(new int[] {2051, 40, 28, 28}, digits.train().pixels()));
    IdxFile read = IdxFile.read(images, IdxFile.Kind.IMAGES);
    assertEquals(read.sha256(), digits.sha256().get("train-images-idx3-ubyte"));

    byte[] labels = new byte[9];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) digits.test().label(i);
    }
    Path file = Files.write(folder.resolve("labels"), IdxBytes.idx(new int[] {2049, 9}, labels));
    assertEquals(
        IdxFile.read(file, IdxFile.Kind.LABELS).sha256(),
        digits.sha256().get("t10k-labels-idx1-ubyte"));
  }

  @Test
  void saysWhatItIs() {
    Dataset digits = SyntheticDigits.draw(0, 5, 3);
    assertEquals("synthetic", digits.name());
    assertEquals(Dataset.Status.SYNTHETIC, digits.status());
    assertEquals("drawn by the program", digits.origin());
    assertEquals(5, digits.train().size());
    assertEquals(3, digits.test().size());
    assertEquals(28, digits.train().height());
    assertEquals(28, digits.train().width());
  }

  @Test
  void anImageDoesNotDependOnHowManyAreDrawnOrByHowManyThreads() {
    byte[] many = SyntheticDigits.draw(1, 1700, 2).train().pixels();
    byte[] few = SyntheticDigits.draw(1, 613, 1).train().pixels();
    assertArrayEquals(Arrays.copyOf(many, few.length), few);
    try (var one = new ForkJoinPool(1)) {
      byte[] alone = one.submit(() -> SyntheticDigits.draw(1, 1700, 2).train().pixels()).join();
      assertArrayEquals(many, alone);
    }
  }

  @Test
  void seedsAndSplitsDiffer() {
    Dataset digits = SyntheticDigits.draw(1, 20, 20);
    assertFalse(Arrays.equals(digits.train().pixels(), digits.test().pixels()));
    assertFalse(
        Arrays.equals(digits.train().pixels(), SyntheticDigits.draw(2, 20, 20).train().pixels()));
    // The high half of the seed counts too.
    assertFalse(
        Arrays.equals(
            digits.train().pixels(),
            SyntheticDigits.draw(1 + (1L << 32), 20, 20).train().pixels()));
  }

  @Test
  void looksLikeMnistInNumbers() {
    ImageSet images = SyntheticDigits.draw(0, 5000, 1).train();
    ImageStatistics digits = ImageStatistics.of(images);
    // MNIST: 0.1307, 0.1912, 45.76.
    assertEquals(0.131, digits.mean(), 0.005);
    assertEquals(0.191, digits.density(), 0.006);
    assertEquals(45.8, FLOOR.mean(images), 3);
  }

  @Test
  void everyImageKeepsClearOfTheEdge() {
    ImageSet digits = SyntheticDigits.draw(0, 3000, 1).train();
    int touching = 0;
    for (int image = 0; image < digits.size(); image++) {
      int lit = 0;
      for (int i = 0; i < 28; i++) {
        int at = image * 784;
        lit |= digits.pixels()[at + i] | digits.pixels()[at + 27 * 28 + i];
        lit |= digits.pixels()[at + 28 * i] | digits.pixels()[at + 28 * i + 27];
      }
      touching += lit == 0 ? 0 : 1;
    }
    assertTrue(touching < 15, touching + " of 3000 images touch the edge");
  }

  @Test
  void everyDigitIsAboutATenth() {
    ImageSet digits = SyntheticDigits.draw(0, 5000, 1).train();
    int[] counts = new int[10];
    for (int i = 0; i < digits.size(); i++) {
      counts[digits.label(i)]++;
    }
    for (int count : counts) {
      // Expected 500 with standard deviation 21: five of them either way.
      assertEquals(500, count, 106);
    }
  }

  @Test
  void theNearestNeighbourKnowsTheDigit() {
    Dataset digits = SyntheticDigits.draw(0, 2000, 300);
    int right = 0;
    for (int image = 0; image < digits.test().size(); image++) {
      int nearest = nearest(digits.train(), digits.test(), image);
      right += digits.train().label(nearest) == digits.test().label(image) ? 1 : 0;
    }
    assertTrue(right > 0.9 * digits.test().size(), right + " of 300 right");
  }

  private static int nearest(ImageSet train, ImageSet test, int image) {
    int best = -1;
    long least = Long.MAX_VALUE;
    for (int candidate = 0; candidate < train.size(); candidate++) {
      long distance = 0;
      for (int pixel = 0; pixel < train.imageSize(); pixel++) {
        int difference =
            Byte.toUnsignedInt(train.pixels()[candidate * train.imageSize() + pixel])
                - Byte.toUnsignedInt(test.pixels()[image * test.imageSize() + pixel]);
        distance += (long) difference * difference;
      }
      if (distance < least) {
        least = distance;
        best = candidate;
      }
    }
    return best;
  }
}
