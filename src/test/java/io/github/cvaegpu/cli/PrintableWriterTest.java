// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonParser;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrintableWriterTest {
  /** Titles, a cleared screen, colours, a line written over, C1 controls, a turned direction. */
  private static final String NASTY =
      "\u001b]0;owned\u0007\u001b[2J\u001b[31m\rover\b\u009b1A\u202e\uDB40\uDC41\u007f";

  private static String printed(String text) {
    var to = new StringWriter();
    PrintableWriter.to(to).print(text);
    return to.toString();
  }

  private static void assertHarmless(String text) {
    assertTrue(
        text.codePoints()
            .allMatch(
                c ->
                    c == '\n'
                        || c == '\t'
                        || (!Character.isISOControl(c)
                            && Character.getType(c) != Character.FORMAT)),
        text);
  }

  @Test
  void nothingMovesTheCursor() {
    assertHarmless(printed(NASTY));
    assertTrue(printed(NASTY).startsWith("\\u001b]0;owned\\u0007"), printed(NASTY));
    assertTrue(printed("a\rb").equals("a\\rb"));
  }

  @Test
  void tablesStayTables() {
    String table = "a\tb\r\nKL 9.97 ± 0.02 – Größe 日本 \uD83D\uDE00\n";
    assertEquals(table, printed(table));
    var to = new StringWriter();
    var out = PrintableWriter.to(to);
    out.printf("%s%n", "ab");
    out.write('c');
    out.write(new char[] {'d', '\u001b'}, 0, 2);
    assertEquals("ab%ncd\\u001b".formatted(), to.toString());
  }

  @Test
  void jsonStaysTheSameJson() {
    String json = new Gson().toJson(NASTY);
    assertHarmless(printed(json));
    assertEquals(NASTY, JsonParser.parseString(printed(json)).getAsString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evaluate %s",
        "report %s",
        "train --resume --out %s",
        "train --data %s",
        "train %s",
        "%s",
        "train --epochs %s",
        "train --control %s",
        "data fetch %s",
        "data path %s",
      })
  void badArgumentsAreShownAndNotDone(String command) {
    // Without a carriage return alone: of folders it is as possible as of words.
    CommandRun result = CommandRun.of(command.formatted(NASTY).split(" ", -1));
    assertFalse(result.code() == ExitCode.OK, result.out());
    assertHarmless(result.err().replace(System.lineSeparator(), "\n"));
    assertHarmless(result.out().replace(System.lineSeparator(), "\n"));
    assertTrue(result.err().contains("\\u001b"), result.err());
  }
}
