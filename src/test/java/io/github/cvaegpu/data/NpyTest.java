// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.data.NpyHeader.Field;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What this program writes for NumPy, and what of it, and of records, is read. */
class NpyTest {
  /** What numpy.save(file, numpy.array([[1, 2, 3]], dtype="float32")) wrote, NumPy 2.4.6. */
  private static final byte[] OF_NUMPY =
      HexFormat.of()
          .parseHex(
              "934e554d50590100"
                  + "7600"
                  + hex("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }")
                  + "20".repeat(117 - 59)
                  + "0a"
                  + "0000803f0000004000004040");

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static NpyHeader read(byte[] bytes) throws IOException {
    return NpyHeader.read(new ByteArrayInputStream(bytes));
  }

  @Test
  void anArrayIsWrittenAsNumPyWritesIt() throws IOException {
    var out = new ByteArrayOutputStream();
    new NpyWriter(out, NpyWriter.FLOAT, 1, 3).write(1, 2, 3);
    assertArrayEquals(OF_NUMPY, out.toByteArray());
  }

  @Test
  void numbersBeginAtAMultipleOf64() throws IOException {
    for (int length = 1; length < 200; length++) {
      var out = new ByteArrayOutputStream();
      new NpyWriter(out, "'" + "x".repeat(length) + "'", 3);
      assertEquals(0, out.size() % 64);
      assertEquals(List.of(3), read(out.toByteArray()).shape());
    }
  }

  @Test
  void recordsHaveFields() throws IOException {
    String fields = "[('label', '<i4'), ('mean', '<f4', (2,)), ('x', '|u1')]";
    var out = new ByteArrayOutputStream();
    new NpyWriter(out, fields, 7);
    NpyHeader header = read(out.toByteArray());
    assertTrue(header.isOfRecords());
    assertEquals(List.of(7), header.shape());
    assertEquals(
        List.of(
            new Field("label", "<i4", 1, 0, 4),
            new Field("mean", "<f4", 2, 4, 8),
            new Field("x", "|u1", 1, 12, 1)),
        header.fields());
    assertFalse(read(OF_NUMPY).isOfRecords());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "[('a', '<f4', (2, 3))]",
        "[('a', [('b', '<f4')])]",
        "[('a', '<f4', (9999999999,))]",
        "[('a', '<f4', (999999,))]",
        "[('a', '>f4')]",
        "[('a', '|O')]",
        "[('a', '<f4') rubbish]",
        "[('a', '<f4'), rubbish]"
      })
  void fieldsOfOtherKindsAreRefused(String type) throws IOException {
    var out = new ByteArrayOutputStream();
    new NpyWriter(out, type, 1);
    NpyHeader header = read(out.toByteArray());
    assertThrows(Refusal.class, header::fields);
  }
}
