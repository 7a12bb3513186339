// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/** Makes small IDX files, good and bad. */
public final class IdxBytes {
  private IdxBytes() {}

  /** Header words, then the payload. */
  static byte[] idx(int[] header, byte... payload) {
    var bytes = ByteBuffer.allocate(4 * header.length + payload.length);
    for (int word : header) {
      bytes.putInt(word);
    }
    return bytes.put(payload).array();
  }

  /** Images with pixels 0, 7, 14, ... modulo 256, the first shifted by {@code shift}. */
  static byte[] images(int count, int height, int width, int shift) {
    byte[] pixels = new byte[count * height * width];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (7 * i + shift);
    }
    return idx(new int[] {2051, count, height, width}, pixels);
  }

  /** Labels 0, 1, 2, ... modulo 10. */
  static byte[] labels(int count) {
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) (i % 10);
    }
    return idx(new int[] {2049, count}, labels);
  }

  static byte[] gzip(byte[] bytes) {
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** Four files, not gzipped: 13 training and 11 test images of 3 x 5 pixels. */
  static Map<IdxPart, byte[]> dataset() {
    Map<IdxPart, byte[]> files = new EnumMap<>(IdxPart.class);
    files.put(IdxPart.TRAIN_IMAGES, images(13, 3, 5, 1));
    files.put(IdxPart.TRAIN_LABELS, labels(13));
    files.put(IdxPart.TEST_IMAGES, images(11, 3, 5, 2));
    files.put(IdxPart.TEST_LABELS, labels(11));
    return files;
  }

  /** Writes the four files of {@link #dataset()}, not gzipped. */
  public static void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (var file : dataset().entrySet()) {
      Files.write(folder.resolve(file.getKey().idxName()), file.getValue());
    }
  }
}
