// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.cvaegpu.eval.LossFloor;
import io.github.cvaegpu.model.Objective;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RealMnistTest {
  private static final LossFloor FLOOR = new LossFloor(Objective.study());

  private static final Path FOLDER = RealMnist.find().orElse(Path.of("absent"));

  private static Dataset mnist() {
    return new IdxFolder(RealMnist.orSkip()).read(PublishedDataset.ALL).dataset(0);
  }

  @Test
  void everyFileHasThePublishedChecksum() {
    Dataset mnist = mnist();
    assertEquals("mnist", mnist.name());
    assertEquals(Dataset.Status.VERIFIED, mnist.status());
    assertEquals(FOLDER.toString(), mnist.origin());
    assertEquals(
        Map.of(
            "train-images-idx3-ubyte",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "train-labels-idx1-ubyte",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "t10k-images-idx3-ubyte",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "t10k-labels-idx1-ubyte",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        mnist.sha256());
  }

  @Test
  void theImagesAreMnists() {
    Dataset mnist = mnist();
    assertEquals(60_000, mnist.train().size());
    assertEquals(10_000, mnist.test().size());
    assertEquals(28, mnist.train().height());
    assertEquals(28, mnist.train().width());
    assertEquals(5, mnist.train().label(0));
    assertEquals(7, mnist.test().label(0));
  }

  /** No reconstruction loss can be below this: the entropy of pixels taken as probabilities. */
  @Test
  void theEntropyFloorIsTheKnownOne() {
    Dataset mnist = mnist();
    assertEquals(45.76, FLOOR.mean(mnist.train()), 0.005);
    assertEquals(45.53, FLOOR.mean(mnist.test()), 0.005);
  }
}
