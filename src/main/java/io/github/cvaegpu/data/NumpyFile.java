// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.RegularFile.Links;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * NPY files, and NPZ files, which are zip files of them. What is refused is named in a sentence.
 */
final class NumpyFile {
  private static final int CHUNK = 1 << 16;

  /** Names of images of one part. A file has one of them. */
  private static final List<String> IMAGES = List.of("images", "imgs");

  private final ZipFile zip;

  private NumpyFile(ZipFile zip) {
    this.zip = zip;
  }

  /** What is read from a stream. */
  @FunctionalInterface
  private interface Part<T> {
    T read(NpyReader array) throws IOException;
  }

  /**
   * Reads an NPY file of images.
   *
   * @throws InputException if it is none, or not whole, or of another type or shape
   */
  static ArraySource.Content npy(Path path) {
    return reading(
        path,
        () -> {
          refuse(path, "PK", "is a zip file, as NPZ files are, and is not named .npz");
          long size = RegularFile.require(path, Links.FOLLOWED).size();
          try (var in = buffered(path)) {
            var images = images(new NpyReader(in, size), Optional.empty());
            return new ArraySource.Content(images, Optional.empty());
          }
        });
  }

  /**
   * Reads an NPZ file of images and labels.
   *
   * @throws InputException if it is none, is damaged, or has no arrays of such names, types, shapes
   */
  static ArraySource.Content npz(Path path) {
    return reading(
        path,
        () -> {
          refuse(path, "\u0093NUMPY", "is an NPY file, and is not named .npy");
          requireZip(path);
          try (var zip = new ZipFile(path.toFile())) {
            return new NumpyFile(zip).content();
          }
        });
  }

  /** What may be refused by a phrase that goes after the path. */
  @FunctionalInterface
  private interface Work {
    ArraySource.Content done() throws IOException;
  }

  private static ArraySource.Content reading(Path path, Work work) {
    try {
      return work.done();
    } catch (Refusal e) {
      throw new InputException("%s %s.".formatted(path, e.getMessage()), e);
    } catch (NoSuchFileException e) {
      throw new InputException("%s does not exist.".formatted(path), e);
    } catch (AccessDeniedException e) {
      throw new InputException("%s may not be read by this user.".formatted(path), e);
    } catch (ZipException e) {
      throw new InputException(
          "%s is damaged: as a zip file, \"%s\".".formatted(path, e.getMessage()), e);
    } catch (IOException e) {
      throw new InputException("%s cannot be read (%s).".formatted(path, e.getMessage()), e);
    }
  }

  private static InputStream buffered(Path path) throws IOException {
    return new BufferedInputStream(RegularFile.newInputStream(path, Links.FOLLOWED), CHUNK);
  }

  /** Refuses a file that begins as another kind does. */
  private static void refuse(Path path, String start, String phrase) throws IOException {
    if (begins(path, start)) {
      throw new Refusal(phrase);
    }
  }

  private static void requireZip(Path path) throws IOException {
    if (!begins(path, "PK")) {
      throw new Refusal("is no NPZ file: it does not begin as a zip file");
    }
  }

  private static boolean begins(Path path, String start) throws IOException {
    try (var in = buffered(path)) {
      byte[] first = in.readNBytes(start.length());
      return new String(first, StandardCharsets.ISO_8859_1).equals(start);
    }
  }

  private ArraySource.Content content() throws IOException {
    List<String> here =
        Stream.concat(Stream.of("x_train"), IMAGES.stream()).filter(this::has).toList();
    if (here.size() != 1) {
      throw new Refusal(
          here.isEmpty()
              ? "holds no images by name: looked for x_train, images and imgs among %s"
                  .formatted(arrays())
              : "holds images by several names, of which one is expected: "
                  + String.join(", ", here));
    }
    String name = here.getFirst();
    if (IMAGES.contains(name)) {
      return new ArraySource.Content(labelled(name, "labels"), Optional.empty());
    }
    ArraySource.Labelled train = labelled(name, "y_train");
    if (!has("x_test")) {
      if (has("y_test")) {
        throw new Refusal("has y_test without x_test");
      }
      return new ArraySource.Content(train, Optional.empty());
    }
    ArraySource.Labelled test = labelled("x_test", "y_test");
    if (train.labels().isPresent() != test.labels().isPresent()) {
      throw new Refusal("has one of y_train and y_test without the other");
    }
    return new ArraySource.Content(train, Optional.of(test));
  }

  private String arrays() {
    String names = zip.stream().map(ZipEntry::getName).limit(20).collect(Collectors.joining(", "));
    return names.isEmpty() ? "nothing" : names;
  }

  private boolean has(String name) {
    return zip.getEntry(name + ".npy") != null;
  }

  private ArraySource.Labelled labelled(String images, String labels) throws IOException {
    Optional<byte[]> values =
        has(labels) ? Optional.of(array(labels, NpyReader::labels)) : Optional.empty();
    ArraySource.Labelled part = array(images, array -> images(array, values));
    if (values.isPresent() && values.get().length != part.images().size()) {
      throw new Refusal(
          "has %s images in %s and %s labels for them in %s"
              .formatted(part.images().size(), images, values.get().length, labels));
    }
    return part;
  }

  private static ArraySource.Labelled images(NpyReader array, Optional<byte[]> labels)
      throws IOException {
    return new ArraySource.Labelled(array.images(), array.isWhole(), labels);
  }

  private <T> T array(String name, Part<T> part) throws IOException {
    ZipEntry entry = zip.getEntry(name + ".npy");
    requirePossible(name, entry);
    var crc = new CRC32();
    try (var in =
        new CheckedInputStream(new BufferedInputStream(zip.getInputStream(entry), CHUNK), crc)) {
      T read = part.read(new NpyReader(in, entry.getSize()));
      if (crc.getValue() != entry.getCrc()) {
        throw new Refusal("does not have the checksum that the zip file records");
      }
      return read;
    } catch (Refusal e) {
      throw new Refusal("cannot be used: its array %s %s".formatted(name, e.getMessage()));
    } catch (EOFException e) {
      throw new Refusal("is damaged: the data of its array %s end too early".formatted(name));
    } catch (ZipException e) {
      throw new Refusal(
          "is damaged: its array %s cannot be inflated (%s)".formatted(name, e.getMessage()));
    }
  }

  /** A size that cannot be is not believed. */
  private static void requirePossible(String name, ZipEntry entry) throws Refusal {
    long most =
        entry.getMethod() == ZipEntry.DEFLATED
            ? Math.multiplyExact(
                Math.min(entry.getCompressedSize(), Integer.MAX_VALUE * 8L),
                (long) IdxFile.MAX_DEFLATE_RATIO)
            : entry.getCompressedSize();
    if (entry.getSize() < 0 || entry.getSize() > most) {
      throw new Refusal(
          "is damaged: its array %s cannot have the %s bytes that it claims"
              .formatted(name, entry.getSize()));
    }
  }
}
