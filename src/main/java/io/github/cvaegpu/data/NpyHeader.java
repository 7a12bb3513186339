// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an array in NumPy's NPY format begins with: a magic string, a version from 1.0 to 3.0, and
 * the literal of a Python dictionary of type, order and shape.
 *
 * <p>Source: NumPy Enhancement Proposal 1, and the module {@code numpy.lib.format}.
 *
 * @param type of an element as NumPy writes it, e.g. {@code <f4}: little-endian or of one byte; of
 *     a record a list of fields
 * @param shape lengths of the dimensions, each from 0 to 2^31 - 1
 * @param bytes how long all of this is
 */
record NpyHeader(String type, List<Integer> shape, int bytes) {
  private static final byte[] MAGIC = "\u0093NUMPY".getBytes(StandardCharsets.ISO_8859_1);

  /** Such a header has about 128 bytes; only that of a structured array is longer. */
  private static final int MAX_TEXT = 1 << 16;

  private static final int MAX_RECORD = 1 << 20;

  private static final String TEXT = "'[^'\\\\]*'";

  /** Possessive, so that what matches it is not a stack as deep as there are numbers. */
  private static final String TUPLE = "\\((?:\\s*+\\d++L?\\s*+,)*+\\s*+(?:\\d++L?\\s*+)?\\)";

  /** As many as NumPy's arrays have at most. */
  private static final int MAX_DIMENSIONS = 64;

  private static final Pattern ITEM =
      Pattern.compile("\\s*'(\\w+)'\\s*:\\s*(%s|True|False|%s|\\[.*])\\s*".formatted(TEXT, TUPLE));
  private static final Pattern NUMBER = Pattern.compile("\\d+");
  private static final Pattern FIELD =
      Pattern.compile(
          "[\\s,]*\\(\\s*(%s)\\s*,\\s*'([<>=|]?[biufVSO])(\\d{1,6})'\\s*(?:,\\s*\\(\\s*(\\d{1,6})\\s*,?\\s*\\)\\s*)?\\)"
              .formatted(TEXT));

  /**
   * A field of a record.
   *
   * @param name of the field
   * @param type of a number, e.g. {@code <f4}
   * @param count numbers in it
   * @param offset bytes of the record before it
   * @param bytes it takes
   */
  record Field(String name, String type, int count, int offset, int bytes) {}

  /** Copies the list. */
  NpyHeader {
    shape = List.copyOf(shape);
  }

  /** Whether a file that begins so is meant to be an array of NumPy's. */
  static boolean begins(byte[] bytes) {
    return bytes.length >= MAGIC.length
        && Arrays.equals(MAGIC, 0, MAGIC.length, bytes, 0, MAGIC.length);
  }

  /**
   * Reads the header, and not a byte of what is behind it.
   *
   * @throws Refusal if there is none, or one of an array that is not read
   */
  static NpyHeader read(InputStream in) throws IOException {
    byte[] start = in.readNBytes(MAGIC.length + 2);
    if (!begins(start)) {
      throw new Refusal("is no array in NumPy's NPY format: it does not begin as one");
    }
    if (start.length < MAGIC.length + 2) {
      throw truncated();
    }
    int major = start[MAGIC.length];
    int minor = start[MAGIC.length + 1];
    if (major < 1 || major > 3 || minor != 0) {
      throw new Refusal(
          String.format(
              Locale.ROOT,
              "has version %d.%d of the NPY format, where 1.0 to 3.0 are read",
              major & 0xFF,
              minor & 0xFF));
    }
    byte[] length = in.readNBytes(major == 1 ? Short.BYTES : Integer.BYTES);
    if (length.length < (major == 1 ? Short.BYTES : Integer.BYTES)) {
      throw truncated();
    }
    long size = 0;
    for (int i = length.length - 1; i >= 0; i--) {
      size = (size << 8) | (length[i] & 0xFF);
    }
    if (size > MAX_TEXT) {
      throw new Refusal("has a header of %s bytes, longer than any of images".formatted(size));
    }
    byte[] text = in.readNBytes((int) size);
    if (text.length < size) {
      throw truncated();
    }
    return of(
        new String(text, major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1),
        start.length + length.length + text.length);
  }

  private static Refusal truncated() {
    return new Refusal("is truncated: it ends within its header");
  }

  private static NpyHeader of(String text, int bytes) throws Refusal {
    Map<String, String> items = items(text.strip());
    if (!items.keySet().equals(Set.of("descr", "fortran_order", "shape"))) {
      throw damaged();
    }
    String type = items.get("descr");
    boolean isRecord = type.startsWith("[");
    if ((!isRecord && !type.startsWith("'"))
        || !items.get("fortran_order").matches("True|False")
        || !items.get("shape").startsWith("(")) {
      throw damaged();
    }
    if (!isRecord) {
      type = type.substring(1, type.length() - 1);
      requireReadable(type);
    }
    List<Integer> shape = new ArrayList<>();
    Matcher numbers = NUMBER.matcher(items.get("shape"));
    while (numbers.find()) {
      shape.add(length(numbers.group()));
      if (shape.size() > MAX_DIMENSIONS) {
        throw new Refusal(
            String.format(
                Locale.ROOT, "has an absurd shape: more than %d dimensions", MAX_DIMENSIONS));
      }
    }
    if (items.get("fortran_order").equals("True")) {
      throw new Refusal(
          "is in Fortran order, which is not read: numpy.ascontiguousarray makes it C order");
    }
    return new NpyHeader(type, shape, bytes);
  }

  private static Map<String, String> items(String text) throws Refusal {
    if (!text.startsWith("{") || !text.endsWith("}")) {
      throw damaged();
    }
    Map<String, String> items = new HashMap<>();
    Matcher item = ITEM.matcher(text);
    int at = 1;
    int end = text.length() - 1;
    while (at < end && !text.substring(at, end).isBlank()) {
      item.region(at, end);
      if (!item.lookingAt() || items.put(item.group(1), item.group(2)) != null) {
        throw damaged();
      }
      at = item.end();
      if (at < end) {
        if (text.charAt(at) != ',') {
          throw damaged();
        }
        at++;
      }
    }
    return items;
  }

  /** Whether an element is a record of fields. */
  boolean isOfRecords() {
    return type.startsWith("[");
  }

  /**
   * The fields of a record, each a number or a row of numbers.
   *
   * @throws Refusal if there is anything else among them
   */
  List<Field> fields() throws Refusal {
    List<Field> fields = new ArrayList<>();
    Matcher field = FIELD.matcher(type);
    int at = 1;
    int offset = 0;
    while (field.region(at, type.length()).lookingAt()) {
      String number = field.group(2) + field.group(3);
      requireReadable(number);
      int count = field.group(4) == null ? 1 : Integer.parseInt(field.group(4));
      long bytes = (long) count * Integer.parseInt(field.group(3));
      if (offset + bytes > MAX_RECORD) {
        throw new Refusal("has records of more than a mebibyte");
      }
      String name = field.group(1);
      fields.add(
          new Field(name.substring(1, name.length() - 1), number, count, offset, (int) bytes));
      offset += (int) bytes;
      at = field.end();
    }
    if (fields.isEmpty() || !type.substring(at).matches("[,\\s]*\\]")) {
      throw new Refusal("holds records of fields that are not read: %s".formatted(type));
    }
    return fields;
  }

  private static void requireReadable(String type) throws Refusal {
    if (type.startsWith(">")) {
      throw new Refusal("is big-endian (%s), which is not read".formatted(type));
    }
    if (type.contains("O")) {
      throw new Refusal("holds Python objects, which are not read");
    }
  }

  private static int length(String digits) throws Refusal {
    String number = digits.replaceFirst("^0+(?=\\d)", "");
    if (number.length() > 10 || Long.parseLong(number) > Integer.MAX_VALUE) {
      throw new Refusal("has an absurd shape: a dimension of %s".formatted(digits));
    }
    return Integer.parseInt(number);
  }

  private static Refusal damaged() {
    return new Refusal("is damaged: its header is none that NumPy writes");
  }
}
