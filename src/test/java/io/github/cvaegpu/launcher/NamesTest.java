// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
  /** A command line as the system shows it, each letter one byte. */
  private static byte[] commandLine(String text) {
    return text.replace('|', '\0').getBytes(ISO_8859_1);
  }

  private static String[] of(String... args) {
    return args;
  }

  @Test
  void argumentsAreReadAnewFromTheEndOfTheCommandLine() {
    byte[] line = commandLine("java|-jar|a|train||m\u00c3\u00bc|?||");
    assertArrayEquals(
        of("train", "", "m\u00fc", "?", ""),
        Names.arguments(of("train", "", "m??", "?", ""), line, UTF_8));
    assertArrayEquals(of(), Names.arguments(of(), line, UTF_8));
  }

  @Test
  void bytesThatAreNoCharactersShow() {
    byte[] line = commandLine("java|m\u00fc|\u00c3\u00bc|");
    assertArrayEquals(of("m\ufffd", "\u00fc"), Names.arguments(of("m?", "??"), line, UTF_8));
    // As where the child's locale is not there either.
    assertArrayEquals(
        of("m\ufffd", "\ufffd\ufffd"), Names.arguments(of("m?", "??"), line, US_ASCII));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // Nothing to be read, too few, none before, shorter, longer, other words.
        "",
        "train|m\u00c3\u00bc|",
        "java|m\u00c3\u00bc|",
        "java|train|m\u00c3|",
        "java|train|m\u00c3\u00bcl|",
        "java|trait|m\u00c3\u00bc|",
        "java|train|n\u00c3\u00bc|"
      })
  void whatIsNotTheSameCommandLineIsNotBelieved(String line) {
    assertArrayEquals(
        of("train", "m\ufffd\ufffd"),
        Names.arguments(of("train", "m??"), commandLine(line), UTF_8));
  }

  @Test
  void withoutAWordFromTheLauncherArgumentsAreWhatTheyAre() {
    String[] args = {"a", "m??"};
    assertArrayEquals(args, Names.arguments(args));
  }

  @Test
  void onlyWhatNamesFilesOfTheProgramIsComplainedOf() {
    assertNull(Names.complaint(of("a", "m\u00fc", "?"), Map.of("CVAE_GPU_DATA", "\u00fc")));
    assertNull(Names.complaint(of(), Map.of("PS1", "\ufffd")));
    String argument = Names.complaint(of("a", "--out=m\ufffdr"), Map.of());
    assertTrue(argument.startsWith("The argument \"--out=m?r\" holds bytes that "), argument);
    for (String variable : new String[] {"CVAE_GPU_DATA", "XDG_CACHE_HOME"}) {
      String complaint = Names.complaint(of("a"), Map.of(variable, "/\ufffd"));
      String start = "The environment variable " + variable + " with the value \"/?\" holds bytes";
      assertEquals(start, complaint.substring(0, start.length()));
    }
  }
}
