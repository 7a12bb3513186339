// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SafeTensorsTest {
  private static final Path FIXTURES = Path.of("test-data", "safetensors");

  /** Also in test-data/safetensors/check.py. */
  private static final Map<String, String> METADATA =
      Map.of("made by", "safetensors", "quoted \"name\" \\ \n", "pi is \u03c0, \ud835\udf0b");

  private static final int[] AWKWARD = {
    0x80000000, 0x00000001, 0x807FFFFF, 0x7F7FFFFF, 0x7F800000,
    0xFF800000, 0x7FC00000, 0x7FC12345, 0x7F812345, 0xFFFFFFFF,
  };

  @TempDir private Path folder;

  @Test
  void readsAFileOfTheReferenceImplementation() throws IOException {
    assertSame(example(), TensorFile.read(FIXTURES.resolve("reference.safetensors")));
  }

  @Test
  void writesTheFileThatTheReferenceImplementationWasCheckedWith() throws IOException {
    byte[] expected = Files.readAllBytes(FIXTURES.resolve("ours.safetensors"));
    assertArrayEquals(expected, bytes(example()));
  }

  @Test
  void readsWhatItWroteBitForBitAndWritesItAgainByteForByte() throws IOException {
    Path file = folder.resolve("model.safetensors");
    example().writeAtomically(file);
    SafeTensors read = TensorFile.read(file);
    assertSame(example(), read);
    assertEquals(List.copyOf(example().tensors().keySet()), List.copyOf(read.tensors().keySet()));
    assertArrayEquals(Files.readAllBytes(file), bytes(read));
  }

  @Test
  void theDataBeginsOnAMultipleOfEightBytes() throws IOException {
    for (int length = 0; length < 9; length++) {
      SequencedMap<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
      tensors.put("x".repeat(length), new SafeTensors.Tensor(List.of(1), new float[] {1}));
      byte[] bytes = bytes(new SafeTensors(Map.of(), tensors));
      assertEquals(0, (bytes.length - Float.BYTES) % 8);
      Path file = Files.write(folder.resolve("aligned"), bytes);
      assertEquals(tensors.keySet(), TensorFile.read(file).tensors().keySet());
    }
  }

  @Test
  void metadataIsWrittenInTheOrderOfItsKeys() throws IOException {
    Map<String, String> forth = new LinkedHashMap<>();
    Map<String, String> back = new LinkedHashMap<>();
    for (int i = 0; i < 20; i++) {
      forth.put("key " + i, "value");
      back.put("key " + (19 - i), "value");
    }
    assertArrayEquals(
        bytes(new SafeTensors(forth, new LinkedHashMap<>())),
        bytes(new SafeTensors(back, new LinkedHashMap<>())));
  }

  @Test
  void aTensorIsAViewOfALongerArray() throws IOException {
    float[] all = {0, 1, 2, 3, 4, 5, 6};
    SequencedMap<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    tensors.put("a", new SafeTensors.Tensor(List.of(2), all, 5));
    tensors.put("b", new SafeTensors.Tensor(List.of(1, 3), all, 1));
    Path file = folder.resolve("views");
    new SafeTensors(Map.of(), tensors).writeAtomically(file);
    var read = TensorFile.read(file).tensors();
    assertArrayEquals(new float[] {5, 6}, read.get("a").data());
    assertArrayEquals(new float[] {1, 2, 3}, read.get("b").data());
    assertEquals(List.of(1, 3), read.get("b").shape());
  }

  @Test
  void tensorsLongerThanTheBufferGoThrough() throws IOException {
    float[] data = new float[100_003];
    for (int i = 0; i < data.length; i++) {
      data[i] = i;
    }
    SequencedMap<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    tensors.put("long", new SafeTensors.Tensor(List.of(data.length - 2), data, 1));
    tensors.put("next", new SafeTensors.Tensor(List.of(2), data, 0));
    Path file = folder.resolve("long");
    new SafeTensors(Map.of(), tensors).writeAtomically(file);
    assertSame(new SafeTensors(Map.of(), tensors), TensorFile.read(file));
  }

  @Test
  void refusesToHoldWhatNoFileCan() {
    assertThrows(
        IllegalArgumentException.class, () -> new SafeTensors.Tensor(List.of(2, 3), new float[5]));
    assertThrows(
        IllegalArgumentException.class, () -> new SafeTensors.Tensor(List.of(2), new float[5], 4));
    assertThrows(
        IllegalArgumentException.class,
        () -> new SafeTensors.Tensor(List.of(-1, -1), new float[5]));
    SequencedMap<String, SafeTensors.Tensor> reserved = new LinkedHashMap<>();
    reserved.put("__metadata__", new SafeTensors.Tensor(List.of(), new float[1]));
    assertThrows(IllegalArgumentException.class, () -> new SafeTensors(Map.of(), reserved));
    assertThrows(
        IllegalArgumentException.class,
        () -> new SafeTensors(Map.of("half", "\ud835"), new LinkedHashMap<>()));
  }

  private static SafeTensors example() {
    SequencedMap<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    tensors.put(
        "encoder.0.weight",
        new SafeTensors.Tensor(List.of(2, 3), new float[] {0, 1 / 3f, 2 / 3f, 1, 4 / 3f, 5 / 3f}));
    tensors.put("encoder.0.bias", new SafeTensors.Tensor(List.of(2), new float[] {-1.5f, 2.25f}));
    float[] awkward = new float[AWKWARD.length];
    for (int i = 0; i < awkward.length; i++) {
      awkward[i] = Float.intBitsToFloat(AWKWARD[i]);
    }
    tensors.put("awkward", new SafeTensors.Tensor(List.of(5, 1, 2), awkward));
    tensors.put("scalar", new SafeTensors.Tensor(List.of(), new float[] {7}));
    tensors.put("empty", new SafeTensors.Tensor(List.of(3, 0, 2), new float[0]));
    tensors.put("\u03bc and \ud835\udf0e", new SafeTensors.Tensor(List.of(1), new float[] {1}));
    return new SafeTensors(METADATA, tensors);
  }

  private static byte[] bytes(SafeTensors file) throws IOException {
    var out = new ByteArrayOutputStream();
    file.write(out);
    return out.toByteArray();
  }

  /** Same metadata, names, shapes and bits; in any order. */
  static void assertSame(SafeTensors expected, SafeTensors actual) {
    assertEquals(expected.metadata(), actual.metadata());
    assertEquals(expected.tensors().keySet(), actual.tensors().keySet());
    for (var item : expected.tensors().entrySet()) {
      String name = item.getKey();
      SafeTensors.Tensor tensor = actual.tensors().get(name);
      assertEquals(item.getValue().shape(), tensor.shape(), name);
      assertArrayEquals(bits(item.getValue()), bits(tensor), name);
    }
  }

  private static int[] bits(SafeTensors.Tensor tensor) {
    int[] bits = new int[tensor.size()];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(tensor.data()[tensor.offset() + i]);
    }
    return bits;
  }
}
