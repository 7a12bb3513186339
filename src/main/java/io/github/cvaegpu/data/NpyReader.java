// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Images and labels from arrays in NumPy's NPY format, read as they come and no faster than memory
 * is needed: a header's promise is held to what there is before anything is made for it.
 */
final class NpyReader {
  private static final int CHUNK = 1 << 16;

  /** Memory for the first elements; it doubles as more come. */
  private static final int FIRST = 1 << 20;

  /** Types of labels, with the bytes of one. */
  private static final Map<String, Integer> INTEGERS =
      Map.of("u1", 1, "i1", 1, "u2", 2, "i2", 2, "u4", 4, "i4", 4, "u8", 8, "i8", 8);

  /** Types of images, with the bytes of a value. */
  private static final Map<String, Integer> PIXELS = Map.of("u1", 1, "f2", 2, "f4", 4, "f8", 8);

  /** A value as a byte. */
  @FunctionalInterface
  private interface Converter {
    /**
     * @param values where the value is read
     * @param index of the value in its array
     */
    byte next(ByteBuffer values, int index) throws Refusal;
  }

  private final InputStream in;
  private final NpyHeader header;
  private final long bytes;

  /**
   * Reads the header.
   *
   * @param in the array, whose reader checks no more than its end
   * @param bytes how many there are
   * @throws Refusal if it is no array that can be read
   */
  NpyReader(InputStream in, long bytes) throws IOException {
    this.in = in;
    this.bytes = bytes;
    header = NpyHeader.read(in);
    if (header.isOfRecords()) {
      throw new Refusal("holds records of several fields, which are not read");
    }
  }

  /**
   * Reads images: of uint8 as they are, of floats in [0, 1] as 255 v, rounded to the nearest.
   *
   * <p>(N, H, W) are N images; so are (N, H, W, 1) and (N, 1, H, W). Of (N, D) they are square if D
   * is the square of a whole number, else one row of D pixels.
   *
   * @throws Refusal if the array is of another type or shape, or not whole, or if a value is NaN or
   *     out of range
   */
  ImageSet images() throws IOException {
    String type = type(PIXELS, "images are read from uint8, and from float16, float32 and float64");
    ImageSize size = imageSize();
    int count = header.shape().getFirst();
    long all = (long) count * size.pixels();
    if (all > IdxFile.MAX_PAYLOAD) {
      throw new Refusal(
          String.format(
              Locale.ROOT,
              "is too large: its shape is %s, and no more than %d MiB of pixels are read",
              shape(),
              IdxFile.MAX_PAYLOAD >> 20));
    }
    int pixels = size.pixels();
    byte[] values =
        switch (type) {
          case "u1" -> values((int) all, 1, (from, i) -> from.get());
          case "f2" ->
              values(
                  (int) all,
                  2,
                  (from, i) -> pixel(Float.float16ToFloat(from.getShort()), i / pixels));
          case "f4" -> values((int) all, 4, (from, i) -> pixel(from.getFloat(), i / pixels));
          default -> values((int) all, 8, (from, i) -> pixel(from.getDouble(), i / pixels));
        };
    return ImageSet.withoutLabels(size.height(), size.width(), values, count);
  }

  /**
   * Reads labels: whole numbers from 0 to 255, of shape (N) or (N, 1).
   *
   * @throws Refusal if the array is anything else
   */
  byte[] labels() throws IOException {
    String type = type(INTEGERS, "labels are read from whole numbers");
    List<Integer> shape = header.shape();
    boolean isColumn = shape.size() == 2 && shape.get(1) == 1;
    if ((shape.size() != 1 && !isColumn) || shape.getFirst() == 0) {
      throw new Refusal("has the shape %s, where labels have (N)".formatted(shape()));
    }
    if (shape.getFirst() > IdxFile.MAX_PAYLOAD) {
      throw new Refusal("has an absurd shape: %s".formatted(shape()));
    }
    return values(
        shape.getFirst(),
        INTEGERS.get(type),
        switch (type) {
          case "u1" -> (from, i) -> from.get();
          case "i1" -> (from, i) -> label(from.get(), i);
          case "u2" -> (from, i) -> label(Short.toUnsignedLong(from.getShort()), i);
          case "i2" -> (from, i) -> label(from.getShort(), i);
          case "u4" -> (from, i) -> label(Integer.toUnsignedLong(from.getInt()), i);
          case "i4" -> (from, i) -> label(from.getInt(), i);
          // One of 2^63 and more is as far out of range as a negative one.
          default -> (from, i) -> label(from.getLong(), i);
        });
  }

  /** Whether elements are whole numbers of eight bits. */
  boolean isWhole() {
    return header.type().endsWith("u1");
  }

  /** The type without its order of bytes, which is little-endian or none by now. */
  private String type(Map<String, Integer> taken, String what) throws Refusal {
    String type = header.type();
    String bare = type.isEmpty() ? type : type.substring(1);
    if (!taken.containsKey(bare) || "<|=".indexOf(type.charAt(0)) < 0) {
      throw new Refusal("is of the type %s, but %s".formatted(type, what));
    }
    return bare;
  }

  private String shape() {
    return header.shape().stream().map(String::valueOf).collect(Collectors.joining(", ", "(", ")"));
  }

  private ImageSize imageSize() throws Refusal {
    List<Integer> shape = header.shape();
    if (shape.contains(0)) {
      throw new Refusal("is empty: its shape is %s".formatted(shape()));
    }
    int height;
    int width;
    switch (shape.size()) {
      case 2 -> {
        int root = (int) Math.round(Math.sqrt(shape.get(1)));
        boolean isSquare = (long) root * root == shape.get(1);
        height = isSquare ? root : 1;
        width = isSquare ? root : shape.get(1);
      }
      case 3 -> {
        height = shape.get(1);
        width = shape.get(2);
      }
      case 4 -> {
        boolean isLast = shape.get(3) == 1;
        if (!isLast && shape.get(1) != 1) {
          throw otherShape();
        }
        height = shape.get(isLast ? 1 : 2);
        width = shape.get(isLast ? 2 : 3);
      }
      default -> throw otherShape();
    }
    if ((long) height * width > IdxFile.MAX_PAYLOAD) {
      throw new Refusal("has an absurd shape: %s".formatted(shape()));
    }
    return new ImageSize(height, width);
  }

  private Refusal otherShape() {
    return new Refusal(
        "has the shape %s, where grey images have (N, H, W) or (N, D)".formatted(shape()));
  }

  private static byte pixel(double value, int image) throws Refusal {
    if (!(value >= 0 && value <= 1)) {
      throw new Refusal(
          String.format(
              Locale.ROOT,
              "holds %s in image %d, counted from 0, and floats have to be from 0 to 1%s",
              value,
              image,
              value > 1 && value <= 0xFF ? "; values up to 255 are read from uint8" : ""));
    }
    return (byte) (int) (value * 0xFF + 0.5);
  }

  private static byte label(long value, int index) throws Refusal {
    if (value < 0 || value > 0xFF) {
      throw new Refusal(
          String.format(
              Locale.ROOT,
              "holds the label %d at index %d, and labels have to be from 0 to 255",
              value,
              index));
    }
    return (byte) value;
  }

  /** Reads the rest of the array, which has to be as long as its header says. */
  private byte[] values(int count, int width, Converter converter) throws IOException {
    long promised = header.bytes() + (long) count * width;
    if (promised != bytes) {
      throw new Refusal(
          String.format(
              Locale.ROOT,
              "%s: its shape is %s of %s, which takes %d bytes, and it has %d",
              promised > bytes ? "is truncated" : "has too many bytes",
              shape(),
              header.type(),
              promised,
              bytes));
    }
    byte[] values = new byte[Math.min(count, FIRST)];
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    int done = 0;
    while (done < count) {
      int wanted = Math.min(count - done, CHUNK / width);
      int read = in.readNBytes(chunk.array(), 0, wanted * width);
      if (read < wanted * width) {
        throw new Refusal("is truncated: it ends early");
      }
      if (done + wanted > values.length) {
        values = Arrays.copyOf(values, (int) Math.min(count, 2L * values.length));
      }
      chunk.clear();
      for (int i = 0; i < wanted; i++) {
        values[done + i] = converter.next(chunk, done + i);
      }
      done += wanted;
    }
    if (in.read() >= 0) {
      throw new Refusal("has more bytes than its header promises");
    }
    return values;
  }
}
