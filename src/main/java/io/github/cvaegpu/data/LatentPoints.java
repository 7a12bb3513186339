// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PushbackReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Reads latent points out of the files that {@code encode}, NumPy or a spreadsheet wrote. */
public final class LatentPoints {
  private static final Pattern NOT_FINITE =
      Pattern.compile("[+-]?(nan|inf|infinity)", Pattern.CASE_INSENSITIVE);
  private static final int BYTE_ORDER_MARK = 0xFEFF;
  private static final String MEAN = "mean";
  private static final String FLOAT = "<f4";
  private static final String DOUBLE = "<f8";

  /** Numbers that an array may have. */
  private static final long MAX_NUMBERS = Integer.MAX_VALUE - 64;

  /** Bytes of an array that are read at a time, if they are an element or more. */
  private static final int CHUNK = 1 << 20;

  private final String name;
  private final int latent;

  private LatentPoints(String name, int latent) {
    this.name = name;
    this.latent = latent;
  }

  /** What {@code encode} calls a dimension's column, e.g. {@code mean_1}. */
  public static String column(String name, int dimension) {
    return name + "_" + (dimension + 1);
  }

  /**
   * Reads points.
   *
   * @param in lines of CSV on standard input; closed
   * @param latent dimensions of the model
   * @return (points, latent), one or more, finite
   * @throws InputException if it holds none, or some of another width
   */
  public static float[] read(InputStream in, int latent) {
    return new LatentPoints("standard input", latent).text(in);
  }

  /**
   * Reads points.
   *
   * @param file {@code .npy} or {@code .csv}
   * @param latent dimensions of the model
   * @return (points, latent), one or more, finite
   * @throws InputException if it holds none, or some of another width
   */
  public static float[] read(Path file, int latent) {
    var points = new LatentPoints(file.toString(), latent);
    if (!RegularFile.isTaken(file) || Files.isDirectory(file)) {
      throw new InputException("There is no file %s.".formatted(file));
    }
    String lower = file.toString().toLowerCase(Locale.ROOT);
    try {
      if (lower.endsWith(".npy")) {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
          return points.array(in);
        }
      }
      if (lower.endsWith(".csv")) {
        try (InputStream in = Files.newInputStream(file)) {
          return points.text(in);
        }
      }
    } catch (Refusal e) {
      throw new InputException("%s %s.".formatted(file, e.getMessage()), e);
    } catch (IOException e) {
      throw new InputException("%s cannot be read: %s.".formatted(file, e.getMessage()), e);
    }
    throw new InputException("Latent points are in a .npy or .csv file, not %s.".formatted(file));
  }

  // ---- CSV
  // ----------------------------------------------------------------------------------------

  private float[] text(InputStream in) {
    try {
      var text = new PushbackReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()));
      int first = text.read();
      if (first >= 0 && first != BYTE_ORDER_MARK) {
        text.unread(first);
      }
      return lines(text);
    } catch (UncheckedIOException e) {
      throw unreadable(e.getCause());
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private InputException unreadable(IOException e) {
    String why = e instanceof CharacterCodingException ? "it is not text in UTF-8" : e.getMessage();
    return new InputException("%s cannot be read as CSV: %s.".formatted(name, why), e);
  }

  private float[] lines(Reader in) {
    List<float[]> points = new ArrayList<>();
    int[] columns = null;
    try (CsvReader<CsvRecord> reader =
        CsvReader.builder().missingFieldStrategy(FieldMismatchStrategy.IGNORE).ofCsvRecord(in)) {
      for (CsvRecord line : reader) {
        if (columns == null) {
          columns = columns(line);
          if (isHeader(line)) {
            continue;
          }
        }
        points.add(point(line, columns));
      }
    } catch (CsvParseException e) {
      throw new InputException("%s cannot be read as CSV: %s.".formatted(name, e.getMessage()), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (points.isEmpty()) {
      throw new InputException("There are no latent points in %s.".formatted(name));
    }
    float[] all = new float[Math.multiplyExact(points.size(), latent)];
    for (int i = 0; i < points.size(); i++) {
      System.arraycopy(points.get(i), 0, all, i * latent, latent);
    }
    return all;
  }

  private static boolean isHeader(CsvRecord line) {
    return line.getFields().stream().noneMatch(field -> number(field) != null);
  }

  /** Where the numbers of a point are: under the names of encode, else all that there is. */
  private int[] columns(CsvRecord first) {
    int[] columns = new int[latent];
    List<String> fields = first.getFields().stream().map(String::strip).toList();
    if (isHeader(first) && fields.contains(column(MEAN, 0))) {
      Arrays.setAll(columns, j -> fields.indexOf(column(MEAN, j)));
      for (int j = 0; j < latent; j++) {
        if (columns[j] < 0) {
          throw new InputException(
              "%s has no column %s, and the model has one for it."
                  .formatted(name, column(MEAN, j)));
        }
      }
      if (fields.contains(column(MEAN, latent))) {
        throw width((int) fields.stream().filter(field -> field.matches(MEAN + "_\\d+")).count());
      }
      return columns;
    }
    if (fields.size() != latent) {
      throw width(fields.size());
    }
    Arrays.setAll(columns, j -> j);
    return columns;
  }

  private float[] point(CsvRecord line, int[] columns) {
    float[] point = new float[latent];
    for (int j = 0; j < latent; j++) {
      Float value = columns[j] < line.getFieldCount() ? number(line.getField(columns[j])) : null;
      if (value == null || !Float.isFinite(value)) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "Line %d of %s has no finite number in column %d.",
                line.getStartingLineNumber(),
                name,
                columns[j] + 1));
      }
      point[j] = value;
    }
    return point;
  }

  /** The number that a field has, however other programs write NaN and infinity; null if none. */
  private static Float number(String field) {
    String text = field.strip();
    if (NOT_FINITE.matcher(text).matches()) {
      return Float.NaN;
    }
    try {
      return Float.valueOf(text);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private InputException width(int found) {
    return new InputException(
        String.format(
            Locale.ROOT,
            "The points in %s have %d dimensions, and the model has %d.",
            name,
            found,
            latent));
  }

  // ---- NumPy
  // --------------------------------------------------------------------------------------

  private float[] array(InputStream in) throws IOException {
    NpyHeader header = NpyHeader.read(in);
    Elements elements = header.isOfRecords() ? ofRecords(header) : ofNumbers(header);
    int count = header.shape().getFirst();
    if (count == 0) {
      throw new InputException("There are no latent points in %s.".formatted(name));
    }
    if (count > MAX_NUMBERS / latent) {
      throw new Refusal("has more points than can be decoded at once");
    }
    return numbers(in, elements, count);
  }

  /**
   * How a point lies in the array.
   *
   * @param bytes of a point and what is around it
   * @param offset of its first number
   * @param isDouble whether numbers have 64 bits
   */
  private record Elements(int bytes, int offset, boolean isDouble) {}

  /** Records with a field of means, as {@code encode} writes them. */
  private Elements ofRecords(NpyHeader header) throws Refusal {
    List<NpyHeader.Field> fields = header.fields();
    NpyHeader.Field mean =
        fields.stream()
            .filter(field -> field.name().equals(MEAN))
            .findFirst()
            .orElseThrow(() -> new Refusal("holds records without a field \"mean\""));
    requireFloat(mean.type());
    if (mean.count() != latent) {
      throw width(mean.count());
    }
    requireShape(header, 1);
    NpyHeader.Field last = fields.getLast();
    return new Elements(last.offset() + last.bytes(), mean.offset(), mean.type().equals(DOUBLE));
  }

  private Elements ofNumbers(NpyHeader header) throws Refusal {
    requireFloat(header.type());
    List<Integer> shape = header.shape();
    // Points of one dimension may lie in a row.
    if (latent > 1 || shape.size() != 1) {
      requireShape(header, 2);
      if (shape.get(1) != latent) {
        throw width(shape.get(1));
      }
    }
    boolean isDouble = header.type().equals(DOUBLE);
    return new Elements(latent * (isDouble ? Double.BYTES : Float.BYTES), 0, isDouble);
  }

  private void requireShape(NpyHeader header, int dimensions) throws Refusal {
    if (header.shape().size() != dimensions) {
      throw new Refusal(
          String.format(
              Locale.ROOT,
              "has the shape %s, where latent points have (points%s)",
              header.shape(),
              dimensions == 1 ? "" : ", " + latent));
    }
  }

  private static void requireFloat(String type) throws Refusal {
    if (!type.equals(FLOAT) && !type.equals(DOUBLE)) {
      throw new Refusal(
          "is of the type %s, but latent points are read from float32 and float64".formatted(type));
    }
  }

  private float[] numbers(InputStream in, Elements elements, int count) throws IOException {
    // As much as the file turns out to have, whatever its header says.
    List<float[]> chunks = new ArrayList<>();
    int most = Math.max(1, CHUNK / elements.bytes);
    for (int first = 0; first < count; first += most) {
      int chunk = Math.min(most, count - first);
      byte[] bytes = in.readNBytes(chunk * elements.bytes);
      if (bytes.length < chunk * elements.bytes) {
        throw new Refusal(
            String.format(Locale.ROOT, "is truncated: it ends before its %,d points", count));
      }
      chunks.add(numbers(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), elements, first));
    }
    if (in.read() >= 0) {
      throw new Refusal("has more bytes than its header promises");
    }
    float[] all = new float[count * latent];
    int at = 0;
    for (float[] chunk : chunks) {
      System.arraycopy(chunk, 0, all, at, chunk.length);
      at += chunk.length;
    }
    return all;
  }

  private float[] numbers(ByteBuffer bytes, Elements elements, int first) {
    int count = bytes.limit() / elements.bytes;
    float[] numbers = new float[count * latent];
    for (int i = 0; i < numbers.length; i++) {
      int at = i / latent * elements.bytes + elements.offset;
      int j = i % latent;
      numbers[i] =
          elements.isDouble
              ? (float) bytes.getDouble(at + j * Double.BYTES)
              : bytes.getFloat(at + j * Float.BYTES);
      if (!Float.isFinite(numbers[i])) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "Point %d of %s, from 0, has no finite number in dimension %d.",
                first + i / latent,
                name,
                j + 1));
      }
    }
    return numbers;
  }
}
