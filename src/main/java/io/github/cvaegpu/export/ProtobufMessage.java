// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.export;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A message in the wire format of Protocol Buffers, to be written. Fields are written in the order
 * in which they are added, and those that are repeated once for each value, which is how every
 * reader takes them.
 *
 * <p>Arrays are views until the message is written, so that one of gigabytes takes no second copy
 * of them.
 *
 * <p>Format: <a href="https://protobuf.dev/programming-guides/encoding/">Protocol Buffers,
 * "Encoding"</a>.
 */
public final class ProtobufMessage {
  private static final int VARINT = 0;
  private static final int FIXED_64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED_32 = 5;
  private static final int CHUNK = 1 << 16;

  /** Bytes of the message. */
  private interface Part {
    void writeTo(OutputStream out) throws IOException;
  }

  private final List<Part> parts = new ArrayList<>();
  private long size;

  /** A field of a whole number: int32, int64, an enum or bool. */
  public ProtobufMessage number(int field, long value) {
    return varint(((long) field << 3) | VARINT).varint(value);
  }

  /** A field of a double. */
  public ProtobufMessage float64(int field, double value) {
    byte[] bytes = new byte[Double.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putDouble(value);
    return fixed(field, FIXED_64, bytes);
  }

  /** A field of a float. */
  public ProtobufMessage float32(int field, float value) {
    byte[] bytes = new byte[Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(value);
    return fixed(field, FIXED_32, bytes);
  }

  private ProtobufMessage fixed(int field, int wireType, byte[] bytes) {
    varint(((long) field << 3) | wireType);
    parts.add(out -> out.write(bytes));
    size += bytes.length;
    return this;
  }

  /** A field of text. */
  public ProtobufMessage text(int field, String text) {
    return bytes(field, text.getBytes(StandardCharsets.UTF_8));
  }

  /** A field of bytes; not copied. */
  public ProtobufMessage bytes(int field, byte[] bytes) {
    return delimited(field, bytes.length, out -> out.write(bytes));
  }

  /**
   * A field of the bytes of floats, little-endian.
   *
   * @param array holds them; not copied
   * @param offset the first of them
   * @param count how many
   */
  public ProtobufMessage floats(int field, float[] array, int offset, int count) {
    return delimited(
        field, (long) count * Float.BYTES, out -> writeFloats(array, offset, count, out));
  }

  /** A field that is a message, as it is now. */
  public ProtobufMessage message(int field, ProtobufMessage message) {
    List<Part> inner = List.copyOf(message.parts);
    return delimited(field, message.size, out -> write(inner, out));
  }

  /** Bytes of the message; more than 2,147,483,647 are written, but no reader takes them. */
  public long size() {
    return size;
  }

  /**
   * Writes the message.
   *
   * @param out needs no buffer
   */
  public void writeTo(OutputStream out) throws IOException {
    write(parts, out);
  }

  /** The message's bytes, for one that is small. */
  public byte[] toBytes() {
    var out = new ByteArrayOutputStream();
    try {
      writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static void write(List<Part> parts, OutputStream out) throws IOException {
    for (Part part : parts) {
      part.writeTo(out);
    }
  }

  private ProtobufMessage delimited(int field, long length, Part content) {
    varint(((long) field << 3) | LENGTH_DELIMITED).varint(length);
    parts.add(content);
    size += length;
    return this;
  }

  /** Seven bits a byte, the lowest first, and a bit that says that more follow. */
  private ProtobufMessage varint(long value) {
    byte[] bytes = new byte[10];
    int length = 0;
    long rest = value;
    do {
      long more = rest >>> 7;
      bytes[length++] = (byte) ((rest & 0x7f) | (more == 0 ? 0 : 0x80));
      rest = more;
    } while (rest != 0);
    int count = length;
    parts.add(out -> out.write(bytes, 0, count));
    size += count;
    return this;
  }

  private static void writeFloats(float[] array, int offset, int count, OutputStream out)
      throws IOException {
    byte[] bytes = new byte[Math.min(CHUNK, Math.multiplyExact(count, Float.BYTES))];
    var floats = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    int now;
    for (int done = 0; done < count; done += now) {
      now = Math.min(floats.capacity(), count - done);
      floats.clear().put(array, offset + done, now);
      out.write(bytes, 0, now * Float.BYTES);
    }
  }
}
