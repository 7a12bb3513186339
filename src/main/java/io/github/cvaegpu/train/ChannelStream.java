// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * A part of an open file, read without moving the channel's own place. To close it leaves the
 * channel open.
 */
final class ChannelStream extends InputStream {
  private final FileChannel channel;
  private final long end;
  private long at;

  /**
   * Begins at a place.
   *
   * @param from first byte
   * @param end the byte after the last, if the file is as long
   */
  ChannelStream(FileChannel channel, long from, long end) {
    this.channel = channel;
    this.end = end;
    at = from;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (at >= end) {
      return -1;
    }
    int count = channel.read(ByteBuffer.wrap(bytes, offset, (int) Math.min(length, end - at)), at);
    at += Math.max(count, 0);
    return count;
  }
}
