// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.LatentPoints;
import io.github.cvaegpu.data.NpyWriter;
import io.github.cvaegpu.engine.VaeModel;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.IntConsumer;

/**
 * Posteriors of images, as lines or as an array. They are written while images are encoded, so that
 * no more than a chunk of them is ever in memory.
 */
final class EncodedImages {
  /** Images encoded at a time. */
  static final int CHUNK = 4096;

  private final VaeModel model;
  private final ImageSet images;
  private final IntConsumer progress;

  /**
   * @param model that encodes
   * @param images images of the model's input size
   * @param progress told now and then how many images are done
   */
  EncodedImages(VaeModel model, ImageSet images, IntConsumer progress) {
    this.model = model;
    this.images = images;
    this.progress = progress;
  }

  /** Takes one image's posterior after the other. */
  @FunctionalInterface
  private interface Sink {
    void accept(int image, float[] mean, float[] logVariance) throws IOException;
  }

  /** Writes a heading, and a line an image. */
  void writeLines(Appendable out) throws IOException {
    boolean hasLabels = images.hasLabels();
    out.append(hasLabels ? "image,label" : "image");
    for (String name : new String[] {"mean", "log_variance"}) {
      for (int j = 0; j < model.shape().latent(); j++) {
        out.append(',').append(LatentPoints.column(name, j));
      }
    }
    out.append('\n');
    encode(
        (image, mean, logVariance) -> {
          out.append(Integer.toString(image));
          if (hasLabels) {
            out.append(',').append(Integer.toString(images.label(image)));
          }
          for (float m : mean) {
            out.append(',').append(Float.toString(m));
          }
          for (float s : logVariance) {
            out.append(',').append(Float.toString(s));
          }
          out.append('\n');
        });
  }

  /** Writes a NumPy array with an element an image. */
  void writeArray(OutputStream out) throws IOException {
    boolean hasLabels = images.hasLabels();
    int latent = model.shape().latent();
    String type =
        String.format(
            Locale.ROOT,
            "[('image', '<i4'), %s('mean', '<f4', (%d,)), ('log_variance', '<f4', (%d,))]",
            hasLabels ? "('label', '<i4'), " : "",
            latent,
            latent);
    var array = new NpyWriter(out, type, images.size());
    encode(
        (image, mean, logVariance) -> {
          array.write(image);
          if (hasLabels) {
            array.write(images.label(image));
          }
          array.write(mean);
          array.write(logVariance);
        });
  }

  private void encode(Sink sink) throws IOException {
    int latent = model.shape().latent();
    for (int first = 0; first < images.size(); first += CHUNK) {
      int count = Math.min(CHUNK, images.size() - first);
      float[] mean = new float[count * latent];
      float[] logVariance = new float[count * latent];
      model.encode(images, first, count, mean, logVariance);
      for (int i = 0; i < count; i++) {
        if (Interruption.wasRequested()) {
          throw new StoppedException(null);
        }
        int from = i * latent;
        sink.accept(
            first + i,
            Arrays.copyOfRange(mean, from, from + latent),
            Arrays.copyOfRange(logVariance, from, from + latent));
      }
      progress.accept(first + count);
    }
  }
}
