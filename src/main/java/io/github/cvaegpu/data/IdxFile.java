// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.Digests;
import io.github.cvaegpu.InputException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * The content of one IDX file, the format that MNIST is published in: a big-endian magic number,
 * the dimensions as big-endian 32-bit integers, then unsigned bytes.
 *
 * <p>Gzip is recognised by the file's first two bytes, not by its name.
 */
public final class IdxFile {

  /** What a file holds, told by its magic number. */
  public enum Kind {
    /** Three dimensions: images, rows, columns. */
    IMAGES(2051, 3),
    /** One dimension: labels. */
    LABELS(2049, 1);

    private final int magic;
    private final int dimensions;

    Kind(int magic, int dimensions) {
      this.magic = magic;
      this.dimensions = dimensions;
    }

    private String plural() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final int GZIP_MAGIC = 0x1f8b;

  /** Deflate cannot do better: a longest match of 258 bytes costs at least two bits. */
  static final int MAX_DEFLATE_RATIO = 1032;

  /** Longest array that every JVM can make: where a header asks for more, it is damaged. */
  static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

  /** The most that one file may hold; 1.3 million images of MNIST's size. */
  static final int MAX_PAYLOAD = 1 << 30;

  /** How much of a gzip file's content is expected at first: MNIST's is 5 times the file. */
  private static final int USUAL_DEFLATE_RATIO = 8;

  private static final int SMALLEST_ARRAY = 1 << 20;

  /** Small enough to be hashed while it is still in the processor's cache. */
  private static final int CHUNK = 1 << 16;

  private static final int SNIFFED = 512;

  private final int count;
  private final int height;
  private final int width;
  private final byte[] bytes;
  private final String sha256;

  private IdxFile(int[] dimensions, byte[] bytes, String sha256) {
    count = dimensions[0];
    height = dimensions[1];
    width = dimensions[2];
    this.bytes = bytes;
    this.sha256 = sha256;
  }

  /** Number of images or labels. */
  public int count() {
    return count;
  }

  /** Rows of an image; 1 for labels. */
  public int height() {
    return height;
  }

  /** Columns of an image; 1 for labels. */
  public int width() {
    return width;
  }

  /**
   * Unsigned bytes, (image, row, column) with the column fastest, or one label an image. Not to be
   * written to.
   */
  public byte[] bytes() {
    return bytes;
  }

  /** SHA-256 of the whole uncompressed file, header included, in lower-case hex. */
  public String sha256() {
    return sha256;
  }

  /**
   * Reads a plain or gzipped IDX file into one array of its final size.
   *
   * @param path the file
   * @param kind what it has to hold
   * @throws InputException if it cannot be read or is anything but one complete IDX file of this
   *     kind; the sentence begins with the path
   */
  public static IdxFile read(Path path, Kind kind) {
    try {
      return parse(path, kind);
    } catch (Refusal e) {
      throw new InputException("%s %s.".formatted(path, e.getMessage()), e);
    }
  }

  /** As {@link #read}, for callers that name something else than the path in their sentence. */
  static IdxFile parse(Path path, Kind kind) throws Refusal {
    if (Files.isDirectory(path)) {
      throw new Refusal("is a folder, not an IDX file of " + kind.plural());
    }
    if (Files.exists(path) && !Files.isRegularFile(path)) {
      // A pipe would be waited for, and a device may have no end.
      throw new Refusal("is a pipe, a device or a socket, where a regular file is needed");
    }
    try (var in = new BufferedInputStream(Files.newInputStream(path), CHUNK)) {
      long size = Files.size(path);
      if (size == 0) {
        throw new Refusal("is empty");
      }
      byte[] start = peek(in, SNIFFED);
      refuseHtml(start, "an HTML page, not a gzip file");
      if (start.length < 2
          || (Byte.toUnsignedInt(start[0]) << 8 | (start[1] & 0xFF)) != GZIP_MAGIC) {
        return parse(in, kind, size, Integer.MAX_VALUE, "");
      }
      long mostBytes = Math.multiplyExact(size, (long) MAX_DEFLATE_RATIO);
      try (var inflated = new BufferedInputStream(new GZIPInputStream(in, CHUNK), CHUNK)) {
        refuseHtml(peek(inflated, SNIFFED), "a gzipped HTML page, not gzipped IDX");
        long usual = Math.max(size * USUAL_DEFLATE_RATIO, SMALLEST_ARRAY);
        return parse(inflated, kind, mostBytes, (int) Math.min(usual, Integer.MAX_VALUE), "gzip ");
      }
    } catch (Refusal e) {
      throw e;
    } catch (NoSuchFileException e) {
      throw new Refusal(Files.isSymbolicLink(path) ? "is a link to nothing" : "does not exist");
    } catch (AccessDeniedException e) {
      throw new Refusal("may not be read by this user");
    } catch (EOFException e) {
      throw new Refusal("is truncated: its gzip data ends too early");
    } catch (ZipException e) {
      throw new Refusal("is damaged: gzip says \"%s\"".formatted(e.getMessage()));
    } catch (IOException e) {
      throw new Refusal("cannot be read (%s)".formatted(e.getMessage()));
    }
  }

  /**
   * @param mostBytes what there can be to read at most
   * @param firstBytes length of the first array; it grows with what is read, so that memory goes to
   *     bytes that are there and not to a header's promise
   */
  private static IdxFile parse(
      InputStream in, Kind kind, long mostBytes, int firstBytes, String container)
      throws IOException {
    int headerSize = Integer.BYTES * (1 + kind.dimensions);
    byte[] header = in.readNBytes(headerSize);
    if (header.length >= Integer.BYTES) {
      int magic = ByteBuffer.wrap(header).getInt();
      if (magic != kind.magic) {
        throw new Refusal(wrongMagic(magic, kind));
      }
    }
    if (header.length < headerSize) {
      throw new Refusal(
          String.format(
              Locale.ROOT,
              "is truncated: it has %d bytes and an IDX header of %s has %d",
              header.length,
              kind.plural(),
              headerSize));
    }
    int[] dimensions = new int[] {1, 1, 1};
    ByteBuffer.wrap(header, Integer.BYTES, headerSize - Integer.BYTES)
        .asIntBuffer()
        .get(dimensions, 0, kind.dimensions);
    int payload = payload(dimensions, kind);
    // Before the array is made: a damaged header must not ask for gigabytes.
    if (payload > mostBytes - headerSize) {
      throw new Refusal(
          String.format(
              Locale.ROOT,
              "is truncated: its header promises %d bytes of %s and the %sfile is too short for"
                  + " them",
              payload,
              kind.plural(),
              container));
    }
    MessageDigest digest = Digests.sha256();
    digest.update(header);
    byte[] bytes = new byte[Math.min(payload, firstBytes)];
    int filled = 0;
    while (filled < payload) {
      if (filled == bytes.length) {
        bytes = Arrays.copyOf(bytes, (int) Math.min(payload, 2L * filled));
      }
      int read = in.read(bytes, filled, Math.min(CHUNK, bytes.length - filled));
      if (read < 0) {
        throw new Refusal(
            String.format(
                Locale.ROOT,
                "is truncated: its header promises %d bytes of %s and it has %d",
                payload,
                kind.plural(),
                filled));
      }
      digest.update(bytes, filled, read);
      filled += read;
    }
    // At the end of a gzip file this is also what checks its CRC.
    if (in.read() >= 0) {
      throw new Refusal(
          String.format(
              Locale.ROOT,
              "has more bytes than the %d bytes of %s that its header promises",
              payload,
              kind.plural()));
    }
    return new IdxFile(dimensions, bytes, Digests.hex(digest));
  }

  private static String wrongMagic(int magic, Kind kind) {
    for (Kind other : Kind.values()) {
      if (magic == other.magic) {
        return String.format(
            Locale.ROOT,
            "is an IDX file of %s (magic number %d), where %s (%d) are needed",
            other.plural(),
            magic,
            kind.plural(),
            kind.magic);
      }
    }
    return String.format(
        Locale.ROOT,
        "is not an IDX file of %s: its magic number is %d (0x%08x) and not %d",
        kind.plural(),
        Integer.toUnsignedLong(magic),
        magic,
        kind.magic);
  }

  private static int payload(int[] dimensions, Kind kind) throws Refusal {
    String shown =
        kind == Kind.LABELS
            ? String.format(Locale.ROOT, "%d labels", Integer.toUnsignedLong(dimensions[0]))
            : String.format(
                Locale.ROOT,
                "%d images of %d x %d pixels",
                Integer.toUnsignedLong(dimensions[0]),
                Integer.toUnsignedLong(dimensions[1]),
                Integer.toUnsignedLong(dimensions[2]));
    long payload = 1;
    for (int dimension : dimensions) {
      if (dimension == 0) {
        throw new Refusal("has no content: its header says %s".formatted(shown));
      }
      // Each factor is checked as it comes in, so that the product fits in a long.
      payload = dimension < 0 ? Long.MAX_VALUE : payload * dimension;
      if (payload > MAX_ARRAY) {
        throw new Refusal("has absurd dimensions: its header says %s".formatted(shown));
      }
    }
    if (payload > MAX_PAYLOAD) {
      throw new Refusal(
          String.format(
              Locale.ROOT,
              "is too large: its header says %s, and no more than %d MiB of a file are read",
              shown,
              MAX_PAYLOAD >> 20));
    }
    return (int) payload;
  }

  private static byte[] peek(BufferedInputStream in, int length) throws IOException {
    in.mark(length);
    byte[] start = in.readNBytes(length);
    in.reset();
    return start;
  }

  /** Mirrors that moved, proxies and sign-in pages answer with HTML under the file's name. */
  private static void refuseHtml(byte[] start, String phrase) throws Refusal {
    String text = new String(start, StandardCharsets.UTF_8);
    if (text.startsWith("\uFEFF")) {
      text = text.substring(1);
    }
    if (text.stripLeading().startsWith("<")) {
      throw new Refusal("is " + phrase);
    }
  }

  /**
   * SHA-256 of the file that a part would be, in lower-case hex.
   *
   * @param kind images, or the labels of images that have some
   */
  static String sha256(Kind kind, ImageSet images) {
    MessageDigest digest = Digests.sha256();
    digest.update(header(kind, images.size(), images.height(), images.width()));
    if (kind == Kind.IMAGES) {
      digest.update(images.pixels());
    } else {
      for (int i = 0; i < images.size(); i++) {
        digest.update((byte) images.label(i));
      }
    }
    return Digests.hex(digest);
  }

  /** The bytes that an IDX file of this content begins with. */
  static byte[] header(Kind kind, int... dimensions) {
    var header = ByteBuffer.allocate(Integer.BYTES * (1 + kind.dimensions)).putInt(kind.magic);
    Arrays.stream(dimensions).limit(kind.dimensions).forEach(header::putInt);
    return header.array();
  }
}
