// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * Opens files that have to be regular ones. A pipe or a device in the place of a file could keep
 * the program waiting or reading for ever, and a link could have it write over something else: they
 * are refused, in a sentence, before they are opened.
 */
public final class RegularFile {
  /** What to do where a name is that of a symbolic link; folders on the way may always be links. */
  public enum Links {
    /** Refuse it. */
    REFUSED,
    /** Take what it leads to, if that is a regular file. */
    FOLLOWED;

    private LinkOption[] options() {
      return this == REFUSED ? new LinkOption[] {LinkOption.NOFOLLOW_LINKS} : new LinkOption[0];
    }
  }

  private static final int MOST_ATTEMPTS = 20;

  private RegularFile() {}

  /** Whether there is anything of a name, a link that leads nowhere included. */
  public static boolean isTaken(Path file) {
    return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * Refuses what is no regular file.
   *
   * @return what is known of the file
   * @throws InputException if it is a folder, a pipe, a device or the like, or a link that is not
   *     to be followed
   * @throws NoSuchFileException if there is none
   */
  public static BasicFileAttributes require(Path file, Links links) throws IOException {
    var attributes = Files.readAttributes(file, BasicFileAttributes.class, links.options());
    if (!attributes.isRegularFile()) {
      throw new InputException("%s is %s, not a regular file.".formatted(file, kind(attributes)));
    }
    return attributes;
  }

  private static String kind(BasicFileAttributes attributes) {
    if (attributes.isSymbolicLink()) {
      return "a link";
    }
    return attributes.isDirectory() ? "a folder" : "a pipe, a socket or a device";
  }

  /**
   * Opens a file to read from anywhere in it.
   *
   * @throws InputException if it is no regular file
   */
  public static FileChannel openToRead(Path file, Links links) throws IOException {
    return opened(
        file, links, before -> FileChannel.open(file, options(links, StandardOpenOption.READ)));
  }

  /**
   * Opens a file to read from its beginning to the end that it has now: what another process
   * appends meanwhile is not read.
   *
   * @throws InputException if it is no regular file
   */
  public static InputStream newInputStream(Path file, Links links) throws IOException {
    return opened(
        file,
        links,
        before ->
            new Bounded(
                Files.newInputStream(file, options(links, StandardOpenOption.READ)),
                before.size()));
  }

  /**
   * Reads a small file whole.
   *
   * @param limit most bytes that it may have
   * @throws InputException if it is no regular file or is longer
   */
  public static byte[] readAllBytes(Path file, Links links, int limit) throws IOException {
    long size = require(file, links).size();
    if (size > limit) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s has %,d bytes, more than the %,d that such a file may have.",
              file,
              size,
              limit));
    }
    try (InputStream in = newInputStream(file, links)) {
      return in.readNBytes(limit);
    }
  }

  /**
   * Opens a file to write to and read from, and makes it where there is nothing of its name; never
   * through a link. What it holds stays until it is written over.
   *
   * @throws InputException if it is no regular file
   */
  public static FileChannel openToWrite(Path file) throws IOException {
    if (!isTaken(file)) {
      try {
        // Exclusively: a link that comes between is not followed.
        return FileChannel.open(
            file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
      } catch (FileAlreadyExistsException e) {
        // Another process was quicker.
      }
    }
    return opened(
        file,
        Links.REFUSED,
        before ->
            FileChannel.open(
                file,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS));
  }

  /** Opens what was looked at. */
  @FunctionalInterface
  private interface Opening<T> {
    T open(BasicFileAttributes before) throws IOException;
  }

  /**
   * Opens a file, anew where it was replaced meanwhile: a run that is at work replaces its record
   * and its checkpoint, and a file system in layers makes another file of one of a lower layer when
   * it is opened to write to.
   */
  private static <T extends AutoCloseable> T opened(Path file, Links links, Opening<T> opening)
      throws IOException {
    for (int attempt = 1; ; attempt++) {
      BasicFileAttributes before = require(file, links);
      try {
        return whereStillThere(file, before, links, opening.open(before));
      } catch (ReplacedException e) {
        if (attempt == MOST_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /** There is another file of a name than there was before it was opened. */
  private static final class ReplacedException extends InputException {
    private static final long serialVersionUID = 1L;

    ReplacedException(Path file) {
      super("%s was replaced while it was opened.".formatted(file));
    }
  }

  /**
   * Which file a name leads to now, whatever it is called: two are the same file if and only if
   * these are equal. Links are not followed.
   *
   * @return empty if there is none, or the system does not tell
   */
  public static Optional<Object> identity(Path file) throws IOException {
    try {
      return Optional.ofNullable(
          Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
              .fileKey());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private static OpenOption[] options(Links links, StandardOpenOption option) {
    return links == Links.REFUSED
        ? new OpenOption[] {option, LinkOption.NOFOLLOW_LINKS}
        : new OpenOption[] {option};
  }

  /** Java cannot ask an open file what it is; so its name must not have changed hands meanwhile. */
  private static <T extends AutoCloseable> T whereStillThere(
      Path file, BasicFileAttributes before, Links links, T opened) throws IOException {
    boolean same = false;
    try {
      same = Objects.equals(require(file, links).fileKey(), before.fileKey());
      if (!same) {
        throw new ReplacedException(file);
      }
      return opened;
    } finally {
      if (!same) {
        close(opened);
      }
    }
  }

  private static void close(AutoCloseable opened) throws IOException {
    try {
      opened.close();
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  /** The first bytes of a stream. */
  private static final class Bounded extends FilterInputStream {
    private long left;

    Bounded(InputStream in, long size) {
      super(in);
      left = size;
    }

    @Override
    public int read() throws IOException {
      if (left <= 0) {
        return -1;
      }
      int read = in.read();
      left -= read < 0 ? 0 : 1;
      return read;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (left <= 0) {
        return -1;
      }
      int read = in.read(bytes, offset, (int) Math.min(length, left));
      left -= Math.max(read, 0);
      return read;
    }

    @Override
    public long skip(long count) throws IOException {
      long skipped = in.skip(Math.min(count, left));
      left -= skipped;
      return skipped;
    }

    @Override
    public int available() throws IOException {
      return (int) Math.min(in.available(), left);
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }
}
