// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * The bytes of a PNG or JPEG file, whole as far as they say so themselves: Java's decoders look at
 * no checksum of PNG, and take the size that a header promises for granted.
 */
final class PictureFile {

  /** What is read. */
  enum Format {
    PNG,
    JPEG;

    /** The format that a file has by its name; empty if it is no picture's. */
    static Optional<Format> named(String name) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (lower.endsWith(".png")) {
        return Optional.of(PNG);
      }
      boolean isJpeg = lower.endsWith(".jpg") || lower.endsWith(".jpeg");
      return isJpeg ? Optional.of(JPEG) : Optional.empty();
    }

    private boolean begins(byte[] bytes) {
      byte[] start = this == PNG ? PNG_START : JPEG_START;
      return bytes.length >= start.length
          && Arrays.equals(start, 0, start.length, bytes, 0, start.length);
    }
  }

  private static final byte[] PNG_START = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  private static final byte[] JPEG_START = {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF};

  /** Pixels that a byte of a JPEG can be at most: a block of 8 x 8 takes a bit, colours fewer. */
  private static final int MAX_JPEG_RATIO = 2048;

  private static final int START_OF_SCAN = 0xDA;
  private static final int APP2 = 0xE2;
  private static final byte[] PROFILE = "ICC_PROFILE\0".getBytes(StandardCharsets.US_ASCII);

  private final Format format;
  private final int height;
  private final int width;
  private final byte[] decodable;

  private PictureFile(Format format, int height, int width, byte[] decodable) {
    this.format = format;
    this.height = height;
    this.width = width;
    this.decodable = decodable;
  }

  /** What it is. */
  Format format() {
    return format;
  }

  /** Rows. */
  int height() {
    return height;
  }

  /** Columns. */
  int width() {
    return width;
  }

  /** The bytes for a decoder: of a JPEG without what would change the stored values. */
  byte[] decodable() {
    return decodable;
  }

  /**
   * Looks at a file.
   *
   * @param name of the file, which says what it should be
   * @throws Refusal if it is something else, or not whole
   */
  static PictureFile of(byte[] bytes, String name) throws Refusal {
    Format format = Format.named(name).orElseThrow(() -> new IllegalArgumentException(name));
    if (bytes.length == 0) {
      throw new Refusal("is empty");
    }
    if (!format.begins(bytes)) {
      throw new Refusal("is not a %s file but %s".formatted(format, kind(bytes)));
    }
    try {
      return format == Format.PNG ? png(bytes) : jpeg(bytes);
    } catch (IndexOutOfBoundsException e) {
      throw truncated();
    }
  }

  private static Refusal truncated() {
    return new Refusal("is truncated");
  }

  /** What a file is by its first bytes, as far as that helps. */
  private static String kind(byte[] bytes) {
    for (Format format : Format.values()) {
      if (format.begins(bytes)) {
        return "a %s file".formatted(format);
      }
    }
    String start = new String(bytes, 0, Math.min(bytes.length, 512), StandardCharsets.ISO_8859_1);
    if (start.startsWith("GIF8")) {
      return "a GIF file";
    }
    if (start.startsWith("RIFF")) {
      return "a WebP file or another one of RIFF";
    }
    if (start.startsWith("BM")) {
      return "a BMP file";
    }
    return start.stripLeading().startsWith("<") ? "an HTML page or the like" : "something else";
  }

  /** Chunks: length, type, data, CRC-32 of type and data; IHDR first, IEND last. */
  private static PictureFile png(byte[] bytes) throws Refusal {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    int at = PNG_START.length;
    int height = 0;
    int width = 0;
    long mostBits = 0;
    long pixelBits = 1;
    String type = "";
    while (!type.equals("IEND")) {
      if (bytes.length - at < 12) {
        throw truncated();
      }
      int length = in.getInt(at);
      if (length < 0 || length > bytes.length - at - 12) {
        throw truncated();
      }
      String next = new String(bytes, at + 4, 4, StandardCharsets.ISO_8859_1);
      var crc = new CRC32();
      crc.update(bytes, at + 4, length + 4);
      if ((int) crc.getValue() != in.getInt(at + 8 + length)) {
        throw new Refusal("is damaged: a part of it does not have the checksum that it records");
      }
      if (type.isEmpty() && (!next.equals("IHDR") || length < 13)) {
        throw new Refusal("is damaged: it does not begin with a header");
      }
      if (type.isEmpty()) {
        width = in.getInt(at + 8);
        height = in.getInt(at + 12);
        pixelBits = (long) bytes[at + 16] * bands(bytes[at + 17]);
      }
      if (next.equals("IDAT")) {
        mostBits += 8L * length * IdxFile.MAX_DEFLATE_RATIO;
      }
      type = next;
      at += 12 + length;
    }
    PictureFile file = sized(Format.PNG, height, width, bytes);
    // Memory goes to pixels that can be there, and not to a header's promise.
    if ((long) height * width > mostBits / Math.max(1, pixelBits)) {
      throw tooShort(file);
    }
    return file;
  }

  /** By the type of its colours: grey, RGB, palette, grey and alpha, RGB and alpha. */
  private static int bands(int colourType) {
    return switch (colourType) {
      case 2 -> 3;
      case 4 -> 2;
      case 6 -> 4;
      default -> 1;
    };
  }

  private static Refusal tooShort(PictureFile file) {
    return new Refusal(
        String.format(
            Locale.ROOT,
            "is truncated: it is too short for the %d x %d pixels of its header",
            file.height,
            file.width));
  }

  /**
   * Segments: 0xFF, a marker, a length, data; the size is in one, and the coded picture begins with
   * another. A colour profile is left out, or the decoder would go by it.
   */
  private static PictureFile jpeg(byte[] bytes) throws Refusal {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    var kept = new ByteArrayOutputStream(bytes.length);
    kept.write(bytes, 0, 2);
    int at = 2;
    int height = 0;
    int width = 0;
    while (true) {
      if (bytes[at] != (byte) 0xFF) {
        throw new Refusal("is damaged: there is no marker where one has to be");
      }
      int marker = bytes[at + 1] & 0xFF;
      if (marker == 0xFF) {
        // A byte between segments.
        at++;
        continue;
      }
      if (marker == START_OF_SCAN) {
        break;
      }
      int length = in.getShort(at + 2) & 0xFFFF;
      if (length < 2 || length > bytes.length - at - 2) {
        throw truncated();
      }
      if (isFrame(marker)) {
        height = in.getShort(at + 5) & 0xFFFF;
        width = in.getShort(at + 7) & 0xFFFF;
        requireGreyOrColours(bytes[at + 9]);
      }
      if (!isProfile(bytes, at, length)) {
        kept.write(bytes, at, 2 + length);
      }
      at += 2 + length;
    }
    kept.write(bytes, at, bytes.length - at);
    PictureFile file = sized(Format.JPEG, height, width, kept.toByteArray());
    if ((long) height * width > (long) MAX_JPEG_RATIO * bytes.length) {
      throw tooShort(file);
    }
    return file;
  }

  /** Start of a frame, of whichever coding; the others in its range are tables. */
  private static boolean isFrame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
  }

  private static void requireGreyOrColours(int components) throws Refusal {
    if (components != 1 && components != 3) {
      throw new Refusal(
          "has %s colour components, as CMYK pictures have, and only grey and RGB are read"
              .formatted(components));
    }
  }

  private static boolean isProfile(byte[] bytes, int at, int length) {
    int from = at + 4;
    return (bytes[at + 1] & 0xFF) == APP2
        && length >= 2 + PROFILE.length
        && Arrays.equals(PROFILE, 0, PROFILE.length, bytes, from, from + PROFILE.length);
  }

  private static PictureFile sized(Format format, int height, int width, byte[] bytes)
      throws Refusal {
    if (height < 1 || width < 1) {
      throw new Refusal("is damaged: its header has no size of a picture");
    }
    return new PictureFile(format, height, width, bytes);
  }
}
