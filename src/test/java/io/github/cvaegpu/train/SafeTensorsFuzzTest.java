// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.cvaegpu.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever the bytes, the reader gives back a whole file or an {@link InputException}. */
final class SafeTensorsFuzzTest {
  private static final byte[] VALID = bytes(valid());
  private static Path file;

  @BeforeContainer
  static void createFile() throws IOException {
    file = Files.createTempFile("fuzz", ".safetensors");
  }

  @AfterContainer
  static void deleteFile() throws IOException {
    Files.delete(file);
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void randomBytes(@ForAll byte[] bytes) {
    readOrRefuse(bytes);
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void randomHeaderOfJsonPieces(
      @ForAll("pieces") List<String> pieces, @ForAll @IntRange(max = 12) int dataBytes) {
    readOrRefuse(withHeader(String.join("", pieces), dataBytes));
  }

  @Provide
  Arbitrary<List<String>> pieces() {
    return Arbitraries.of(
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            " ",
            "\"a\":",
            "\"b\":",
            "\"__metadata__\":{\"k\":\"v\"},",
            "\"dtype\":\"F32\",",
            "\"shape\":[1],",
            "\"shape\":[],",
            "\"data_offsets\":[0,4]",
            "\"data_offsets\":[4,8]",
            "-1",
            "1e9",
            "\"\\ud800\"",
            "null",
            "\0",
            "\u00e9",
            "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},",
            "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}")
        .list()
        .ofMaxSize(12)
        .map(pieces -> pieces.isEmpty() ? List.of("{", "}") : pieces);
  }

  @Property(tries = 2000)
  void oneByteChanged(@ForAll int place, @ForAll byte value) {
    byte[] bytes = VALID.clone();
    bytes[Math.floorMod(place, bytes.length)] = value;
    readOrRefuse(bytes);
  }

  /** A digit for a digit leaves the JSON whole, and so reaches the checks behind it. */
  @Property(tries = 2000)
  void oneDigitChanged(@ForAll int place, @ForAll @IntRange(max = 9) int digit) {
    byte[] bytes = VALID.clone();
    int start = Math.floorMod(place, bytes.length);
    for (int i = 0; i < bytes.length; i++) {
      int at = (start + i) % bytes.length;
      if (bytes[at] >= '0' && bytes[at] <= '9') {
        bytes[at] = (byte) ('0' + digit);
        break;
      }
    }
    readOrRefuse(bytes);
  }

  @Example
  void everyTruncationIsRefused() {
    for (int length = 0; length < VALID.length; length++) {
      write(Arrays.copyOf(VALID, length));
      assertThrows(InputException.class, () -> TensorFile.read(file));
    }
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void whatWasWrittenIsRead(
      @ForAll Map<String, String> metadata,
      @ForAll("tensors") Map<String, float[]> arrays,
      @ForAll @IntRange(max = 3) int skipped) {
    SequencedMap<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    arrays.forEach(
        (name, data) -> {
          int offset = Math.min(skipped, data.length);
          List<Integer> shape = List.of(1, data.length - offset, 1);
          tensors.put(name, new SafeTensors.Tensor(shape, data, offset));
        });
    var original = new SafeTensors(encodable(metadata), tensors);
    write(bytes(original));
    SafeTensorsTest.assertSame(original, read());
  }

  @Provide
  Arbitrary<Map<String, float[]>> tensors() {
    Arbitrary<float[]> data =
        Arbitraries.integers()
            .map(Float::intBitsToFloat)
            .array(Float[].class)
            .ofMaxSize(40)
            .map(SafeTensorsFuzzTest::unbox);
    return Arbitraries.maps(Arbitraries.strings().ascii().ofMaxLength(9), data).ofMaxSize(6);
  }

  private static float[] unbox(Float[] boxed) {
    float[] floats = new float[boxed.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = boxed[i];
    }
    return floats;
  }

  private static Map<String, String> encodable(Map<String, String> metadata) {
    Map<String, String> kept = new LinkedHashMap<>();
    metadata.forEach(
        (key, value) -> {
          if (SafeTensorsHeader.isEncodable(key + "." + value)) {
            kept.put(key, value);
          }
        });
    return kept;
  }

  private static void readOrRefuse(byte[] bytes) {
    write(bytes);
    SafeTensors read;
    try {
      read = read();
    } catch (InputException e) {
      assertEquals(1, e.getMessage().lines().count(), e.getMessage());
      return;
    }
    write(bytes(read));
    SafeTensorsTest.assertSame(read, read());
  }

  private static SafeTensors valid() {
    SequencedMap<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    tensors.put("a.weight", new SafeTensors.Tensor(List.of(2, 3), new float[] {1, 2, 3, 4, 5, 6}));
    tensors.put("a.bias", new SafeTensors.Tensor(List.of(2), new float[] {7, 8}));
    tensors.put("step", new SafeTensors.Tensor(List.of(), new float[] {9}));
    return new SafeTensors(Map.of("format", "pt", "seed", "10"), tensors);
  }

  private static byte[] withHeader(String header, int dataBytes) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + text.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
        .array();
  }

  private static byte[] bytes(SafeTensors tensors) {
    var out = new ByteArrayOutputStream();
    try {
      tensors.write(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static void write(byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static SafeTensors read() {
    try {
      return TensorFile.read(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
