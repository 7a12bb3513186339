// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.model.VaeShape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

/** That posteriors are written while images are encoded. */
class EncodedImagesTest {
  private static final int LATENT = 3;
  private static final int IMAGES = 2 * EncodedImages.CHUNK + 17;

  private final ImageSet images = ImageSet.withoutLabels(1, 1, new byte[IMAGES], IMAGES);
  private final List<Integer> told = new ArrayList<>();

  /** Encodes image i to means i and log variances -i, and keeps how much was written before. */
  private static final class Counting implements VaeModel {
    private final IntSupplier written;
    final List<Integer> before = new ArrayList<>();
    int largest;

    Counting(IntSupplier written) {
      this.written = written;
    }

    @Override
    public VaeShape shape() {
      return new VaeShape(1, List.of(1), LATENT);
    }

    @Override
    public EngineInfo info() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void encode(ImageSet images, int first, int count, float[] mean, float[] logVariance) {
      before.add(written.getAsInt());
      largest = Math.max(largest, count);
      for (int i = 0; i < mean.length; i++) {
        mean[i] = first + i / LATENT;
        logVariance[i] = -mean[i];
      }
    }

    @Override
    public void decode(float[] z, int count, float[] mean) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void logits(float[] z, int count, float[] logits, float[] logPartition) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void reconstructionLoss(
        ImageSet images, int first, int count, int samples, float[] z, float[] loss) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }

  /** Each chunk is encoded when all of those before are written: none is kept. */
  @Test
  void anArrayIsWrittenChunkByChunk() throws IOException {
    var out = new ByteArrayOutputStream();
    var model = new Counting(out::size);
    new EncodedImages(model, images, told::add).writeArray(out);
    int element = Integer.BYTES + 2 * LATENT * Float.BYTES;
    int header = out.size() - IMAGES * element;
    int chunk = EncodedImages.CHUNK * element;
    assertEquals(List.of(header, header + chunk, header + 2 * chunk), model.before);
    assertEquals(EncodedImages.CHUNK, model.largest);
    assertEquals(List.of(EncodedImages.CHUNK, 2 * EncodedImages.CHUNK, IMAGES), told);
    ByteBuffer array =
        ByteBuffer.wrap(out.toByteArray()).order(ByteOrder.LITTLE_ENDIAN).position(header);
    for (int i = 0; i < IMAGES; i++) {
      assertEquals(i, array.getInt());
      for (int j = 0; j < 2 * LATENT; j++) {
        assertEquals(j < LATENT ? (float) i : -(float) i, array.getFloat());
      }
    }
  }

  @Test
  void linesAreWrittenChunkByChunk() throws IOException {
    var out = new StringBuilder();
    var model = new Counting(() -> (int) out.chars().filter(c -> c == '\n').count());
    new EncodedImages(model, images, told::add).writeLines(out);
    assertEquals(List.of(1, 1 + EncodedImages.CHUNK, 1 + 2 * EncodedImages.CHUNK), model.before);
    List<String> lines = out.toString().lines().toList();
    assertEquals(1 + IMAGES, lines.size());
    assertEquals(
        "image,mean_1,mean_2,mean_3,log_variance_1,log_variance_2,log_variance_3",
        lines.getFirst());
    assertEquals("8208,8208.0,8208.0,8208.0,-8208.0,-8208.0,-8208.0", lines.getLast());
    assertTrue(lines.get(5).startsWith("4,4.0,"), lines.get(5));
  }
}
