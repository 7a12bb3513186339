// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.export;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProtobufMessageTest {
  private static String hex(ProtobufMessage message) {
    byte[] bytes = message.toBytes();
    assertEquals(bytes.length, message.size());
    return HexFormat.of().formatHex(bytes);
  }

  /** The examples of the format's own description. */
  @Test
  void theExamplesOfTheFormat() {
    assertEquals("089601", hex(new ProtobufMessage().number(1, 150)));
    assertEquals("120774657374696e67", hex(new ProtobufMessage().text(2, "testing")));
    assertEquals("0d0000803f", hex(new ProtobufMessage().float32(1, 1)));
    assertEquals("09000000000000f03f", hex(new ProtobufMessage().float64(1, 1)));
    assertEquals(
        "1a03089601", hex(new ProtobufMessage().message(3, new ProtobufMessage().number(1, 150))));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 00",
    "127, 7f",
    "128, 8001",
    "16384, 808001",
    "2147483647, ffffffff07",
    "9223372036854775807, ffffffffffffffff7f",
    "-1, ffffffffffffffffff01",
  })
  void wholeNumbers(long value, String expected) {
    assertEquals("08" + expected, hex(new ProtobufMessage().number(1, value)));
  }

  /** From field 16 on, its number takes two bytes. */
  @Test
  void aFieldOfALargeNumber() {
    assertEquals("a20100", hex(new ProtobufMessage().text(20, "")));
  }

  @Test
  void floatsAreLittleEndianAndThoseAskedFor() {
    float[] array = {7, 1, -2, 7};
    assertEquals("0a080000803f000000c0", hex(new ProtobufMessage().floats(1, array, 1, 2)));
    assertEquals("0a00", hex(new ProtobufMessage().floats(1, array, 4, 0)));
  }

  @Test
  void moreFloatsThanAreWrittenAtOnce() {
    float[] array = new float[40_000];
    array[39_999] = 1;
    byte[] bytes = new ProtobufMessage().floats(1, array, 0, array.length).toBytes();
    assertEquals(4 + 160_000, bytes.length);
    assertEquals(0x3f, bytes[bytes.length - 1]);
  }

  @Test
  void aMessageIsTakenAsItIsNow() {
    var inner = new ProtobufMessage().number(1, 1);
    var outer = new ProtobufMessage().message(1, inner);
    inner.number(2, 2);
    assertEquals("0a020801", hex(outer));
  }

  @Test
  void textIsUtf8() {
    assertEquals(
        "0a02" + HexFormat.of().formatHex("é".getBytes(StandardCharsets.UTF_8)),
        hex(new ProtobufMessage().text(1, "é")));
  }

  /** Sizes are counted in long, and the bytes flow without a copy of them all. */
  @Test
  void moreThanAnArrayCanHold() throws IOException {
    float[] array = new float[1 << 20];
    var part = new ProtobufMessage();
    for (int i = 0; i < 513; i++) {
      part.floats(1, array, 0, array.length);
    }
    var whole = new ProtobufMessage().message(1, part);
    long each = 1 + 4 + 4L * array.length;
    assertEquals(513 * each + 1 + 5, whole.size());
    long[] written = new long[1];
    whole.writeTo(
        new OutputStream() {
          @Override
          public void write(int b) {
            written[0]++;
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            written[0] += length;
          }
        });
    assertEquals(whole.size(), written[0]);
  }
}
