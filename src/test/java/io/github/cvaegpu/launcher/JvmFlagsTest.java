// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class JvmFlagsTest {
  private static void reads(String text, String... words) {
    assertEquals(List.of(words), JvmFlags.words(text), text);
  }

  @Test
  void whiteSpaceSeparates() {
    reads("");
    reads(" \t\n ");
    reads(" -Xmx8g\t -Da=b \n", "-Xmx8g", "-Da=b");
  }

  @Test
  void quotesHoldTogether() {
    reads("'-Da=b c' -Xmx8g", "-Da=b c", "-Xmx8g");
    reads("-Da=\"b  c\"d'e f'", "-Da=b  cde f");
    reads("-Da='' ''", "-Da=", "");
    reads("'a \"b\\' \"it's\"", "a \"b\\", "it's");
    reads("\"a \\\"b\\\" \\\\ c\"", "a \"b\" \\ c");
  }

  @Test
  void aBackslashTakesWhatWouldSeparateOrQuote() {
    reads("-Da=b\\ c", "-Da=b c");
    reads("\\\"a \\'b \\\\", "\"a", "'b", "\\");
    reads("\\ ", " ");
  }

  @Test
  void otherBackslashesStay() {
    reads("-Da=C:\\tmp\\new \"C:\\Program Files\\x\"", "-Da=C:\\tmp\\new", "C:\\Program Files\\x");
    reads("a\\", "a\\");
    reads("\"a\\'b\"", "a\\'b");
  }

  @Test
  void aQuoteWithoutAnEndIsRefused() {
    for (String text : List.of("'a b", "a\"", "'a'\"b'", "\"a\\\"")) {
      var e = assertThrows(IllegalArgumentException.class, () -> JvmFlags.words(text));
      char quote = text.startsWith("'a b") ? '\'' : '"';
      assertEquals("has a quote (" + quote + ") without its end: " + text, e.getMessage());
    }
  }
}
