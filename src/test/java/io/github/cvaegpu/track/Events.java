// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** Reads event files, and by the book: checksums, wire types, what a session's start does. */
final class Events {
  private Events() {}

  /**
   * An event.
   *
   * @param time seconds since 1970
   * @param step the run's
   * @param version of the file, in its first event
   * @param isStart whether a session starts with it
   * @param scalars by tag
   * @param texts by tag
   */
  record Event(
      double time,
      long step,
      String version,
      boolean isStart,
      Map<String, Float> scalars,
      Map<String, String> texts) {}

  /** A field as it is on the wire. */
  private record Field(int number, long integer, double float64, float float32, ByteBuffer bytes) {
    String text() {
      return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }
  }

  /** The event files of a folder, in the order of readers. */
  static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("events.out.tfevents."))
          .sorted()
          .toList();
    }
  }

  /** All whole records of a file; a torn one at its end is left out. */
  static List<Event> read(Path file) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<Event> events = new ArrayList<>();
    while (in.remaining() >= 12) {
      int start = in.position();
      long length = in.getLong();
      assertEquals(masked(in.array(), start, 8), in.getInt(), "checksum of the length at " + start);
      if (in.remaining() < length + 4) {
        break;
      }
      byte[] data = new byte[(int) length];
      in.get(data);
      assertEquals(masked(data, 0, data.length), in.getInt(), "checksum of the data at " + start);
      events.add(event(data));
    }
    return events;
  }

  private static int masked(byte[] bytes, int offset, int length) {
    var checksum = new CRC32C();
    checksum.update(bytes, offset, length);
    int crc = (int) checksum.getValue();
    return ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
  }

  private static Event event(byte[] data) {
    double time = 0;
    long step = 0;
    String version = "";
    boolean isStart = false;
    Map<String, Float> scalars = new TreeMap<>();
    Map<String, String> texts = new TreeMap<>();
    for (Field field : fields(ByteBuffer.wrap(data))) {
      switch (field.number()) {
        case 1 -> time = field.float64();
        case 2 -> step = field.integer();
        case 3 -> version = field.text();
        case 5 -> fields(field.bytes()).forEach(value -> add(value, scalars, texts));
        case 7 -> isStart = fields(field.bytes()).getFirst().integer() == 1;
        default -> throw new AssertionError("field " + field.number());
      }
    }
    return new Event(time, step, version, isStart, scalars, texts);
  }

  private static void add(Field value, Map<String, Float> scalars, Map<String, String> texts) {
    assertEquals(1, value.number());
    Map<Integer, Field> fields = new HashMap<>();
    fields(value.bytes()).forEach(field -> fields.put(field.number(), field));
    String tag = fields.get(1).text();
    if (fields.containsKey(2)) {
      assertEquals(null, scalars.put(tag, fields.get(2).float32()), tag + " twice");
      return;
    }
    Field plugin = fields(fields.get(9).bytes()).getFirst();
    assertEquals("text", fields(plugin.bytes()).getFirst().text());
    List<Field> tensor = fields(fields.get(8).bytes());
    assertEquals(List.of(1, 2, 8), tensor.stream().map(Field::number).toList());
    texts.put(tag, tensor.getLast().text());
  }

  private static List<Field> fields(ByteBuffer message) {
    ByteBuffer in = message.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    List<Field> fields = new ArrayList<>();
    while (in.hasRemaining()) {
      long tag = varint(in);
      int number = (int) (tag >>> 3);
      fields.add(
          switch ((int) (tag & 7)) {
            case 0 -> new Field(number, varint(in), 0, 0, null);
            case 1 -> new Field(number, 0, in.getDouble(), 0, null);
            case 2 -> new Field(number, 0, 0, 0, bytes(in));
            case 5 -> new Field(number, 0, 0, in.getFloat(), null);
            default -> throw new AssertionError("wire type of " + tag);
          });
    }
    return fields;
  }

  private static ByteBuffer bytes(ByteBuffer in) {
    int length = (int) varint(in);
    ByteBuffer bytes = in.slice(in.position(), length);
    in.position(in.position() + length);
    return bytes;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = in.get();
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }

  /** The scalars of a folder, by tag and step, as a reader has them that knows of restarts. */
  static Map<String, NavigableMap<Long, Float>> scalars(Path folder) throws IOException {
    Map<String, NavigableMap<Long, Float>> all = new TreeMap<>();
    for (Path file : files(folder)) {
      for (Event event : read(file)) {
        if (event.isStart()) {
          all.values().forEach(values -> values.tailMap(event.step(), true).clear());
        }
        event
            .scalars()
            .forEach(
                (tag, value) ->
                    assertEquals(
                        null,
                        all.computeIfAbsent(tag, key -> new TreeMap<>()).put(event.step(), value),
                        tag + " twice at " + event.step()));
      }
    }
    all.values().removeIf(Map::isEmpty);
    return all;
  }
}
