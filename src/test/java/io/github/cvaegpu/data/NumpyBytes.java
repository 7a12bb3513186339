// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Files as numpy.save and numpy.savez write them; compared byte by byte with those of 2.4.6. */
public final class NumpyBytes {
  private NumpyBytes() {}

  /** The literal that describes an array. */
  static String header(String type, String shape) {
    return "{'descr': '%s', 'fortran_order': False, 'shape': %s, }".formatted(type, shape);
  }

  /** An array of version 1.0. */
  public static byte[] npy(String type, String shape, byte[] data) {
    return npy(1, header(type, shape), data);
  }

  /** An array of any header: padded to 64 bytes as NumPy pads, with a line feed at its end. */
  static byte[] npy(int version, String header, byte[] data) {
    int lengthBytes = version == 1 ? 2 : 4;
    int bare = 8 + lengthBytes + header.length() + 1;
    String text = header + " ".repeat(Math.floorMod(-bare, 64)) + "\n";
    ByteBuffer npy =
        ByteBuffer.allocate(8 + lengthBytes + text.length() + data.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    npy.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
    npy.put((byte) version).put((byte) 0);
    if (version == 1) {
      npy.putShort((short) text.length());
    } else {
      npy.putInt(text.length());
    }
    npy.put(text.getBytes(StandardCharsets.ISO_8859_1)).put(data);
    return npy.array();
  }

  /** Values one after the other, little-endian. */
  static <T extends Number> byte[] data(int width, BiConsumer<ByteBuffer, T> put, T[] values) {
    ByteBuffer data = ByteBuffer.allocate(width * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (T value : values) {
      put.accept(data, value);
    }
    return data.array();
  }

  static byte[] f2(Float... values) {
    return data(2, (to, value) -> to.putShort(Float.floatToFloat16(value)), values);
  }

  static byte[] f4(Float... values) {
    return data(4, ByteBuffer::putFloat, values);
  }

  static byte[] f8(Double... values) {
    return data(8, ByteBuffer::putDouble, values);
  }

  static byte[] i8(Long... values) {
    return data(8, ByteBuffer::putLong, values);
  }

  static byte[] i4(Integer... values) {
    return data(4, ByteBuffer::putInt, values);
  }

  static byte[] i2(Short... values) {
    return data(2, ByteBuffer::putShort, values);
  }

  static byte[] u1(int... values) {
    byte[] data = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      data[i] = (byte) values[i];
    }
    return data;
  }

  /**
   * An NPZ file.
   *
   * @param arrays by their names, without .npy
   * @param isDeflated as of numpy.savez_compressed
   */
  public static byte[] npz(Map<String, byte[]> arrays, boolean isDeflated) {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(bytes)) {
      zip.setMethod(isDeflated ? ZipOutputStream.DEFLATED : ZipOutputStream.STORED);
      for (var array : arrays.entrySet()) {
        var entry = new ZipEntry(array.getKey() + ".npy");
        var crc = new CRC32();
        crc.update(array.getValue());
        entry.setCrc(crc.getValue());
        entry.setSize(array.getValue().length);
        entry.setTime(0);
        zip.putNextEntry(entry);
        zip.write(array.getValue());
        zip.closeEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
