// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class BatchOrderTest {
  private static List<Integer> images(BatchOrder order) {
    return IntStream.range(0, order.batches())
        .boxed()
        .flatMap(
            batch ->
                IntStream.range(0, order.size(batch)).mapToObj(place -> order.image(batch, place)))
        .toList();
  }

  @Property(tries = 600)
  void everyImageOccursOnce(
      @ForAll long seed,
      @ForAll @IntRange(min = 0, max = 1000) int epoch,
      @ForAll @IntRange(min = 1, max = 700) int images,
      @ForAll @IntRange(min = 1, max = 700) int wanted) {
    int batchSize = Math.min(images, wanted);
    BatchOrder order = BatchOrder.shuffled(seed, epoch, images, batchSize);
    assertEquals(
        IntStream.range(0, images).boxed().toList(), images(order).stream().sorted().toList());
    assertEquals((images + batchSize - 1) / batchSize, order.batches());
    for (int batch = 0; batch + 1 < order.batches(); batch++) {
      assertEquals(batchSize, order.size(batch));
    }
    int last = order.size(order.batches() - 1);
    assertTrue(last >= 1 && last <= batchSize, "last batch of " + last);
  }

  @Test
  void theOrderIsThatOfTheSeedAndTheEpoch() {
    List<Integer> order = images(BatchOrder.shuffled(5, 3, 97, 10));
    assertEquals(order, images(BatchOrder.shuffled(5, 3, 97, 10)));
    // The batch size cuts the order; it does not change it.
    assertEquals(order, images(BatchOrder.shuffled(5, 3, 97, 23)));
    assertNotEquals(order, images(BatchOrder.shuffled(6, 3, 97, 10)));
    assertNotEquals(order, images(BatchOrder.shuffled(5, 4, 97, 10)));
  }

  /** Checkpoints hold a seed and an epoch: a changed order would break every resumed run. */
  @Test
  void theOrderIsTheOneOfEarlierVersions() {
    assertEquals(List.of(0, 5, 6, 3, 4, 7, 8, 9, 2, 1), images(BatchOrder.shuffled(1, 0, 10, 4)));
  }

  @Test
  void everyPlaceGetsEveryImageEquallyOften() {
    int images = 7;
    int epochs = 7000;
    int[][] counts = new int[images][images];
    for (int epoch = 0; epoch < epochs; epoch++) {
      List<Integer> order = images(BatchOrder.shuffled(11, epoch, images, images));
      for (int place = 0; place < images; place++) {
        counts[place][order.get(place)]++;
      }
    }
    for (int[] row : counts) {
      for (int count : row) {
        // Expected 1000 with standard deviation 29: five of them either way.
        assertEquals(1000, count, 146);
      }
    }
  }

  @Test
  void anInterruptedEpochGoesOnInTheSameOrder() {
    BatchOrder whole = BatchOrder.shuffled(2, 4, 50, 8);
    BatchOrder rest = whole.from(3);
    assertEquals(0, whole.firstBatch());
    assertEquals(3, rest.firstBatch());
    assertEquals(4, rest.epoch());
    assertEquals(8, rest.batchSize());
    assertEquals(7, rest.batches());
    assertEquals(images(whole), images(rest));
    assertEquals(2, rest.size(6));
  }

  @Test
  void refusesWhatMakesNoBatch() {
    assertThrows(IllegalArgumentException.class, () -> BatchOrder.shuffled(0, 0, 10, 0));
    assertThrows(IllegalArgumentException.class, () -> BatchOrder.shuffled(0, 0, 10, 11));
    BatchOrder order = BatchOrder.shuffled(0, 0, 10, 5);
    assertEquals(2, order.from(2).firstBatch());
    assertThrows(IllegalArgumentException.class, () -> order.from(3));
    assertThrows(IllegalArgumentException.class, () -> order.from(-1));
  }
}
