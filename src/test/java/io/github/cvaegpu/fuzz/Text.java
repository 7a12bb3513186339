// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.fuzz;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * A JSON text and where its values are, so that they can be replaced by what no JSON library would
 * write.
 */
final class Text {
  private final String text;
  private final List<Value> values = new ArrayList<>();
  private int at;

  /**
   * A value's place.
   *
   * @param path names and indexes that lead to it
   * @param field where its field begins, name included; -1 if it is none
   * @param from first character
   * @param to the character after the last
   */
  record Value(String path, int field, int from, int to) {
    boolean isField() {
      return field >= 0;
    }
  }

  /** Another text in the place of a part. */
  record Edit(int from, int to, String text) {
    /** Whether a value, its field or a comma beside it is touched already. */
    boolean overlaps(Value value) {
      int begin = value.isField() ? value.field() : value.from();
      return begin - 2 <= to && from - 2 <= value.to();
    }
  }

  private Text(String text) {
    this.text = text;
  }

  /** Finds all values of a valid JSON text. */
  static Text parse(String json) {
    var text = new Text(json);
    text.value("$", -1);
    return text;
  }

  List<Value> values() {
    return values;
  }

  String of(Value value) {
    return text.substring(value.from(), value.to());
  }

  private void value(String path, int field) {
    space();
    int from = at;
    char c = text.charAt(at);
    if (c == '{' || c == '[') {
      members(path, c == '{');
    } else if (c == '"') {
      string();
    } else {
      while (at < text.length() && ",]} \n".indexOf(text.charAt(at)) < 0) {
        at++;
      }
    }
    values.add(new Value(path, field, from, at));
  }

  private void members(String path, boolean named) {
    at++;
    space();
    for (int i = 0; text.charAt(at) != '}' && text.charAt(at) != ']'; i++) {
      if (named) {
        int field = at;
        String name = string();
        space();
        at++; // The colon.
        value(path + "." + name, field);
      } else {
        value(String.format(Locale.ROOT, "%s[%d]", path, i), -1);
      }
      space();
      if (text.charAt(at) == ',') {
        at++;
        space();
      }
    }
    at++;
  }

  private String string() {
    int from = ++at;
    while (text.charAt(at) != '"') {
      at += text.charAt(at) == '\\' ? 2 : 1;
    }
    return text.substring(from, at++);
  }

  private void space() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  Edit replaced(Value value, String other) {
    return new Edit(value.from(), value.to(), other);
  }

  Edit twice(Value value, String second) {
    String name = text.substring(value.field(), value.from());
    return new Edit(value.to(), value.to(), "," + name + second);
  }

  Edit renamed(Value value, String prefix) {
    return new Edit(value.field() + 1, value.field() + 1, prefix);
  }

  /** With the comma that goes with it. */
  Edit without(Value value) {
    int after = value.to();
    while (after < text.length() && Character.isWhitespace(text.charAt(after))) {
      after++;
    }
    if (after < text.length() && text.charAt(after) == ',') {
      return new Edit(value.field(), after + 1, "");
    }
    int before = value.field();
    while (before > 0 && Character.isWhitespace(text.charAt(before - 1))) {
      before--;
    }
    boolean comma = before > 0 && text.charAt(before - 1) == ',';
    return new Edit(comma ? before - 1 : value.field(), value.to(), "");
  }

  /** The text with its parts replaced. */
  String with(List<Edit> edits) {
    var result = new StringBuilder(text);
    edits.stream()
        .sorted(Comparator.comparingInt(Edit::from).reversed())
        .forEach(edit -> result.replace(edit.from(), edit.to(), edit.text()));
    return result.toString();
  }

  /** For messages: control characters as their numbers, long texts in part. */
  static String printable(String text) {
    var shown = new StringBuilder();
    text.codePoints()
        .limit(600)
        .forEach(
            c -> {
              if (Character.isISOControl(c) || !Character.isDefined(c)) {
                shown.append(String.format(Locale.ROOT, "<%02x>", c));
              } else {
                shown.appendCodePoint(c);
              }
            });
    return shown.toString();
  }
}
