// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each way of being malformed has a sentence of its own, which names the file. */
final class SafeTensorsMalformedTest {
  @TempDir private Path folder;

  static Stream<Arguments> headers() {
    return Stream.of(
        refused("", 0, "its header is not a JSON object"),
        refused(" {}", 0, "its header is not a JSON object"),
        refused("[]", 0, "its header is not a JSON object"),
        refused("{", 0, "its header is not valid JSON"),
        refused("{'a':{}}", 0, "its header is not valid JSON"),
        refused("{\"a\":{\"dtype\":\"F32\",}}", 0, "its header is not valid JSON"),
        refused("{\"a\":" + "[".repeat(5000), 0, "the entry of tensor a is not a JSON object"),
        refused("{\"a\":{\"b\":" + "[".repeat(5000), 0, "its header is not valid JSON"),
        refused("{}{}", 0, "its header is not valid JSON"),
        refused("{}\0", 0, "its header is not valid JSON"),
        refused("{\"\\ud835\":{}}", 0, "its header is not valid JSON"),
        refused("{\"a\":7}", 0, "the entry of tensor a is not a JSON object"),
        refused("{\"a\\u001b[31m\":7}", 0, "the entry of tensor a\\u001b[31m is not a JSON object"),
        refused(tensor("F32", "[1]", "[0,4]").replace("}}", "},\"a\":{}}"), 4, "a occurs twice in"),
        refused("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "__metadata__ occurs twice in"),
        refused("{\"__metadata__\":{\"k\":\"\",\"k\":\"\"}}", 0, "k occurs twice in __metadata__"),
        refused("{\"__metadata__\":[]}", 0, "its __metadata__ is not a JSON object"),
        refused("{\"__metadata__\":{\"k\":1}}", 0, "k in its __metadata__ is not a string"),
        refused("{\"__metadata__\":{\"k\":null}}", 0, "k in its __metadata__ is not a string"),
        refused(
            "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 0, "dtype occurs twice in tensor a"),
        refused("{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "tensor a has no dtype"),
        refused("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "tensor a has no shape"),
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "tensor a has no data_offsets"),
        refused(tensor("F16", "[2]", "[0,4]"), 4, "tensor a has dtype F16, and only F32 is read"),
        refused(tensor("F32", "[2]", "[0,8]").replace("\"F32\"", "32"), 8, "is not a string"),
        refused(tensor("F32", "2", "[0,8]"), 8, "the shape of tensor a is not an array"),
        refused(tensor("F32", "[-1]", "[0,4]"), 4, "shape of tensor a holds something else than"),
        refused(tensor("F32", "[1.0]", "[0,4]"), 4, "shape of tensor a holds something else than"),
        refused(tensor("F32", "[\"1\"]", "[0,4]"), 4, "shape of tensor a holds something else"),
        refused(tensor("F32", "[[1]]", "[0,4]"), 4, "shape of tensor a holds something else than"),
        refused(tensor("F32", "[3000000000]", "[0,4]"), 4, "larger than an array can be"),
        refused(tensor("F32", "[1000000000,1000000000,1000000000]", "[0,4]"), 4, "larger than an"),
        // 65536^4 * 4 is 2^66, which is 0 in 64 bits.
        refused(tensor("F32", "[65536,65536,65536,65536]", "[0,0]"), 0, "larger than an array"),
        refused(tensor("F32", "[99999999999999999999]", "[0,4]"), 4, "larger than an array can be"),
        refused(tensor("F32", "[1]", "4"), 4, "the data_offsets of tensor a is not an array"),
        refused(tensor("F32", "[1]", "[0]"), 4, "tensor a has 1 data_offsets, not two"),
        refused(tensor("F32", "[1]", "[0,4,8]"), 8, "tensor a has 3 data_offsets, not two"),
        refused(tensor("F32", "[1]", "[0,true]"), 8, "data_offsets of tensor a holds something"),
        refused(tensor("F32", "[1]", "[4,0]"), 4, "tensor a ends before it begins"),
        refused(tensor("F32", "[2]", "[0,8]"), 4, "tensor a ends at byte 8 of the data, of which"),
        refused(tensor("F32", "[2]", "[0,4]"), 4, "shape [2] takes 8 bytes, and its data_offsets"),
        refused(
            tensor("F32", "[1,1,1,1,1,1,1,1,1,2]", "[0,4]"), 4, "shape [1, 1, 1, 1, 1, 1, 1, 1]"),
        refused(tensor("F32", "[1]", "[4,8]"), 8, "4 bytes before tensor a belong to no tensor"),
        refused(
            tensor("F32", "[1]", "[0,4]"), 7, "the last 3 bytes of its data belong to no tensor"),
        refused("{}", 1, "the last 1 bytes of its data belong to no tensor"),
        refused(two("[0,8]", "[4,12]"), 12, "tensor b overlaps the tensor before it"),
        refused(two("[0,8]", "[0,8]"), 8, "tensor b overlaps the tensor before it"),
        refused(two("[0,8]", "[12,20]"), 20, "4 bytes before tensor b belong to no tensor"));
  }

  @ParameterizedTest
  @MethodSource("headers")
  void refusesTheHeader(String header, int dataBytes, String reason) throws IOException {
    assertRefused(reason, file(header.getBytes(StandardCharsets.UTF_8), dataBytes));
  }

  @Test
  void refusesAHeaderThatIsNotUtf8() throws IOException {
    byte[] header = "{\"a?\":{}}".getBytes(StandardCharsets.UTF_8);
    header[3] = (byte) 0xC3;
    assertRefused("its header is not UTF-8 text", file(header, 0));
  }

  @Test
  void refusesAFileOfFewerThanEightBytes() throws IOException {
    for (int bytes = 0; bytes < 8; bytes++) {
      Path file = Files.write(folder.resolve("short"), new byte[bytes]);
      assertRefused("it has " + bytes + " bytes, fewer than 8", file);
    }
  }

  @Test
  void refusesAHeaderLongerThanTheFileWithoutReadingIt() throws IOException {
    assertRefused("its header of 3 bytes would be longer than the file of 10", length(3));
    assertRefused("its header of 9223372036854775808 bytes would be", length(Long.MIN_VALUE));
    assertRefused("its header of 18446744073709551615 bytes would be", length(-1));
    assertRefused("its header of 9223372036854775807 bytes would be", length(Long.MAX_VALUE));
  }

  @Test
  void refusesAHeaderBeyondTheFormatsLimit() throws IOException {
    Path file = length(100_000_001);
    try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(200_000_000);
    }
    assertRefused("its header of 100000001 bytes is longer than the 100000000", file);
  }

  @Test
  void acceptsWhatTheFormatAllows() throws IOException {
    // Neither padded nor in the order of the data, with white space and a field of the future.
    String header =
        "{ \"b\":{\"shape\":[1],\"data_offsets\":[8,12],\"dtype\":\"F32\",\"new\":[{}]},\t"
            + "\"__metadata__\":{\"k\":\"\\u00e9\"},\n"
            + "\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8],\"shape\":[2,1]},"
            + "\"none\":{\"dtype\":\"F32\",\"data_offsets\":[8,8],\"shape\":[65536,65536,0]} } ";
    Path file = file(header.getBytes(StandardCharsets.UTF_8), 12);
    SafeTensors read = TensorFile.read(file);
    assertEquals("{k=\u00e9}", read.metadata().toString());
    assertEquals(List.of("a", "none", "b"), List.copyOf(read.tensors().keySet()));
    assertEquals(List.of(2, 1), read.tensors().get("a").shape());
    assertEquals(0, read.tensors().get("none").size());
    assertArrayEquals(
        new float[] {Float.intBitsToFloat(0x0b0a0908)}, read.tensors().get("b").data());
    assertTrue(TensorFile.read(file("{}".getBytes(StandardCharsets.UTF_8), 0)).tensors().isEmpty());
  }

  private void assertRefused(String reason, Path file) {
    String message = assertThrows(InputException.class, () -> TensorFile.read(file)).getMessage();
    assertTrue(message.startsWith(file + " is not a safetensors file that can be used: "), message);
    assertTrue(message.contains(reason), message);
    assertTrue(message.endsWith("."), message);
    assertEquals(1, message.lines().count(), message);
  }

  private Path length(long length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    return Files.write(folder.resolve("length"), bytes.array());
  }

  /** A file of a header and data bytes 0, 1, 2, ... */
  private Path file(byte[] header, int dataBytes) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + header.length + dataBytes)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .put(header);
    for (int i = 0; i < dataBytes; i++) {
      bytes.put((byte) i);
    }
    return Files.write(folder.resolve("file"), bytes.array());
  }

  private static Arguments refused(String header, int dataBytes, String reason) {
    return Arguments.of(header, dataBytes, reason);
  }

  private static String tensor(String type, String shape, String offsets) {
    return "{\"a\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}}"
        .formatted(type, shape, offsets);
  }

  private static String two(String first, String second) {
    String one = tensor("F32", "[2]", first);
    String other = tensor("F32", "[2]", second).replace("\"a\"", "\"b\"");
    return one.substring(0, one.length() - 1) + "," + other.substring(1);
  }
}
