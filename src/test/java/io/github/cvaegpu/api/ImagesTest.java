// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImagesTest {
  @TempDir Path folder;

  private void drawPictures() throws IOException {
    for (int i = 0; i < 3; i++) {
      var picture = new BufferedImage(4, 5, BufferedImage.TYPE_BYTE_GRAY);
      picture.getRaster().setSample(i, i, 0, 200);
      ImageIO.write(picture, "png", folder.resolve(i + ".png").toFile());
    }
  }

  @Test
  void sayWhatIsToBeKnownOfHowTheyWereRead() throws IOException {
    drawPictures();
    assertEquals(List.of(), Images.read(folder).warnings());
    Path notes = Files.writeString(folder.resolve("notes.txt"), "not a picture");
    Images images = Images.read(folder);
    List<String> warnings =
        List.of(
            "Not everything in %s is a picture in its place; what is not read: %s."
                .formatted(folder, notes));
    assertEquals("3 images of 5 x 4", images.toString());
    assertEquals(warnings, images.warnings());
    assertEquals(warnings, images.first(2).warnings());
    assertEquals(warnings, images.withLabels(new int[] {1, 2, 3}).warnings());
    DataSplit split = DataSplit.load(folder.toString(), 0.4);
    assertEquals(warnings, split.warnings());
    assertEquals(warnings, split.train().warnings());
    assertEquals(warnings, split.test().warnings());
  }

  @Test
  void aRunAmongThemIsRefused() throws IOException {
    drawPictures();
    DataSplit split = DataSplit.load(folder.toString(), 0.4);
    Plan plan = Plan.holdingKl(5).withBatchSize(1);
    Path run = folder.resolve("run");
    CvaeGpuException refused =
        assertThrows(CvaeGpuException.class, () -> Training.begin(plan, split, run));
    assertEquals(
        "The output %s lies in the input %s: name another folder.".formatted(run, folder),
        refused.getMessage());
    Training.begin(plan, split, folder.resolveSibling("run"));
  }

  @Test
  void ofAProgramsOwnThereIsNothingToSay() {
    assertEquals(List.of(), Images.of(1, 2, new byte[4]).warnings());
    assertEquals(List.of(), Images.of(1, 2, new float[4]).warnings());
  }
}
