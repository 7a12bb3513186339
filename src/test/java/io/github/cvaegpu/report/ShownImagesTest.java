// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.data.ImageSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ShownImagesTest {
  private final ImageSet images = TinyImages.draw(300, 1);

  @Test
  void oneOfEachLabelInAnOrderOfItsOwn() {
    List<Integer> chosen = ShownImages.choose(images, 10);
    assertEquals(9, chosen.size());
    assertEquals(
        Set.of(0, 1, 2, 3, 4, 5, 6, 7, 8),
        chosen.stream().map(images::label).collect(Collectors.toSet()));
    assertEquals(chosen, ShownImages.choose(images, 10));
    assertNotEquals(chosen, ShownImages.choose(images, 11));
  }

  @Test
  void tenWhereThereAreNoLabels() {
    ImageSet bare =
        ImageSet.withoutLabels(images.height(), images.width(), images.pixels(), images.size());
    assertEquals(10, Set.copyOf(ShownImages.choose(bare, 10)).size());
  }

  @Test
  void pixelsAreIntensities() {
    ImageSet two = new ImageSet(1, 2, new byte[] {0, 1, (byte) 255, 51}, new byte[] {1, 2});
    assertArrayEquals(new float[] {1, 0.2f}, ShownImages.pixels(two, 1));
  }

  @Test
  void ofManyLabelsSixteenAreShown() {
    byte[] labels = new byte[200];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) (i % 100);
    }
    var images = new ImageSet(1, 1, new byte[200], labels);
    List<Integer> shown = ShownImages.choose(images, 1);
    assertEquals(16, shown.size());
    assertEquals(16, shown.stream().map(images::label).distinct().count());
  }
}
