// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
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
    REPLACING.readLock().lock();
    try {
      replaceNow(file, content);
    } finally {
      REPLACING.readLock().unlock();
    }
  }

  private static void replaceNow(Path file, Content content) throws IOException {
    Path target = file.toAbsolutePath();
    Path directory = target.getParent();
    if (directory == null) {
      throw new FileSystemException(file.toString(), null, "is not the name of a file");
    }
    Path temporary =
        directory.resolve(
            String.format(
                Locale.ROOT,
                ".%s.%016x.tmp",
                target.getFileName(),
                ThreadLocalRandom.current().nextLong()));
    Files.createFile(temporary);
    try {
      // Not a FileChannel: an interrupted thread's channel closes under it in mid-checkpoint.
      try (var out = new FileOutputStream(temporary.toFile())) {
        content.writeTo(out);
        out.getFD().sync();
      }
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | RuntimeException | Error e) {
      try {
        Files.deleteIfExists(temporary);
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
    forceDirectory(directory);
  }

  /** Why a file could not be read or written: Java's own message may be the name alone. */
  public static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return e.getMessage() + ": permission denied";
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
}
