// SPDX-License-Identifier: Apache-2.0

import io.github.cvaegpu.api.Device;
import io.github.cvaegpu.api.Model;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Draws eight new images from the prior, and eight along a line through the latent space. */
final class Sample {
  private static final int COUNT = 8;
  private static final int SIZE = 28;

  private Sample() {}

  public static void main(String[] args) throws IOException {
    Path run = Path.of(args[0]);
    try (Device device = Device.best();
        Model model = Model.open(run, device)) {
      write(model.sample(COUNT, 0), run.resolveSibling("samples.png"));
      float[] line = new float[COUNT * model.latent()];
      for (int i = 0; i < COUNT; i++) {
        line[i * model.latent()] = -2 + 4f * i / (COUNT - 1);
      }
      write(model.decode(line), run.resolveSibling("line.png"));
    }
  }

  /** Side by side. */
  private static void write(float[] images, Path file) throws IOException {
    var picture = new BufferedImage(COUNT * SIZE, SIZE, BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < images.length; i++) {
      int image = i / (SIZE * SIZE);
      int pixel = i % (SIZE * SIZE);
      picture
          .getRaster()
          .setSample(image * SIZE + pixel % SIZE, pixel / SIZE, 0, Math.round(255 * images[i]));
    }
    ImageIO.write(picture, "png", file.toFile());
    System.out.println("wrote " + file.getFileName());
  }
}
