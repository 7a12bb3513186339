// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import com.google.gson.stream.MalformedJsonException;
import io.github.cvaegpu.InputException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PushbackInputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The JSON header of a safetensors file: written, or parsed and checked against the size of the
 * data that follows it, before any of that data is read.
 *
 * @param metadata the strings under {@code __metadata__}
 * @param entries the tensors in the order of their data, which they cover without gap or overlap
 */
record SafeTensorsHeader(Map<String, String> metadata, List<Entry> entries) {
  /** The limit of the reference implementation. */
  static final int MAX_BYTES = 100_000_000;

  static final String METADATA = "__metadata__";

  /** The deepest network's checkpoint has 1,212; a file of more would be read for its names. */
  static final int MAX_TENSORS = 10_000;

  /** A Java array holds a few elements less than its index type could count. */
  private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

  /**
   * A tensor's place in the data.
   *
   * @param begin first byte
   * @param end the byte after the last
   */
  record Entry(String name, List<Integer> shape, long begin, long end) {
    int size() {
      return Math.toIntExact((end - begin) / Float.BYTES);
    }
  }

  /** The header in UTF-8, padded with spaces so that the data after it is aligned to 8 bytes. */
  byte[] toBytes() {
    var json = new StringWriter();
    try (var writer = new JsonWriter(json)) {
      writer.beginObject();
      if (!metadata.isEmpty()) {
        writer.name(METADATA).beginObject();
        for (var item : metadata.entrySet()) {
          writer.name(item.getKey()).value(item.getValue());
        }
        writer.endObject();
      }
      for (Entry entry : entries) {
        writer.name(entry.name()).beginObject();
        writer.name("dtype").value("F32");
        writer.name("shape").beginArray();
        for (int dimension : entry.shape()) {
          writer.value(dimension);
        }
        writer.endArray();
        writer.name("data_offsets").beginArray();
        writer.value(entry.begin()).value(entry.end());
        writer.endArray().endObject();
      }
      writer.endObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    byte[] text = json.toString().getBytes(StandardCharsets.UTF_8);
    byte[] padded = Arrays.copyOf(text, Math.ceilDiv(text.length, 8) * 8);
    Arrays.fill(padded, text.length, padded.length, (byte) ' ');
    return padded;
  }

  /**
   * Parses a header.
   *
   * @param file named in refusals
   * @param header the header's bytes; read as they are needed, and not closed
   * @param dataBytes length of the data after the header
   * @throws InputException if anything about the header is not as the format has it
   */
  static SafeTensorsHeader parse(Path file, InputStream header, long dataBytes) throws IOException {
    return new Parser(file, dataBytes).parse(header);
  }

  /** What is wrong with a safetensors file, as a sentence. */
  static InputException refusal(Path file, String reason) {
    return new InputException(
        "%s is not a safetensors file that can be used: %s.".formatted(file, reason));
  }

  private static final class Parser {
    private final Path file;
    private final long dataBytes;
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final List<Entry> entries = new ArrayList<>();

    Parser(Path file, long dataBytes) {
      this.file = file;
      this.dataBytes = dataBytes;
    }

    SafeTensorsHeader parse(InputStream header) throws IOException {
      var bytes = new PushbackInputStream(header);
      int first = bytes.read();
      if (first != '{') {
        throw refusal(file, "its header is not a JSON object");
      }
      bytes.unread(first);
      // A new decoder refuses malformed input; the charset's own would replace it.
      var text = new InputStreamReader(bytes, StandardCharsets.UTF_8.newDecoder());
      var reader = new JsonReader(text);
      reader.setStrictness(Strictness.STRICT);
      try {
        readHeader(reader);
      } catch (CharacterCodingException e) {
        throw withCause(refusal(file, "its header is not UTF-8 text"), e);
      } catch (MalformedJsonException | EOFException | IllegalStateException e) {
        throw withCause(refusal(file, "its header is not valid JSON"), e);
      }
      checkCoverage();
      return new SafeTensorsHeader(metadata, entries);
    }

    private void readHeader(JsonReader reader) throws IOException {
      Set<String> names = new HashSet<>();
      reader.beginObject();
      while (reader.hasNext()) {
        String name = name(reader, names, "its header");
        if (name.equals(METADATA)) {
          readMetadata(reader);
        } else {
          if (entries.size() == MAX_TENSORS) {
            throw refusal(
                file,
                String.format(
                    Locale.ROOT, "it has more than the %d tensors that are read", MAX_TENSORS));
          }
          entries.add(readTensor(reader, name));
        }
      }
      reader.endObject();
      if (reader.peek() != JsonToken.END_DOCUMENT) {
        throw new MalformedJsonException("text after the object");
      }
    }

    private void readMetadata(JsonReader reader) throws IOException {
      if (reader.peek() != JsonToken.BEGIN_OBJECT) {
        throw refusal(file, "its %s is not a JSON object".formatted(METADATA));
      }
      Set<String> names = new HashSet<>();
      reader.beginObject();
      while (reader.hasNext()) {
        String name = name(reader, names, METADATA);
        if (reader.peek() != JsonToken.STRING) {
          throw refusal(file, "%s in its %s is not a string".formatted(quote(name), METADATA));
        }
        metadata.put(name, reader.nextString());
      }
      reader.endObject();
    }

    private Entry readTensor(JsonReader reader, String tensor) throws IOException {
      if (reader.peek() != JsonToken.BEGIN_OBJECT) {
        throw refusal(file, "the entry of tensor %s is not a JSON object".formatted(quote(tensor)));
      }
      Set<String> fields = new HashSet<>();
      List<Integer> shape = List.of();
      long[] offsets = {};
      reader.beginObject();
      while (reader.hasNext()) {
        switch (name(reader, fields, "tensor " + quote(tensor))) {
          case "dtype" -> readType(reader, tensor);
          case "shape" -> shape = readShape(reader, tensor);
          case "data_offsets" -> offsets = integers(reader, tensor, "data_offsets");
          default -> reader.skipValue();
        }
      }
      reader.endObject();
      for (String field : List.of("dtype", "shape", "data_offsets")) {
        if (!fields.contains(field)) {
          throw refusal(file, "tensor %s has no %s".formatted(quote(tensor), field));
        }
      }
      return entry(tensor, shape, offsets);
    }

    private void readType(JsonReader reader, String tensor) throws IOException {
      if (reader.peek() != JsonToken.STRING) {
        throw refusal(file, "the dtype of tensor %s is not a string".formatted(quote(tensor)));
      }
      String type = reader.nextString();
      if (!type.equals("F32")) {
        throw refusal(
            file,
            "tensor %s has dtype %s, and only F32 is read".formatted(quote(tensor), quote(type)));
      }
    }

    private List<Integer> readShape(JsonReader reader, String tensor) throws IOException {
      List<Integer> shape = new ArrayList<>();
      for (long dimension : integers(reader, tensor, "shape")) {
        if (dimension > Integer.MAX_VALUE) {
          throw tooLarge(tensor);
        }
        shape.add((int) dimension);
      }
      return List.copyOf(shape);
    }

    private long[] integers(JsonReader reader, String tensor, String field) throws IOException {
      if (reader.peek() != JsonToken.BEGIN_ARRAY) {
        throw refusal(file, "the %s of tensor %s is not an array".formatted(field, quote(tensor)));
      }
      List<Long> integers = new ArrayList<>();
      reader.beginArray();
      while (reader.hasNext()) {
        integers.add(integer(reader, tensor, field));
      }
      reader.endArray();
      return integers.stream().mapToLong(Long::longValue).toArray();
    }

    private long integer(JsonReader reader, String tensor, String field) throws IOException {
      // nextLong() would also take the string "1" and the number 1.0.
      if (reader.peek() == JsonToken.NUMBER) {
        String digits = reader.nextString();
        if (digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
          try {
            return Long.parseLong(digits);
          } catch (NumberFormatException e) {
            throw withCause(tooLarge(tensor), e);
          }
        }
      }
      throw refusal(
          file,
          "the %s of tensor %s holds something else than integers from 0"
              .formatted(field, quote(tensor)));
    }

    private Entry entry(String tensor, List<Integer> shape, long[] offsets) {
      if (offsets.length != 2) {
        throw refusal(
            file,
            String.format(
                Locale.ROOT,
                "tensor %s has %d data_offsets, not two",
                quote(tensor),
                offsets.length));
      }
      long begin = offsets[0];
      long end = offsets[1];
      if (begin > end) {
        throw refusal(file, "tensor %s ends before it begins".formatted(quote(tensor)));
      }
      if (end > dataBytes) {
        throw refusal(
            file,
            String.format(
                Locale.ROOT,
                "tensor %s ends at byte %d of the data, of which there are %d",
                quote(tensor),
                end,
                dataBytes));
      }
      long bytes = Float.BYTES;
      try {
        for (int dimension : shape) {
          bytes = Math.multiplyExact(bytes, dimension);
        }
      } catch (ArithmeticException e) {
        throw withCause(tooLarge(tensor), e);
      }
      if (bytes != end - begin) {
        throw refusal(
            file,
            String.format(
                Locale.ROOT,
                "tensor %s of shape %s takes %d bytes, and its data_offsets give it %d",
                quote(tensor),
                shape.size() <= 8 ? shape : shape.subList(0, 8) + "...",
                bytes,
                end - begin));
      }
      if (bytes / Float.BYTES > MAX_ARRAY) {
        throw tooLarge(tensor);
      }
      return new Entry(tensor, shape, begin, end);
    }

    private void checkCoverage() {
      // Stable: empty tensors at one place keep the header's order.
      entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
      long covered = 0;
      for (Entry entry : entries) {
        if (entry.begin() < covered) {
          throw refusal(
              file, "tensor %s overlaps the tensor before it".formatted(quote(entry.name())));
        }
        if (entry.begin() > covered) {
          throw refusal(
              file,
              String.format(
                  Locale.ROOT,
                  "%d bytes before tensor %s belong to no tensor",
                  entry.begin() - covered,
                  quote(entry.name())));
        }
        covered = entry.end();
      }
      if (covered != dataBytes) {
        throw refusal(
            file,
            String.format(
                Locale.ROOT,
                "the last %d bytes of its data belong to no tensor",
                dataBytes - covered));
      }
    }

    private String name(JsonReader reader, Set<String> seen, String where) throws IOException {
      String name = reader.nextName();
      if (!seen.add(name)) {
        throw refusal(file, "%s occurs twice in %s".formatted(quote(name), where));
      }
      return name;
    }

    private InputException tooLarge(String tensor) {
      return refusal(file, "tensor %s is larger than an array can be".formatted(quote(tensor)));
    }

    private static InputException withCause(InputException refusal, Exception cause) {
      refusal.initCause(cause);
      return refusal;
    }
  }

  /** Whether UTF-8 can be written for a string: half a surrogate pair has none. */
  static boolean isEncodable(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  /** A name out of an untrusted file, of a length that fits into a sentence. */
  static String quote(String name) {
    return name.length() > 80 ? name.substring(0, 77) + "..." : name;
  }
}
