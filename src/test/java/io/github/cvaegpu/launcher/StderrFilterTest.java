// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StderrFilterTest {
  private static final String WARNING = "WARNING: Using incubator modules: jdk.incubator.vector";

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 54, 55, 56, 8192})
  void dropsTheWarningAtTheStart(int chunk) throws IOException {
    assertEquals("", filtered(WARNING + "\n", chunk));
    assertEquals("", filtered(WARNING + "\r\n", chunk));
    assertEquals("more\n", filtered(WARNING + "\nmore\n", chunk));
    assertEquals("W\r\0\u00ff", filtered(WARNING + "\r\nW\r\0\u00ff", chunk));
    assertEquals("\n", filtered(WARNING + "\n\n", chunk));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 54, 55, 56, 8192})
  void dropsItOnceAndOnlyBeforeAnythingElse(int chunk) throws IOException {
    assertEquals(WARNING + "\n", filtered(WARNING + "\n" + WARNING + "\n", chunk));
    assertUnchanged("\n" + WARNING + "\n", chunk);
    assertUnchanged("x\n" + WARNING + "\n", chunk);
    assertUnchanged(" " + WARNING + "\n", chunk);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 54, 55, 56, 8192})
  void passesOnWhatOnlyLooksLikeIt(int chunk) throws IOException {
    assertUnchanged("", chunk);
    assertUnchanged("W", chunk);
    assertUnchanged(WARNING, chunk);
    assertUnchanged(WARNING + "\r", chunk);
    assertUnchanged(WARNING + "\rx\n", chunk);
    assertUnchanged(WARNING + "\r\r\n", chunk);
    assertUnchanged(WARNING + ", jdk.incubator.other\n", chunk);
    assertUnchanged("WARNING: something else\n" + WARNING + "\n", chunk);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 54, 55, 56, 8192})
  void whatTheJvmSaysOfItsOptionsMayComeFirst(int chunk) throws IOException {
    String tool = "Picked up JAVA_TOOL_OPTIONS: -Dx=1\n";
    String jdk = "NOTE: Picked up JDK_JAVA_OPTIONS: -Dx=1\r\n";
    assertEquals(jdk + tool + "W", filtered(jdk + tool + WARNING + "\nW", chunk));
    assertEquals(tool + "WARN!", filtered(tool + "WARN!", chunk));
    assertUnchanged("Picked one\n" + WARNING + "\n", chunk);
    assertUnchanged("NOTE\n" + WARNING + "\n", chunk);
  }

  @Test
  void passesBytesOnAtOnce() throws IOException {
    var out = new ByteArrayOutputStream();
    var filter = new StderrFilter(out);
    StringBuilder written = new StringBuilder();
    for (char c : "Picked up x\nPi".toCharArray()) {
      filter.write(new byte[] {(byte) c}, 1);
      assertEquals(written.append(c).toString(), out.toString(ISO_8859_1));
    }
  }

  @Test
  void readsNoFurtherThanTheLength() throws IOException {
    var out = new ByteArrayOutputStream();
    var filter = new StderrFilter(out);
    filter.write("abc".getBytes(ISO_8859_1), 2);
    filter.end();
    assertEquals("ab", out.toString(ISO_8859_1));
  }

  private static void assertUnchanged(String text, int chunk) throws IOException {
    assertEquals(text, filtered(text, chunk));
  }

  private static String filtered(String text, int chunk) throws IOException {
    var out = new ByteArrayOutputStream();
    var filter = new StderrFilter(out);
    byte[] bytes = text.getBytes(ISO_8859_1);
    for (int from = 0; from < bytes.length; from += chunk) {
      int length = Math.min(chunk, bytes.length - from);
      byte[] part = new byte[length];
      System.arraycopy(bytes, from, part, 0, length);
      filter.write(part, length);
    }
    filter.end();
    return out.toString(ISO_8859_1);
  }
}
