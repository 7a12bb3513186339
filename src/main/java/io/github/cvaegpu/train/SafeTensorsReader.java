// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.RegularFile.Links;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Locale;

/**
 * A safetensors file of which the header is read and checked, and the tensors are read where they
 * are wanted: nothing is allocated for them before somebody has looked at their shapes.
 */
final class SafeTensorsReader implements AutoCloseable {
  private static final int CHUNK = 1 << 16;

  private final FileChannel channel;
  private final SafeTensorsHeader header;
  private final long start;
  private final ByteBuffer buffer;

  private SafeTensorsReader(
      FileChannel channel, SafeTensorsHeader header, long start, ByteBuffer buffer) {
    this.channel = channel;
    this.header = header;
    this.start = start;
    this.buffer = buffer;
  }

  /**
   * Opens a file and reads its header.
   *
   * @param links what to do where the name is that of a link
   * @param maxHeader most bytes that the header may have, at most those of the format
   * @throws InputException if the file is no regular file, is not in the format or has tensors
   *     other than F32
   */
  static SafeTensorsReader open(Path file, Links links, int maxHeader) throws IOException {
    FileChannel channel = RegularFile.openToRead(file, links);
    boolean opened = false;
    try {
      long size = channel.size();
      if (size < Long.BYTES) {
        throw SafeTensorsHeader.refusal(
            file, String.format(Locale.ROOT, "it has %d bytes, fewer than 8", size));
      }
      ByteBuffer buffer = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
      fill(channel, 0, buffer.limit(Long.BYTES));
      long length = buffer.getLong(0);
      requireLength(file, length, size, maxHeader);
      long start = Long.BYTES + length;
      var header =
          SafeTensorsHeader.parse(
              file, new ChannelStream(channel, Long.BYTES, start), size - start);
      opened = true;
      return new SafeTensorsReader(channel, header, start, buffer);
    } finally {
      if (!opened) {
        channel.close();
      }
    }
  }

  private static void requireLength(Path file, long length, long size, int maxHeader) {
    if (length < 0 || length > size - Long.BYTES) {
      throw SafeTensorsHeader.refusal(
          file,
          String.format(
              Locale.ROOT,
              "its header of %s bytes would be longer than the file of %d",
              Long.toUnsignedString(length),
              size));
    }
    if (length > maxHeader) {
      throw SafeTensorsHeader.refusal(
          file,
          String.format(
              Locale.ROOT,
              maxHeader == SafeTensorsHeader.MAX_BYTES
                  ? "its header of %d bytes is longer than the %d that the format allows"
                  : "its header of %d bytes is longer than the %d that it may have here",
              length,
              maxHeader));
    }
  }

  SafeTensorsHeader header() {
    return header;
  }

  /** Reads a tensor into an array, from an index on. */
  void read(SafeTensorsHeader.Entry entry, float[] into, int offset) throws IOException {
    long at = start + entry.begin();
    int size = entry.size();
    int count;
    for (int done = 0; done < size; done += count) {
      count = Math.min(CHUNK / Float.BYTES, size - done);
      buffer.clear().limit(count * Float.BYTES);
      fill(channel, at + (long) done * Float.BYTES, buffer);
      // A bulk copy moves bits; a float at a time could quieten a signalling NaN.
      buffer.flip().asFloatBuffer().get(into, offset + done, count);
    }
  }

  private static void fill(FileChannel channel, long at, ByteBuffer buffer) throws IOException {
    long position = at;
    while (buffer.hasRemaining()) {
      int count = channel.read(buffer, position);
      if (count < 0) {
        throw new EOFException("The file became shorter while it was read.");
      }
      position += count;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
