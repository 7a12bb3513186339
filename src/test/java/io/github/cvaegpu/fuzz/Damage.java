// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.fuzz;

import com.sun.management.ThreadMXBean;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Program;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** One input's damage: what is done to a whole file, in words, and what it costs to read it. */
public final class Damage {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** What a number is replaced by: limits of types, just beyond them, and what is no number. */
  private static final List<String> NUMBERS =
      List.of(
          "0",
          "-0",
          "1",
          "-1",
          "2",
          "10",
          "255",
          "1000",
          "8000",
          "30000",
          "65536",
          "16777217",
          "2147483647",
          "2147483648",
          "-2147483648",
          "-2147483649",
          "4294967296",
          "9223372036854775807",
          "9223372036854775808",
          "-9223372036854775809",
          "0.5",
          "1e9",
          "1e-320",
          "3.4028236e38",
          "1e308",
          "-1e308",
          "1e309",
          "1e999999999",
          "NaN",
          "Infinity",
          "-Infinity",
          "",
          "-",
          "00",
          "0x10",
          "1.",
          "1e",
          "1_000",
          "\u0661",
          "7".repeat(400));

  private static final List<String> ARRAYS =
      List.of(
          "[]",
          "{}",
          "[null]",
          "[1,2,3]",
          "[8000,30000]",
          "[65536,65536]",
          "[[]]",
          "{\"a\":1}",
          "[{}]",
          "[-1]",
          "[2147483647,1]");

  private static final List<String> ESCAPES =
      List.of("\\u001b[2J", "\\u001b]0;title\\u0007", "\\u009b2J", "\\r", "\\b\\b", "\\u007f");

  /** Escapes for a terminal, half characters, markup, and words that mean something elsewhere. */
  private static final List<String> WORDS =
      List.of(
          "true",
          "false",
          "\"\"",
          "\"\\u001b]0;title\\u0007\\u001b[2J\"",
          "\"a\\nb\\rc\"",
          "\"\\ud800\"",
          "\"\\u0000\"",
          "\"\\u009b2J\"",
          "\"/\"",
          "\"../../x\"",
          "\"<script>alert(1)</script>\"",
          "\"\u65e5\u672c \u00fc\"",
          "\"%s%n%d\"",
          "\"control\"",
          "\"beta\"",
          "\"completed\"",
          "\"interrupted\"",
          "\"diverged\"",
          "\"failed\"",
          "\"running\"",
          "\"synthetic_fallback\"",
          "\"verified\"",
          "x",
          "'a'");

  /** Bytes of integers in binary files. */
  private static final long[] INTEGERS = {
    0,
    1,
    -1,
    255,
    256,
    65_535,
    1L << 20,
    1L << 28,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 32,
    1L << 40,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private static final Pattern NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?([eE][-+]?\\d+)?");

  /** What users should not have to read. */
  private static final Pattern JAVA =
      Pattern.compile(
          "\\b(java|javax|jdk|com|io|sun)\\.\\w+\\.\\w|Exception\\b|\\bError:|\\b[A-Z]\\w*\\[\\w+="
              + "|BEGIN_(OBJECT|ARRAY)|END_(OBJECT|ARRAY)|\\bpath \\$|\\$\\.|@[0-9a-f]{6,}");

  private static final int MAX_MESSAGE = 2000;

  private final int index;
  private final SplittableRandom random;
  private final List<String> notes = new ArrayList<>();
  private long nanos;
  private long bytes;

  /** The reader refused the input, in a sentence. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message, null, false, false);
    }
  }

  /** The reader did something that it must not. */
  static final class WrongException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String kind;

    WrongException(String kind, String detail) {
      super(kind + ": " + detail);
      this.kind = kind;
    }

    String kind() {
      return kind;
    }
  }

  Damage(long seed, int index) {
    this.index = index;
    // Far apart seeds for neighbours; the generator mixes them once more.
    random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + index * 0xD1B54A32D192ED03L);
  }

  /** Where all choices come from. */
  public SplittableRandom random() {
    return random;
  }

  /** Keeps in words what is done. */
  public void note(Object... words) {
    notes.add(Arrays.stream(words).map(String::valueOf).collect(Collectors.joining(" ")));
  }

  /** One of several. */
  public <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  /** True once in so many times. */
  public boolean oneIn(int times) {
    return random.nextInt(times) == 0;
  }

  /** A number that is likely to be too small, too large or none. */
  public String number() {
    return pick(NUMBERS);
  }

  long nanos() {
    return nanos;
  }

  /** What the calling thread has had of the processor so far. */
  static long processorNanos() {
    return THREADS.getCurrentThreadCpuTime();
  }

  long bytes() {
    return bytes;
  }

  @Override
  public String toString() {
    String what = String.join("; ", notes);
    String shown = what.length() > 400 ? what.substring(0, 400) + "..." : what;
    return "input " + index + " (" + Text.printable(shown) + ")";
  }

  // ---- reading ---------------------------------------------------------------------------------

  /**
   * Has the input read, at the reader's cost.
   *
   * @return what the reader made of it
   * @throws Refused if the reader refused it as it should
   */
  public <T> T reading(Callable<T> reader) throws Exception {
    long cpu = THREADS.getCurrentThreadCpuTime();
    long allocated = THREADS.getCurrentThreadAllocatedBytes();
    try {
      return reader.call();
    } catch (InputException e) {
      requireSentence(e.getMessage());
      throw new Refused(e.getMessage());
    } finally {
      nanos += THREADS.getCurrentThreadCpuTime() - cpu;
      bytes += THREADS.getCurrentThreadAllocatedBytes() - allocated;
    }
  }

  /**
   * Fails unless a message is what users are promised: a sentence without Java in it, or one that
   * ends with a command to paste, which a full stop would spoil.
   */
  public static void requireSentence(String message) {
    if (message == null || message.isEmpty()) {
      throw new WrongException("a refusal without a message", String.valueOf(message));
    }
    String shown = Text.printable(message);
    requirePrintable(message);
    boolean endsWithCommand = message.contains(": " + Program.command("train", "--resume"));
    if (!message.endsWith(".") && !message.endsWith("?") && !endsWithCommand) {
      throw new WrongException("a refusal that is no sentence", shown);
    }
    if (message.length() > MAX_MESSAGE) {
      throw new WrongException("a refusal that nobody reads to its end", shown);
    }
    requireNoJava(message);
  }

  /** Fails where a text speaks of Java. */
  public static void requireNoJava(String text) {
    Matcher java = JAVA.matcher(text);
    if (java.find()) {
      throw new WrongException("a message that speaks of Java", Text.printable(text));
    }
  }

  /** Fails if a line would move a terminal's cursor. */
  public static void requirePrintable(String line) {
    if (line.codePoints().anyMatch(Character::isISOControl)) {
      throw new WrongException("a control character for the terminal", Text.printable(line));
    }
  }

  /** Fails unless what was read is what it should be. */
  public static void require(boolean holds, String kind, Object detail) {
    if (!holds) {
      throw new WrongException(kind, Text.printable(String.valueOf(detail)));
    }
  }

  // ---- bytes -----------------------------------------------------------------------------------

  /** A file with damage at one to three places; now and then a whole one, as a check. */
  public byte[] bytes(List<byte[]> whole) {
    byte[] bytes = pick(whole).clone();
    if (oneIn(200)) {
      note("whole");
      return bytes;
    }
    int places = oneIn(2) ? 1 : 1 + random.nextInt(3);
    for (int i = 0; i < places; i++) {
      bytes = damaged(bytes, whole);
    }
    return bytes;
  }

  private byte[] damaged(byte[] bytes, List<byte[]> whole) {
    if (bytes.length == 0) {
      return grown(bytes);
    }
    int at = random.nextInt(bytes.length);
    int length = 1 + random.nextInt(Math.min(bytes.length - at, oneIn(3) ? 4096 : 8));
    switch (random.nextInt(12)) {
      case 0, 1, 2 -> {
        int bit = random.nextInt(8);
        bytes[at] ^= (byte) (1 << bit);
        note("bit", bit, "of byte", at, "flipped");
      }
      case 3 -> {
        bytes[at] = (byte) random.nextInt(256);
        note("byte", at, "set to", bytes[at]);
      }
      case 4 -> {
        byte value = (byte) pick(List.of(0, 255, 32, 10, 34)).intValue();
        Arrays.fill(bytes, at, at + length, value);
        note(length, "bytes from", at, "on set to", value);
      }
      case 5 -> {
        note("truncated to", at, "bytes");
        return Arrays.copyOf(bytes, at);
      }
      case 6 -> {
        return grown(bytes);
      }
      case 7 -> {
        note(length, "bytes from", at, "on cut out");
        return joined(bytes, 0, at, bytes, at + length, bytes.length);
      }
      case 8 -> {
        note(length, "bytes from", at, "on doubled");
        return joined(bytes, 0, at + length, bytes, at, bytes.length);
      }
      case 9 -> {
        byte[] other = pick(whole);
        int from = oneIn(2) ? Math.min(at, other.length) : random.nextInt(other.length + 1);
        note("the first", at, "bytes, and another file from byte", from, "on");
        return joined(bytes, 0, at, other, from, other.length);
      }
      case 10 -> integer(bytes, at);
      default -> {
        return number(bytes, at);
      }
    }
    return bytes;
  }

  private byte[] grown(byte[] bytes) {
    byte[] more = new byte[1 + random.nextInt(oneIn(4) ? 10_000 : 16)];
    if (oneIn(2)) {
      random.nextBytes(more);
    }
    note(more.length, "bytes added");
    return joined(bytes, 0, bytes.length, more, 0, more.length);
  }

  private void integer(byte[] bytes, int at) {
    int size = oneIn(2) ? Integer.BYTES : Long.BYTES;
    int aligned = at / size * size;
    if (aligned + size > bytes.length) {
      return;
    }
    long value = INTEGERS[random.nextInt(INTEGERS.length)];
    ByteOrder order = oneIn(2) ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    ByteBuffer into = ByteBuffer.wrap(bytes).order(order);
    if (size == Integer.BYTES) {
      into.putInt(aligned, (int) value);
    } else {
      into.putLong(aligned, value);
    }
    note(size, "bytes at", aligned, "set to", value, ",", order);
  }

  private byte[] number(byte[] bytes, int at) {
    int end = Math.min(bytes.length, at + 200);
    Matcher digits = NUMBER.matcher(new String(bytes, at, end - at, StandardCharsets.ISO_8859_1));
    if (!digits.find()) {
      return bytes;
    }
    String value = number();
    note(digits.group(), "at byte", at + digits.start(), "made", value);
    var out = new ByteArrayOutputStream();
    out.write(bytes, 0, at + digits.start());
    out.writeBytes(value.getBytes(StandardCharsets.UTF_8));
    out.write(bytes, at + digits.end(), bytes.length - at - digits.end());
    return out.toByteArray();
  }

  private static byte[] joined(
      byte[] first, int from, int to, byte[] second, int secondFrom, int secondTo) {
    var out = new ByteArrayOutputStream();
    out.write(first, from, to - from);
    out.write(second, secondFrom, secondTo - secondFrom);
    return out.toByteArray();
  }

  // ---- JSON ------------------------------------------------------------------------------------

  /** A JSON text with one to three values or fields that are missing, doubled or something else. */
  public String json(String whole) {
    Text text = Text.parse(whole);
    int places = oneIn(2) ? 1 : 1 + random.nextInt(3);
    Set<Integer> taken = new HashSet<>();
    List<Text.Edit> edits = new ArrayList<>();
    for (int i = 0; i < places; i++) {
      Text.Value value = pick(text.values());
      boolean overlaps = edits.stream().anyMatch(edit -> edit.overlaps(value));
      if (taken.add(value.from()) && !overlaps) {
        edits.add(edit(text, value));
      }
    }
    return text.with(edits);
  }

  /** A JSON text of which some strings hold what a terminal takes for a command. */
  public String escapes(String whole) {
    Text text = Text.parse(whole);
    List<Text.Edit> edits = new ArrayList<>();
    for (Text.Value value : text.values()) {
      if (text.of(value).startsWith("\"") && oneIn(4)) {
        note(value.path(), "with an escape");
        edits.add(text.replaced(value, "\"" + pick(ESCAPES) + text.of(value).substring(1)));
      }
    }
    return text.with(edits);
  }

  private Text.Edit edit(Text text, Text.Value value) {
    return switch (value.isField() ? random.nextInt(12) : 11) {
      case 0 -> {
        note(value.path(), "left out");
        yield text.without(value);
      }
      case 1 -> {
        note(value.path(), "twice");
        yield text.twice(value, oneIn(2) ? text.of(value) : replacement(text, value));
      }
      case 2 -> {
        note(value.path(), "renamed");
        yield text.renamed(value, pick(List.of("", "A", "\\u001b[2J", "__proto__")));
      }
      default -> {
        String other = replacement(text, value);
        note(value.path(), "made", other.length() > 80 ? other.substring(0, 80) : other);
        yield text.replaced(value, other);
      }
    };
  }

  private String replacement(Text text, Text.Value value) {
    if (oneIn(300)) {
      int depth = pick(List.of(1_000, 100_000));
      note("nested", depth, "deep");
      return oneIn(2) ? "[".repeat(depth) + "]".repeat(depth) : "{\"a\":".repeat(depth) + "1";
    }
    if (oneIn(300)) {
      return oneIn(2) ? '"' + "x".repeat(1_000_000) + '"' : "[0" + ",0".repeat(100_000) + "]";
    }
    return switch (random.nextInt(8)) {
      case 0 -> "null";
      case 1, 2 -> number();
      case 3 -> text.of(pick(text.values()));
      case 4 -> pick(ARRAYS);
      case 5 -> '"' + number() + '"';
      case 6 -> mutated(text.of(value));
      default -> pick(WORDS);
    };
  }

  /** One digit, letter or sign of a value changed. */
  private String mutated(String value) {
    if (value.isEmpty() || value.length() > 1000) {
      return "null";
    }
    int at = random.nextInt(value.length());
    char c = (char) (value.charAt(at) ^ 1 << random.nextInt(6));
    return value.substring(0, at) + c + value.substring(at + 1);
  }
}
