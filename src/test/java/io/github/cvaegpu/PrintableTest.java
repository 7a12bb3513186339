// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

class PrintableTest {
  @Test
  void showsWhatATerminalWouldDo() {
    assertEquals("a\\u001b]0;title\\u0007b", Printable.text("a\u001b]0;title\u0007b"));
    assertEquals("\\u009b2Jclear", Printable.text("\u009b2Jclear"));
    assertEquals("\\u0000\\u0008\\u007f", Printable.text("\0\b\u007f"));
    assertEquals("two\\nlines\\r\\t", Printable.text("two\nlines\r\t"));
    assertEquals("\\u2028\\u2029\\u0085", Printable.text("\u2028\u2029\u0085"));
  }

  @Test
  void showsMarksThatTurnTheDirection() {
    assertEquals("run\\u202egpj.exe", Printable.text("run\u202egpj.exe"));
    assertEquals("\\u2066\\u2069\\u200f\\u061c", Printable.text("\u2066\u2069\u200f\u061c"));
    assertEquals("\\ufeff\\u200b", Printable.text("\ufeff\u200b"));
    assertEquals("\\udb40\\udc41", Printable.text(Character.toString(0xE0041)));
  }

  @Test
  void showsHalvesOfSurrogatePairs() {
    assertEquals("\\ud83dx", Printable.text("\ud83dx"));
    assertEquals("x\\ude00", Printable.text("x\ude00"));
    assertEquals("\\ude00\\ud83d", Printable.text("\ude00\ud83d"));
  }

  @Test
  void leavesWordsOfAllLanguagesAsTheyAre() {
    for (String word :
        new String[] {
          "",
          "M\u00fcller",
          "\u0645\u0631\u062d\u0628\u0627",
          "C:\\runs",
          "\ud83d\ude00",
          "\ud83d\udc69\u200d\ud83d\udcbb",
          "\u65e5\u672c\u8a9e",
          "\u00a0"
        }) {
      assertSame(word, Printable.text(word));
    }
  }

  @Test
  void twiceIsOnce() {
    String once = Printable.text("\u001b\n\\u001b");
    assertEquals("\\u001b\\n\\u001b", once);
    assertSame(once, Printable.text(once));
  }

  @Test
  void nullIsAWord() {
    assertEquals("null", Printable.text(null));
  }

  @Test
  void outputKeepsItsLines() {
    assertEquals("one\r\n\ttwo \\u001b[2J\n", Printable.lines("one\r\n\ttwo \u001b[2J\n"));
    assertEquals("over\\rwritten\\r", Printable.lines("over\rwritten\r"));
  }

  @Test
  void aRefusalIsOneLineWhateverItNames() {
    assertEquals(
        "a\\nb\\u001b[2J holds no run.",
        new InputException("a\nb\u001b[2J holds no run.").getMessage());
    assertEquals("x\\u0007.", new InputException("x\u0007.", null).getMessage());
    assertEquals("x\\u0007.", new UnwritableException("x\u0007.", null).getMessage());
  }
}
