// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Writes one array as NumPy has it in a {@code .npy} file of format 1.0, little-endian, the last
 * index fastest. {@code numpy.load} reads it without pickle.
 *
 * <p>Source: NEP 1, "A simple file format for NumPy arrays".
 */
public final class NpyWriter {
  /** A float32. */
  public static final String FLOAT = "'<f4'";

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};

  /** The array begins at a multiple of this. */
  private static final int ALIGNMENT = 64;

  private final OutputStream out;

  /**
   * Writes the header.
   *
   * @param out where to; should be buffered
   * @param type of an element, as Python writes a dtype's descr, e.g. {@link #FLOAT} or a list of
   *     fields
   * @param shape of the array
   */
  public NpyWriter(OutputStream out, String type, long... shape) throws IOException {
    this.out = out;
    String lengths =
        LongStream.of(shape).mapToObj(Long::toString).collect(Collectors.joining(", "));
    String header =
        "{'descr': %s, 'fortran_order': False, 'shape': (%s%s), }"
            .formatted(type, lengths, shape.length == 1 ? "," : "");
    int length = MAGIC.length + Short.BYTES + header.length() + 1;
    String padded = header + " ".repeat(Math.floorMod(-length, ALIGNMENT)) + "\n";
    out.write(MAGIC);
    out.write(padded.length() & 0xFF);
    out.write(padded.length() >>> 8);
    out.write(padded.getBytes(StandardCharsets.US_ASCII));
  }

  /** Writes floats, one after the other. */
  public void write(float... values) throws IOException {
    write(values, 0, values.length);
  }

  /** Writes floats of an array, one after the other. */
  public void write(float[] values, int first, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values, first, count);
    out.write(bytes.array());
  }

  /** Writes an int32. */
  public void write(int value) throws IOException {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      out.write(value >>> shift);
    }
  }
}
