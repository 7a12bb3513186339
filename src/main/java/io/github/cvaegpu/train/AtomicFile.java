// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.UnwritableException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Replaces files so that, whatever fails and whenever the machine stops, the name leads to the
 * whole old file or to the whole new one.
 */
public final class AtomicFile {
  /** Shared by those who are replacing a file. */
  private static final ReadWriteLock REPLACING = new ReentrantReadWriteLock();

  private static final long PATIENCE_SECONDS = 5;

  /** Characters of up to four bytes. */
  private static final int MOST_OF_NAME = 50;

  private AtomicFile() {}

  /**
   * Waits until no file is being replaced, a few seconds at most, and lets none begin any more. For
   * a process that is about to be halted: it leaves no temporary file behind.
   */
  public static void finishAll() {
    try {
      if (!REPLACING.writeLock().tryLock(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        // A device that hangs must not keep the process.
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Writes a file's content. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes all of the content.
     *
     * @param out unbuffered; closed by the caller
     */
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Writes a file under a temporary name beside it ({@code .name.*.tmp}), forces it to the device
   * and renames it over the file. On failure the temporary file is deleted and the old file stays.
   *
   * @param file the file to create or replace
   * @param content writes the bytes
   */
  public static void replace(Path file, Content content) throws IOException {
    replaceAll(Map.of(file, content));
  }

  /**
   * The same for several files, none of which is renamed before all are written: where one cannot
   * be, all the old ones stay.
   *
   * @param contents of the files to create or replace; written in their order
   */
  public static void replaceAll(Map<Path, Content> contents) throws IOException {
    REPLACING.readLock().lock();
    try {
      replaceAllNow(contents);
    } finally {
      REPLACING.readLock().unlock();
    }
  }

  private static void replaceAllNow(Map<Path, Content> contents) throws IOException {
    SequencedMap<Path, Path> temporaries = new LinkedHashMap<>(); // by what they replace
    try {
      for (var file : contents.entrySet()) {
        Path target = file.getKey().toAbsolutePath();
        Path temporary = temporaryName(target);
        Files.createFile(temporary);
        temporaries.put(target, temporary);
        // Not a FileChannel: an interrupted thread's channel closes under it in mid-checkpoint.
        try (var out = new FileOutputStream(temporary.toFile())) {
          file.getValue().writeTo(out);
          out.getFD().sync();
        }
      }
      for (var file : temporaries.entrySet()) {
        Files.move(file.getValue(), file.getKey(), StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException | RuntimeException | Error e) {
      for (Path temporary : temporaries.values()) {
        try {
          Files.deleteIfExists(temporary);
        } catch (IOException suppressed) {
          e.addSuppressed(suppressed);
        }
      }
      throw e;
    }
    temporaries.keySet().stream()
        .map(Path::getParent)
        .distinct()
        .forEach(AtomicFile::forceDirectory);
  }

  private static Path temporaryName(Path target) throws FileSystemException {
    Path directory = target.getParent();
    if (directory == null) {
      throw new FileSystemException(target.toString(), null, "is not the name of a file");
    }
    return directory.resolve(
        String.format(
            Locale.ROOT,
            ".%s.%016x.tmp",
            beginning(target.getFileName().toString()),
            ThreadLocalRandom.current().nextLong()));
  }

  /** Of a name, as much as leaves room for more in one of 255 bytes. */
  private static String beginning(String name) {
    return name.codePointCount(0, name.length()) <= MOST_OF_NAME
        ? name
        : name.substring(0, name.offsetByCodePoints(0, MOST_OF_NAME));
  }

  /** Why a file could not be read or written: Java's own message may be the name alone. */
  public static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return e.getMessage() + ": permission denied";
    }
    if (e instanceof FileAlreadyExistsException) {
      return e.getMessage() + ": something of that name is there";
    }
    if (e instanceof NoSuchFileException) {
      return e.getMessage() + ": no such file or folder";
    }
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }

  /** Makes the rename itself survive a power cut. */
  private static void forceDirectory(Path directory) {
    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Windows opens no directories and some network file systems do not force them. The file
      // itself is forced and renamed: either name is a whole file, so this is no failure.
    }
  }

  /**
   * What refuses a name that cannot be written to.
   *
   * @param sentence with the name and the reason, each as {@code %s}
   * @param place a file, or a folder
   * @param e why
   * @return an {@link UnwritableException} where no other name would have helped: the device is
   *     full, or fails
   */
  public static InputException refusal(String sentence, Path place, IOException e) {
    String message = sentence.formatted(place, reason(e));
    return isDeviceAtFault(place, e)
        ? new UnwritableException(message, e)
        : new InputException(message, e);
  }

  private static boolean isDeviceAtFault(Path folder, IOException e) {
    String reason = reason(e);
    return reason.contains("No space left")
        || reason.contains("quota exceeded")
        || reason.contains("Input/output error")
        || isFull(folder);
  }

  /** Whatever the language of the system's messages. */
  private static boolean isFull(Path folder) {
    Path there = folder.toAbsolutePath();
    while (there.getParent() != null && !Files.exists(there)) {
      there = there.getParent();
    }
    try {
      return Files.getFileStore(there).getUsableSpace() == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
