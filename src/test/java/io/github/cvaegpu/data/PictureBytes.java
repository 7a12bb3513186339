// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Pictures as they lie in files: PNG by hand, so that every kind can be had, JPEG by ImageIO. */
public final class PictureBytes {
  /** Types of colours in PNG. */
  static final int GREY = 0;

  static final int RGB = 2;
  static final int PALETTE = 3;
  static final int GREY_ALPHA = 4;
  static final int RGB_ALPHA = 6;

  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

  private PictureBytes() {}

  /** An 8-bit grey PNG of random values. */
  public static byte[] grey(int height, int width, long seed) {
    return grey(height, width, values(height, width, seed));
  }

  /** Values of {@link #grey(int, int, long)}. */
  public static byte[] values(int height, int width, long seed) {
    byte[] values = new byte[height * width];
    new Random(seed).nextBytes(values);
    return values;
  }

  static byte[] grey(int height, int width, byte[] values) {
    return png(height, width, 8, GREY, values);
  }

  /**
   * A PNG.
   *
   * @param packed its rows, packed into bytes one after the other
   * @param chunks what stands before the pixels
   */
  static byte[] png(
      int height, int width, int depth, int colourType, byte[] packed, byte[]... chunks) {
    int stride = packed.length / height;
    byte[] raw = new byte[height * (1 + stride)];
    for (int y = 0; y < height; y++) {
      System.arraycopy(packed, y * stride, raw, y * (1 + stride) + 1, stride);
    }
    var deflated = new ByteArrayOutputStream();
    try (var out = new DeflaterOutputStream(deflated)) {
      out.write(raw);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var png = new ByteArrayOutputStream();
    png.writeBytes(SIGNATURE);
    byte[] header =
        ByteBuffer.allocate(13)
            .putInt(width)
            .putInt(height)
            .put((byte) depth)
            .put((byte) colourType)
            .array();
    png.writeBytes(chunk("IHDR", header));
    for (byte[] chunk : chunks) {
      png.writeBytes(chunk);
    }
    png.writeBytes(chunk("IDAT", deflated.toByteArray()));
    png.writeBytes(chunk("IEND"));
    return png.toByteArray();
  }

  /** A chunk of a PNG, with its checksum. */
  static byte[] chunk(String type, byte... data) {
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    var crc = new CRC32();
    crc.update(name);
    crc.update(data);
    return ByteBuffer.allocate(12 + data.length)
        .putInt(data.length)
        .put(name)
        .put(data)
        .putInt((int) crc.getValue())
        .array();
  }

  /** As ImageIO writes it. */
  static byte[] written(BufferedImage image, String format) {
    var out = new ByteArrayOutputStream();
    try {
      if (!ImageIO.write(image, format, out)) {
        throw new IllegalArgumentException("no writer of " + format);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** A JPEG of one colour. */
  static byte[] jpeg(int height, int width, int rgb) {
    var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, rgb);
      }
    }
    return written(image, "jpg");
  }

  /** A JPEG of noise, which is long. */
  static byte[] noisyJpeg(int side) {
    var image = new BufferedImage(side, side, BufferedImage.TYPE_BYTE_GRAY);
    byte[] values = values(side, side, 1);
    image.getRaster().setDataElements(0, 0, side, side, values);
    return written(image, "jpg");
  }

  /** A JPEG of four bands, as of CMYK. */
  static byte[] cmyk(int side) throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    var out = new ByteArrayOutputStream();
    try (var stream = new MemoryCacheImageOutputStream(out)) {
      writer.setOutput(stream);
      var raster = Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, side, side, 4, null);
      writer.write(new IIOImage(raster, null, null));
    } finally {
      writer.dispose();
    }
    return out.toByteArray();
  }

  /** A file with something put into it. */
  static byte[] with(byte[] file, int at, byte[] more) {
    var out = new ByteArrayOutputStream();
    out.write(file, 0, at);
    out.writeBytes(more);
    out.write(file, at, file.length - at);
    return out.toByteArray();
  }

  /** A file of which a byte is another one. */
  static byte[] flipped(byte[] file, int at) {
    byte[] flipped = Arrays.copyOf(file, file.length);
    flipped[at] ^= 0x10;
    return flipped;
  }
}
