// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.ImageSize;
import io.github.cvaegpu.data.NpyWriter;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.report.ImageFolder;
import io.github.cvaegpu.report.ImageGrid;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntConsumer;

/** Images that a model decodes, as one picture, as an array or as a folder of pictures. */
final class DecodedImages {
  /** Most images of one call. */
  static final int MAX = 1_000_000;

  /** Most images in one picture. */
  private static final int MAX_IN_PICTURE = 2500;

  /** Points decoded at a time. */
  private static final int CHUNK = 1024;

  /** Images after which a bar hears of it. */
  private static final int TOLD = 32;

  private final OutputOptions output;
  private final Optional<String> ending;

  private DecodedImages(OutputOptions output, Optional<String> ending) {
    this.output = output;
    this.ending = ending;
  }

  /**
   * Refuses, before anything is computed, a place where they cannot be written.
   *
   * @param count images that there will be, or as few as are known to come
   * @param input what is read, if something is
   */
  static DecodedImages to(OutputOptions output, int count, Optional<DataChoice> input) {
    Optional<String> ending = output.endingOrFolder(".npy", ".png");
    if (ending.isPresent()) {
      output.requireFree(input);
    } else {
      output.requireNewFolder(input);
    }
    var images = new DecodedImages(output, ending);
    images.requireFew(count);
    return images;
  }

  private void requireFew(int count) {
    if (ending.equals(Optional.of(".png")) && count > MAX_IN_PICTURE) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%,d images are too many for one picture, which takes %,d: name a folder or a file"
                  + " that ends in .npy.",
              count,
              MAX_IN_PICTURE));
    }
  }

  /** Takes one decoded image after the other. */
  @FunctionalInterface
  private interface Sink {
    void accept(float[] pixels) throws IOException;
  }

  /**
   * Decodes and writes.
   *
   * @param z (count, latent) latent points
   * @param size of the model's images
   */
  void write(VaeModel model, float[] z, ImageSize size) {
    requireFew(z.length / model.shape().latent());
    // So that what is half written is cleared away when it is stopped.
    try (Interruption interruption = Interruption.install()) {
      switch (ending.orElse("")) {
        case ".npy" -> writeArray(model, z, size);
        case ".png" -> writePicture(model, z, size);
        default -> writeFolder(model, z, size);
      }
      interruption.release();
    }
  }

  private void writeArray(VaeModel model, float[] z, ImageSize size) {
    output.write(
        out -> {
          int count = z.length / model.shape().latent();
          var array = new NpyWriter(out, NpyWriter.FLOAT, count, size.height(), size.width());
          decode(model, z, array::write);
        });
  }

  private void writePicture(VaeModel model, float[] z, ImageSize size) {
    output.write(
        out -> {
          List<float[]> images = new ArrayList<>();
          decode(model, z, images::add);
          int columns = (int) Math.ceil(Math.sqrt(images.size()));
          var grid = ImageGrid.fitting(size.height(), size.width(), columns, columns);
          out.write(ImageGrid.png(grid.draw(images, columns)));
        });
  }

  private void writeFolder(VaeModel model, float[] z, ImageSize size) {
    int count = z.length / model.shape().latent();
    try (var folder = new ImageFolder(output.path(), size.height(), size.width(), count)) {
      decode(model, z, folder::add);
      folder.finish();
    } catch (IOException e) {
      throw OutputOptions.unwritable(output.path().toString(), e);
    }
  }

  private static void decode(VaeModel model, float[] z, Sink sink) throws IOException {
    try (var bar = WorkBar.ofImages("Decoding", z.length / model.shape().latent(), true)) {
      decode(model, z, sink, bar);
    }
  }

  private static void decode(VaeModel model, float[] z, Sink sink, IntConsumer progress)
      throws IOException {
    int latent = model.shape().latent();
    int inputs = model.shape().inputs();
    int count = z.length / latent;
    for (int first = 0; first < count; first += CHUNK) {
      int chunk = Math.min(CHUNK, count - first);
      float[] means = new float[chunk * inputs];
      model.decode(Arrays.copyOfRange(z, first * latent, (first + chunk) * latent), chunk, means);
      for (int i = 0; i < chunk; i++) {
        if (Interruption.wasRequested()) {
          throw new StoppedException(null);
        }
        sink.accept(Arrays.copyOfRange(means, i * inputs, (i + 1) * inputs));
        if ((i + 1) % TOLD == 0 || i + 1 == chunk) {
          // A folder's files take their time each.
          progress.accept(first + i + 1);
        }
      }
    }
  }
}
